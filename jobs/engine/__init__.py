"""The LSTM in TensorFlow: training, writing and reading; the only room that imports it."""
