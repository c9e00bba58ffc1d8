"""The blocks of a neuron page: one module and one template each."""
