"""Several machines at one training: what each of them does, seen from the job.

The same command runs on all of them. The chief is an ordinary job that meets the others before it
trains; the others keep no store and no site: they read the text, train with it and end.
"""

from jobs.config.file import ConfigFile
from jobs.config.memory import check_memory
from jobs.config.schema import Config
from jobs.corpus.load import load_corpus
from jobs.machine.cluster import Cluster, cluster_from_environment, meet
from jobs.machine.packages import TRAINING, check_packages
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.signals import answer_signals


def worked_for_chief(config_file: ConfigFile, *, quiet: bool) -> bool:
    """Train with the chief where this process is a worker that is not it; whether it is one.

    Raises:
        NeuronarioError: 75, the chief or another worker did not come or is lost; 78, this one's
            text or configuration is another, or ``TF_CONFIG`` cannot be read or does not fit
            ``training.workers``.
    """
    cluster = cluster_from_environment(config_file.config.training.workers)
    if cluster is None or cluster.is_chief:
        return False
    check_packages(TRAINING)
    with ProgressDisplay(quiet=quiet) as progress:
        answer_signals(lambda _: progress.failed(), progress.show_status)
        _work(cluster, config_file, progress)
    return True


def _work(cluster: Cluster, config_file: ConfigFile, progress: ProgressDisplay) -> None:
    config = config_file.config
    with progress.stage("corpus"):
        corpus = load_corpus(config.corpus, config_file.folder, config.training)
        check_memory(config, len(corpus.alphabet), corpus.characters)
    progress.note(_who(cluster))
    if not meet(cluster):
        progress.note("the chief has nothing to train")
        return
    with progress.stage("train"):
        start_tensorflow()
        from jobs.engine.train import train
        from jobs.engine.workers import Workers

        train(corpus, config, workers=Workers(cluster))
    progress.note("trained with the chief, which keeps the run")


def meet_others(config: Config, progress: ProgressDisplay) -> Cluster | None:
    """The cluster that this chief trains with, all of it there; None: this machine alone.

    Raises:
        NeuronarioError: 75, not all came; 78, ``TF_CONFIG``.
    """
    cluster = cluster_from_environment(config.training.workers)
    if cluster is not None:
        progress.note(_who(cluster))
        meet(cluster)
    return cluster


def send_others_home(config: Config) -> None:
    """Tell the other workers, where there are any, that nothing is to be trained.

    Raises:
        NeuronarioError: 75, not all came; 78, ``TF_CONFIG``.
    """
    cluster = cluster_from_environment(config.training.workers)
    if cluster is not None:
        meet(cluster, to_train=False)


def _who(cluster: Cluster) -> str:
    return (
        f"worker {cluster.index + 1} of {len(cluster.addresses)}, at "
        f"{cluster.addresses[cluster.index]}; waiting until all are there"
    )
