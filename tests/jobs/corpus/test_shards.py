"""Shards: every character is in one, with what stands before it."""

import numpy as np
import pytest

from jobs.corpus.shards import LEAD, SHARD, TAIL, shard_count, shards_of

SIZE = 2 * SHARD + 1_000
IDS = np.random.default_rng(0).integers(0, 7, SIZE).astype(np.uint8)


def all_of(starts=None, warm_up=300):
    return list(shards_of(IDS, starts, warm_up, iter(range(shard_count(SIZE)))))


def test_the_shards_together_are_the_text():
    shards = all_of()
    assert [one.number for one in shards] == [0, 1, 2]
    np.testing.assert_array_equal(np.concatenate([one.ids for one in shards]), IDS)
    first, second, last = shards
    assert (first.warm_up, len(first.lead)) == (0, 0)
    np.testing.assert_array_equal(second.context, IDS[SHARD - 300 : SHARD])
    np.testing.assert_array_equal(second.lead, IDS[SHARD - LEAD : SHARD])
    np.testing.assert_array_equal(second.tail, IDS[2 * SHARD : 2 * SHARD + TAIL])
    assert len(last.tail) == 0
    assert not any(one.starts[one.starts > 0].size for one in shards)


def test_a_shard_alone_is_the_same_as_among_others():
    (alone,) = shards_of(IDS, None, 300, iter([1]))
    np.testing.assert_array_equal(alone.lead, all_of()[1].lead)


@pytest.mark.parametrize("begins", [SHARD - 40, SHARD])
def test_the_warm_up_never_reaches_into_the_document_before(begins):
    _, second, _ = all_of(np.array([0, 50, begins, SHARD + 9]))
    assert second.warm_up == SHARD - begins
    assert second.starts.tolist() == ([0, 9] if begins == SHARD else [9])


def test_a_long_warm_up_is_read_whole():
    _, second, _ = all_of(warm_up=LEAD + 5_000)
    assert len(second.context) == LEAD + 5_000
