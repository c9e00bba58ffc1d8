"""Which characters are trained on, and when."""

import numpy as np
import pytest

from jobs.engine.batches import few_steps, make_batch_plan, shuffled
from jobs.errors import ExitCode, NeuronarioError
from tests.support.engine_cases import config_of


def plan_of(length, **training):
    return make_batch_plan(np.arange(length, dtype=np.int32), config_of(**training).training, 3)


def test_windows_are_the_notebooks():
    """Windows start at range(0, n - window, stride); the target of `last` is the next character."""
    plan = plan_of(103, regime="window", loss="last", window=10, stride=7, batch=4)
    batches = plan.batches(1, 0, plan.steps)
    mask = batches.mask[:, 0] > 0
    starts = np.sort(batches.inputs[:, 0][mask])
    np.testing.assert_array_equal(starts, np.arange(0, 103 - 10, 7))
    np.testing.assert_array_equal(np.diff(batches.inputs, axis=1), 1)
    np.testing.assert_array_equal(batches.targets[:, 0], batches.inputs[:, -1] + 1)
    assert batches.mask[:-1].all()  # only the last batch is incomplete
    assert batches.mask[-1, 0].sum() == 14 % 4


def test_every_window_character_has_its_successor():
    plan = plan_of(103, regime="window", loss="every", window=10, stride=7, batch=4)
    batches = plan.batches(1, 0, plan.steps)
    np.testing.assert_array_equal(batches.targets, batches.inputs + 1)


def test_streams_cover_the_text_once_in_order():
    plan = plan_of(213, regime="stream", batch=4, chunk=10)
    batches = plan.batches(1, 0, plan.steps)
    for stream in range(4):
        mask = batches.mask[:, :, stream].ravel() > 0
        read = batches.inputs[:, :, stream].ravel()[mask]
        np.testing.assert_array_equal(read, np.arange(53) + stream * 53)
        np.testing.assert_array_equal(batches.targets[:, :, stream].ravel()[mask], read + 1)


@pytest.mark.parametrize("regime", ["window", "stream"])
def test_executions_join_to_the_epoch(regime):
    plan = plan_of(300, regime=regime, batch=4, chunk=10)
    whole = plan.batches(2, 0, plan.steps)
    executions = [plan.batches(2, first, 3) for first in range(0, plan.steps, 3)]
    for name in ("inputs", "targets", "mask"):
        joined = np.concatenate([getattr(execution, name) for execution in executions])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def test_order_depends_on_seed_and_epoch_alone():
    np.testing.assert_array_equal(shuffled(100, 1, 2), shuffled(100, 1, 2))
    for other in ((2, 2), (1, 3)):
        assert (shuffled(100, *other) != shuffled(100, 1, 2)).any()
    np.testing.assert_array_equal(np.sort(shuffled(100, 1, 2)), np.arange(100))


@pytest.mark.parametrize("length", [3, 9, 30])
def test_short_texts_have_fewer_streams_or_windows(length):
    for regime in ("window", "stream"):
        plan = plan_of(length, regime=regime, batch=64, window=2, stride=3, chunk=5)
        batches = plan.batches(1, 0, plan.steps)
        assert batches.mask.sum() > 0
        assert batches.targets.max() <= length - 1


def test_too_short_is_the_users_error():
    for regime, length in (("window", 8), ("stream", 1)):
        with pytest.raises(NeuronarioError, match="at least") as caught:
            plan_of(length, regime=regime)
        assert caught.value.code == ExitCode.BAD_DATA


def test_a_batch_that_leaves_hardly_a_step_is_said():
    ids = np.zeros(2_001, np.int32)
    assert few_steps(make_batch_plan(ids, config_of(batch=8, epochs=4).training, 0)) is None
    stream = config_of(regime="stream", batch=400, chunk=10, epochs=4).training
    said = few_steps(make_batch_plan(ids, stream, 0))
    assert said is not None
    assert "training.batch 200 leaves one step an epoch, 4 in all" in said
