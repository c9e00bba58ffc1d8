from dataclasses import replace

import numpy as np

from report.compare.difference import compare
from report.compare.probe_pair import pair_probes
from report.compare.strips import CHARACTERS, UNITS, most_different, strips
from report.render.palette import levels
from tests.support.compare_cases import ALPHABET
from tests.support.compare_runs import flipped, network, view


def made(new, old=None):
    old = view() if old is None else old
    pair = pair_probes(old, new)
    return strips(pair, new.probe_text, compare(old, new).layers), pair, new


def test_both_runs_are_shown_on_the_same_characters():
    found, pair, new = made(view(flipped(network(0, ALPHABET), 0, 5)))
    (one,) = found
    assert one.match.state == "sign flipped"
    part = slice(one.start, one.start + CHARACTERS)
    text = new.probe_text[part]
    assert one.new.text.count("<span") == len(text) == CHARACTERS
    assert one.new.text.startswith(f'<span class="p{one.new.levels[0]}')
    assert one.old.text != one.new.text
    assert one.old.levels == levels(pair.old[0][part, 5]).tolist()
    assert one.new.levels == [14 - level for level in one.old.levels]
    assert one.new.thousandths.split(",")[0] == str(round(1000 * float(pair.new[0][part][0, 5])))


def test_units_that_are_the_same_have_no_strip_and_there_are_never_too_many():
    assert made(view())[0] == ()
    found = made(view(seed=1))[0]
    assert len(found) == UNITS
    assert {one.match.state for one in found} & {"new", "split"}


def test_weak_pairs_come_first_and_lone_units_stand_beside_their_nearest():
    found = made(view(replace(network(0, ALPHABET), layers=network(1, ALPHABET).layers)))[0]
    paired = [one for one in found if one.match.correlation is not None]
    assert [abs(one.match.correlation) for one in paired] == sorted(
        abs(one.match.correlation) for one in paired
    )
    lone = next(one for one in found if one.match.state == "new")
    assert lone.old.unit.index == lone.match.nearest


def test_the_lines_where_two_units_differ_most_are_chosen():
    text = ("x" * 79 + "\n") * 20
    distance = np.zeros(len(text))
    distance[800:960] = 1.0
    assert most_different(text, distance) == 800
    assert most_different("x" * 1_000, distance[:1_000]) == 800
    assert most_different("short", np.ones(5)) == 0
