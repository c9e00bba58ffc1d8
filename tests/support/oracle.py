"""The cells in plain NumPy, float64, one character at a time: what the fast programs must equal.

Written from the equations alone; shares no code with ``jobs``.
"""

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


GATE = {
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: np.minimum(np.maximum(x / 6.0 + 0.5, 0.0), 1.0),
    "hard_sigmoid_fifth": lambda x: np.minimum(np.maximum(0.2 * x + 0.5, 0.0), 1.0),
}
ACTIVATION = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0.0)}


def softmax(x):
    shifted = np.exp(x - x.max())
    return shifted / shifted.sum()


def lstm(layer, x, h, c):
    gate, act = GATE[layer.cell.gate_activation], ACTIVATION[layer.cell.activation]
    z = x @ layer.kernel.astype(float)
    i, f, g, o = np.split(z + h @ layer.recurrent_kernel.astype(float) + layer.bias, 4)
    i, f, o = gate(i), gate(f), gate(o)
    c = f * c + i * act(g)
    h = o * act(c)
    return h, c, (h, c, i, f, o)


def gru(layer, x, h, c):
    """The reset gate after the recurrent product, which has a bias of its own."""
    gate, act = GATE[layer.cell.gate_activation], ACTIVATION[layer.cell.activation]
    xz, xr, xg = np.split(x @ layer.kernel.astype(float) + layer.bias[0], 3)
    hz, hr, hg = np.split(h @ layer.recurrent_kernel.astype(float) + layer.bias[1], 3)
    z, r = gate(xz + hz), gate(xr + hr)
    h = z * h + (1.0 - z) * act(xg + r * hg)
    return h, c, (h, z, r)


def gru_reset_before(layer, x, h, c):
    gate, act = GATE[layer.cell.gate_activation], ACTIVATION[layer.cell.activation]
    xz, xr, xg = np.split(x @ layer.kernel.astype(float) + layer.bias, 3)
    kz, kr, kg = np.split(layer.recurrent_kernel.astype(float), 3, axis=1)
    z, r = gate(xz + h @ kz), gate(xr + h @ kr)
    h = z * h + (1.0 - z) * act(xg + (r * h) @ kg)
    return h, c, (h, z, r)


def rnn(layer, x, h, c):
    act = ACTIVATION[layer.cell.activation]
    h = act(x @ layer.kernel.astype(float) + h @ layer.recurrent_kernel.astype(float) + layer.bias)
    return h, c, (h,)


STEPS = {"lstm": lstm, "gru": gru, "gru_reset_before": gru_reset_before, "rnn": rnn}


class Oracle:
    """Reads characters; per character: per layer what its cell has, hidden state first and then
    cell state and gates in the cell's order, and the probabilities.
    """

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
            self.h[n], self.c[n], row = STEPS[layer.cell.name](layer, x, self.h[n], self.c[n])
            x = self.h[n]
            rows.append(row)
        return rows, self.predict()

    def predict(self):
        kernel = self.network.output_kernel.astype(float)
        return softmax(self.h[-1] @ kernel + self.network.output_bias.astype(float))


def rows_of_text(network, ids, context, regime, window):
    """Per character of ``ids``: layers' states and gates, and probabilities of the next one."""
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
        for n, (h, *c) in enumerate(states):
            oracle.h[n] = h[column].astype(float)
            oracle.c[n] = c[0][column].astype(float) if c else oracle.c[n]
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
