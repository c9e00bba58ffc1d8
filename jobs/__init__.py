"""The job: configuration, corpus, network, training, sampling, tracing and the run store."""

__version__ = "0.2.0.dev0"
