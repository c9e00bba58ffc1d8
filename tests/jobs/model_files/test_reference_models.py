"""Models that the real Keras and PyTorch made and ran: states and probabilities to 1e-5."""

from importlib.util import find_spec

import numpy as np
import pytest

from jobs.model_files.fold import folded_network
from jobs.model_files.forward import log_probabilities
from jobs.model_files.read_model import read_model
from tests.support.oracle import Oracle
from tests.support.reference_models import IDS, keras_cases, made, pytorch_cases

NO_TORCH = "PyTorch is not installed: it is in the optional group `bench`"


def largest_differences(case, folder):
    """Of a hidden state, of a probability of the folded network, of one by the file's weights."""
    reading = made(case, folder)
    model = read_model(reading.path).model
    oracle = Oracle(folded_network(model)[0])
    rows = [oracle.read(symbol) for symbol in IDS]
    states = np.array([np.concatenate([layer[0] for layer in row]) for row, _ in rows])
    found = np.array([probabilities for _, probabilities in rows])
    own = np.exp([logs[0] for logs in log_probabilities(model, IDS[:, None])])
    return tuple(
        float(np.abs(one - other).max())
        for one, other in (
            (states, reading.states),
            (found, reading.probabilities),
            (own, reading.probabilities),
        )
    )


KERAS = [
    pytest.param(case, marks=[] if place % 6 == 0 else pytest.mark.long, id=str(case))
    for place, case in enumerate(keras_cases())
]


@pytest.mark.parametrize("case", KERAS)
def test_keras(tmp_path, case):
    pytest.importorskip("keras")
    assert max(largest_differences(case, tmp_path)) < 1e-5


@pytest.mark.skipif(find_spec("torch") is None, reason=NO_TORCH)
@pytest.mark.parametrize("case", list(pytorch_cases()), ids=str)
def test_pytorch(tmp_path, case):
    assert max(largest_differences(case, tmp_path)) < 1e-5
