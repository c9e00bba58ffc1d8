"""What everybody reads: the network, the traces and the learning curve as NumPy arrays."""
