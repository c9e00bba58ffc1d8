"""Model files of Keras, PyTorch and others, read as data: nothing in them is ever run."""
