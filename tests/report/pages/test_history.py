import json
import re
from dataclasses import replace

import pytest

from report.compare.difference import compare
from report.pages.history import (
    changes_words,
    entry_from_record,
    entry_record,
    history_entry,
    history_page,
)
from tests.support.compare_cases import ALPHABET, another_shape, another_text
from tests.support.compare_labels import labelled
from tests.support.compare_runs import flipped, network, view

OLD = labelled(view(), {"L1N5": ("quote", 0.8)})
NEW = labelled(view(flipped(network(0, ALPHABET), 0, 5)), {"L1N5": ("digit", 0.8)})
FIRST = history_entry(OLD, None, run="000001-0badcafe")
SECOND = history_entry(
    NEW,
    compare(OLD, NEW),
    run="000002-0badcafe",
    finished="2026-11-24T03:00:00Z",
    references=("baseline",),
)


def test_an_entry_tells_quality_labels_and_changes():
    assert (FIRST.labelled, FIRST.units, FIRST.changes, FIRST.layers) == (1, 14, "", ())
    assert SECOND.changes == (
        "0.000 bits (no clear change); 14 of 14 units found again; labels changed: 1"
    )
    assert [layer.matched for layer in SECOND.layers] == [1.0, 1.0]
    assert history_entry(view(), None, run="x").labelled is None


def test_changes_are_one_line_whatever_happened():
    assert changes_words(compare(OLD, OLD)) == "nothing"
    assert changes_words(another_text()).startswith(
        "inputs: seed, training.epochs, corpus, alphabet, probe, tool; +0."
    )
    assert "0 of 13" not in changes_words(another_shape())
    assert "\n" not in changes_words(another_text())


def test_an_entry_survives_its_record():
    for entry in (FIRST, SECOND):
        assert entry_from_record(json.loads(json.dumps(entry_record(entry)))) == entry
    with pytest.raises(ValueError, match="held_out_bits"):
        entry_from_record(entry_record(FIRST) | {"held_out_bits": "many"})


def test_the_newest_run_comes_first():
    text = history_page([FIRST, SECOND]).text
    assert text.index(">000002-0badcafe (baseline)") < text.index(">000001-0badcafe</th>")
    assert "2026-11-24T03:00:00Z" in text.replace("&#58;", ":")


def test_a_trend_goes_from_the_oldest_to_the_newest_and_down_when_bits_fall():
    better = replace(SECOND, held_out_bits=2.5)
    text = history_page([FIRST, replace(FIRST, held_out_bits=None), better]).text
    first, second = re.findall(r'cx="([0-9.]+)" cy="([0-9.]+)"', text)[:2]
    assert float(first[0]) == 56 and float(second[0]) == 628
    assert float(first[1]) < float(second[1])
    assert "000002-0badcafe: 2.500" in text


def test_no_axis_goes_below_what_can_be():
    none = [replace(entry, labelled=0) for entry in (FIRST, SECOND)]
    ticks = re.findall(r"<text[^>]*>(-?[0-9.]+)</text>", history_page(none).text)
    assert "0" in ticks and not [tick for tick in ticks if tick.startswith("-")]


@pytest.mark.parametrize("entries", [[], [FIRST], [replace(FIRST, held_out_bits=None)]])
def test_few_runs_have_no_trend(entries):
    text = history_page(entries).text
    assert "<svg" not in text
    assert f"{len(entries)} run" in text


def test_a_corpus_name_cannot_break_the_page():
    text = history_page([replace(FIRST, corpus='<script>"|\u202e')]).text
    assert "<script" not in text
    assert "\u202e" not in text
