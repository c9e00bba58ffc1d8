"""What stands on a neuron page and in its lists: one module a panel."""
