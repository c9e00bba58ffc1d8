"""An LSTM in plain NumPy, float64, one character at a time: what the fast programs must equal.

Written from the equations alone; shares no code with ``jobs``.
"""

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x):
    shifted = np.exp(x - x.max())
    return shifted / shifted.sum()


class Oracle:
    """Reads characters; per character: per layer (h, c, i, f, o), and the probabilities."""

    def __init__(self, network):
        self.network = network
        self.reset()

    def reset(self):
        self.h = [np.zeros(size) for size in self.network.sizes]
        self.c = [np.zeros(size) for size in self.network.sizes]

    def read(self, character):
        x = np.zeros(self.network.alphabet_size)
        x[character] = 1.0
        rows = []
        for n, layer in enumerate(self.network.layers):
            units = layer.units
            z = x @ layer.kernel.astype(float)
            z = z + self.h[n] @ layer.recurrent_kernel.astype(float) + layer.bias.astype(float)
            i = sigmoid(z[:units])
            f = sigmoid(z[units : 2 * units])
            g = np.tanh(z[2 * units : 3 * units])
            o = sigmoid(z[3 * units :])
            self.c[n] = f * self.c[n] + i * g
            self.h[n] = o * np.tanh(self.c[n])
            x = self.h[n]
            rows.append((self.h[n], self.c[n], i, f, o))
        return rows, self.predict()

    def predict(self):
        kernel = self.network.output_kernel.astype(float)
        return softmax(self.h[-1] @ kernel + self.network.output_bias.astype(float))


def rows_of_text(network, ids, context, regime, window):
    """Per character of ``ids``: layers' (h, c, i, f, o) and the probabilities of the next one."""
    oracle = Oracle(network)
    text = [*context, *ids]
    rows = []
    if regime == "stream":
        for character in text:
            rows.append(oracle.read(character))
    else:
        for end in range(1, len(text) + 1):  # every window anew from a zero state: the naive way
            oracle.reset()
            for character in text[max(0, end - window) : end]:
                row = oracle.read(character)
            rows.append(row)
    return rows[len(context) :]


def loss_of_batch(network, inputs, targets, states, l1, last_only):
    """Keras' loss of one batch; inputs (T, B), targets (K, B). Used with numerical derivatives."""
    steps, batch = inputs.shape
    total, count, penalty = 0.0, 0, 0.0
    for column in range(batch):
        oracle = Oracle(network)
        for n, (h, c) in enumerate(states):
            oracle.h[n], oracle.c[n] = h[column].astype(float), c[column].astype(float)
        for t in range(steps):
            rows, probabilities = oracle.read(inputs[t, column])
            predicting = t >= steps - targets.shape[0]
            for n, row in enumerate(rows):
                if predicting or n < len(rows) - 1 or not last_only:
                    penalty += np.abs(row[0]).sum()
            if predicting:
                total -= np.log(probabilities[targets[t - steps, column]])
                count += 1
    return total / count + l1 * penalty / batch


def bits_of_text(network, ids, context, regime, window, positions):
    """Mean -log2 probability of the characters of ``ids`` at ``positions``."""
    text = np.concatenate([context, ids])
    rows = rows_of_text(network, text, [], regime, window)
    first = len(context)
    places = [first + position for position in positions]
    return float(np.mean([-np.log2(rows[place - 1][1][text[place]]) for place in places]))
