"""For how long a unit remembers: from the gate that keeps, and from its own course.

Gate: what is in the memory decays by f at each step, so exp(-1/T) = the geometric mean of f and
T = -1 / mean ln f characters (the inverse of the initialisation of multi-timescale LSTMs). f is the
forget gate of an LSTM, the update gate z of a GRU; a plain RNN has none.
Course: the lag at which the autocorrelation of h falls to one half.
"""

import numpy as np

from jobs.model.network import Array, Float

LONGEST = 10_000.0  # characters; a gate that is always open gives this


def gate_timescale(gate: Float) -> Array:
    """(H,) characters, at most ``LONGEST``, from the gate (T, H) that multiplies the memory."""
    decay = np.log(np.maximum(gate, 1e-30)).mean(0, dtype=np.float64)
    result: Array = np.minimum(1.0 / np.maximum(-decay, 1e-12), LONGEST)
    return result


def autocorrelation_half_life(hidden: Float) -> Array:
    """(H,) characters until the autocorrelation of ``hidden`` (T, H) is 1/2; at most T / 4.

    Linear between the lags; 0 for a constant unit.
    """
    centred = hidden - hidden.mean(0)
    size = len(centred)
    farthest = max(2, size // 4)
    half_life = np.zeros(hidden.shape[1])
    padded = 1 << (size + farthest - 1).bit_length()
    for unit, column in enumerate(centred.T.astype(np.float64)):
        power = np.abs(np.fft.rfft(column, padded)) ** 2
        covariance = np.fft.irfft(power, padded)[:farthest]
        if covariance[0] <= 1e-9:
            continue
        correlation = covariance / covariance[0]
        below = np.flatnonzero(correlation < 0.5)
        if len(below) == 0:
            half_life[unit] = farthest
            continue
        lag = int(below[0])
        slope = correlation[lag - 1] - correlation[lag]
        half_life[unit] = lag - 1 + (correlation[lag - 1] - 0.5) / slope
    return half_life
