"""Which state belongs to which character, and that a trace survives its arrays."""

import numpy as np
import pytest

from jobs.model.reading_mode import STREAM, reading_mode
from jobs.model.trace import trace_from_arrays
from tests.support.tiny_run import tiny_content


@pytest.mark.parametrize("layer", [0, 1])
def test_alignment_shifts_by_one_character(layer):
    trace = tiny_content().probe
    read, predict = trace.states(layer), trace.states(layer, "predict")
    np.testing.assert_array_equal(read, trace.layers[layer].hidden)
    np.testing.assert_array_equal(predict[1:], read[:-1])
    np.testing.assert_array_equal(predict[0], trace.before.hidden[layer])


def test_a_trace_is_its_arrays_and_its_mode():
    trace = tiny_content().sample
    again = trace_from_arrays(trace.arrays(), STREAM)
    assert again.mode == trace.mode
    assert list(again.arrays()) == list(trace.arrays())
    for name, array in trace.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array, err_msg=name)


def test_a_stream_has_no_window():
    assert reading_mode("stream", 20) == STREAM
    assert (STREAM.regime, STREAM.window) == ("stream", 0)
    mode = reading_mode("window", 20)
    assert (mode.regime, mode.window) == ("window", 20)
