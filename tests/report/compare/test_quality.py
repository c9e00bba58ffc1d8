import numpy as np
import pytest

from report.compare.probe_pair import ProbePair
from report.compare.quality import bootstrap_interval, quality
from report.compare.wording import bits_words, interval_words

CHARACTERS = 256 * 40


def pair(old, new, used=None):
    used = np.ones(len(old), bool) if used is None else used
    return ProbePair((), (), old, new, used, False)


def bits(seed=0, characters=CHARACTERS):
    return np.random.default_rng(seed).exponential(2.0, characters)


def test_a_clear_gain_is_better_and_a_clear_loss_worse():
    old = bits()
    gain = quality(pair(old, old - 0.1 + 0.01 * bits(1)))
    assert gain.verdict == "better"
    assert gain.interval[0] < gain.difference < gain.interval[1] < 0
    assert quality(pair(old - 0.1 + 0.01 * bits(1), old)).verdict == "worse"


def test_noise_is_no_change():
    assert quality(pair(bits(1), bits(2))).verdict == "no clear change"


def test_a_small_difference_below_the_noise_floor_is_no_change():
    old = bits()
    found = quality(pair(old, old + 0.01))
    assert found.interval[0] > 0
    assert found.verdict == "no clear change"
    assert quality(pair(old, old + 0.01), noise_floor=0.001).verdict == "worse"


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says():
    covered = 0
    for seed in range(60):
        drift = np.repeat(np.random.default_rng(seed).normal(0.05, 0.3, 60), 256)
        covered_interval = bootstrap_interval(
            np.add.reduceat(drift, np.arange(0, len(drift), 256)), np.full(60, 256.0)
        )
        covered += covered_interval[0] <= 0.05 <= covered_interval[1]
    assert 50 <= covered <= 60


def test_characters_that_do_not_count_change_nothing():
    old, new = bits(1), bits(2)
    used = np.ones(CHARACTERS, bool)
    used[::7] = False
    found = quality(pair(old, new, used))
    strange = old.copy()
    strange[::7] = 1e9
    assert quality(pair(strange, new, used)) == found
    assert found.characters == used.sum()
    assert found.old_bits == pytest.approx(old[used].mean())


def test_the_same_runs_give_the_same_interval():
    assert quality(pair(bits(1), bits(2))) == quality(pair(bits(1), bits(2)))


def test_a_short_text_has_no_interval_and_no_verdict():
    found = quality(pair(bits(1, 256 * 7), bits(2, 256 * 7)))
    assert found.interval is None
    assert found.verdict == "n/a"
    assert "(no verdict: fewer than 2,048 characters were compared)" in bits_words(found)
    assert interval_words(found) == "On 1,792 characters of the probe, too few for an interval."


def test_nan_is_no_verdict():
    new = bits(2)
    new[5] = np.nan
    assert quality(pair(bits(1), new)).verdict == "n/a"
