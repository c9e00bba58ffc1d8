"""A one-file LSTM in NumPy, float32, as one would write it by hand: forwards, backwards, Adam."""

import numpy as np

from jobs.engine.batches import BatchPlan
from jobs.model.network import initial_network
from tests.benchmarks.work import Contender, Work


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def contenders(work: Work, plan: BatchPlan, symbols: int) -> list[Contender]:
    weights = initial_network(symbols, (work.units, work.units), 0).arrays()
    moments = {
        name: [np.zeros_like(array), np.zeros_like(array)] for name, array in weights.items()
    }
    data = plan.batches(1, 0, work.steps)

    def run() -> None:
        state = [np.zeros((plan.batch, work.units), "f") for _ in range(4)]
        for number, (x, y) in enumerate(zip(data.inputs, data.targets, strict=True), start=1):
            gradients, final = step(weights, x, y, state)
            for name, gradient in gradients.items():
                first, second = moments[name]
                first += 0.1 * (gradient - first)
                second += 0.001 * (gradient * gradient - second)
                rate = 0.001 * np.sqrt(1 - 0.999**number) / (1 - 0.9**number)
                weights[name] -= (rate * first / (np.sqrt(second) + 1e-7)).astype("f")
            state = final if work.regime == "stream" else state

    return [Contender("NumPy, one file", run)]


def step(weights, inputs, targets, state):
    """Gradients of one batch: inputs (T, B), targets (K, B); state h1, c1, h2, c2."""
    below, layers, final = weights["layer1.kernel"][inputs], [], []
    for n in (1, 2):
        recurrent, bias = weights[f"layer{n}.recurrent_kernel"], weights[f"layer{n}.bias"]
        z_in = (below if n == 1 else below @ weights["layer2.kernel"]) + bias
        h, c = state[2 * n - 2], state[2 * n - 1]
        kept = []
        for t in range(inputs.shape[0]):
            i, f, g, o = np.split(z_in[t] + h @ recurrent, 4, axis=1)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            before_h, before_c = h, c
            c = f * c + i * g
            squashed = np.tanh(c)
            h = o * squashed
            kept.append((before_h, before_c, i, f, g, o, squashed, h))
        source, below = (inputs if n == 1 else below), np.stack([row[-1] for row in kept])
        layers.append((kept, source))
        final += [h, c]
    top = below[-targets.shape[0] :]
    scores = top @ weights["output.kernel"] + weights["output.bias"]
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    slope = scores / scores.sum(axis=-1, keepdims=True)
    np.put_along_axis(
        slope, targets[..., None], np.take_along_axis(slope, targets[..., None], -1) - 1, -1
    )
    slope = (slope / targets.size).astype("f")
    flat = slope.reshape(-1, slope.shape[-1])
    gradients = {
        "output.kernel": top.reshape(-1, top.shape[-1]).T @ flat,
        "output.bias": flat.sum(axis=0),
    }
    above = np.zeros_like(below)
    above[-targets.shape[0] :] = slope @ weights["output.kernel"].T
    for n in (2, 1):
        kept, source = layers[n - 1]
        recurrent = weights[f"layer{n}.recurrent_kernel"]
        d_h, d_c, gate_gradients = 0.0, 0.0, []
        for t in reversed(range(inputs.shape[0])):
            _, before_c, i, f, g, o, squashed, _ = kept[t]
            d_h = d_h + above[t]
            d_c = d_c + d_h * o * (1 - squashed * squashed)
            dz = [d_c * g * i * (1 - i), d_c * before_c * f * (1 - f), d_c * i * (1 - g * g)]
            gate_gradients.append(np.concatenate([*dz, d_h * squashed * o * (1 - o)], axis=1))
            d_h, d_c = gate_gradients[-1] @ recurrent.T, d_c * f
        gate_gradients = np.stack(gate_gradients[::-1])
        flat = gate_gradients.reshape(-1, gate_gradients.shape[-1])
        earlier = np.stack([row[0] for row in kept]).reshape(-1, recurrent.shape[0])
        gradients[f"layer{n}.recurrent_kernel"] = earlier.T @ flat
        gradients[f"layer{n}.bias"] = flat.sum(axis=0)
        if n == 2:
            gradients["layer2.kernel"] = source.reshape(-1, source.shape[-1]).T @ flat
            above = gate_gradients @ weights["layer2.kernel"].T
        else:
            kernel = np.zeros_like(weights["layer1.kernel"])
            np.add.at(kernel, source.ravel(), flat)
            gradients["layer1.kernel"] = kernel
    return gradients, final
