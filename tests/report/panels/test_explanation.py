"""The first lines of a page say what was scored, and what is not explained is not said."""

import re
from dataclasses import replace

import numpy as np
import pytest

from report.measures.explanations.clauses import USUAL
from report.measures.explanations.explanation import Memory
from report.pages.contents import gather
from report.pages.neuron import pages as neuron_pages
from report.panels.coloured_text import PANEL as TEXT
from report.panels.explanation import PANEL, REST, head, memory_words
from report.panels.ladder import PANEL as LADDER
from report.panels.ladder import ladder_steps, marks, memory_steps
from report.panels.misses import PANEL as MISSES
from report.panels.pair_map import PANEL as PAIRS
from report.panels.pair_map import UNSEEN, pair_levels
from report.render import palette
from report.render.templates import render
from report.run_view import Unit
from tests.support.explained_view import (
    explained_view,
    with_corpus_text,
    without_explanations,
)
from tests.support.golden_measures import golden_measures
from tests.support.tiny_explanations import tiny_explanation

KINDS = {"character detector": 0, "predictor": 1, "tracker": 3, "mixed": 6, "constant": 7}


def explanation(kind, r2=0.7, interval=(0.6, 0.8), null=-0.1):
    one = tiny_explanation(KINDS[kind], 20)
    return replace(one, score=replace(one.score, r2=r2, interval=interval, null=null))


def words(lines):
    return [f"{line.state} {line.words}" for line in lines]


def test_rules_are_read_from_the_first_line_on():
    box = head(explanation("predictor"), 10_000)
    assert words(box.lines) == [
        "+0.93 when a tab, newline or < is expected",
        "−0.05 + 0.17 × tag depth when in the blanks that begin a line",
        "+0.10 otherwise",
    ]
    assert [line.number for line in box.lines] == [0, 1, REST]
    assert not box.adds
    assert box.lines[0].level == palette.levels(0.93)


def test_a_scorecard_begins_with_what_it_adds_to():
    box = head(explanation("mixed"), 10_000)
    assert box.adds
    assert [line.number for line in box.lines] == [REST, 0, 1]
    assert words(box.lines)[:2] == [
        "+0.10 to begin with",
        "add +0.93 when a tab, newline or < is expected",
    ]


@pytest.mark.parametrize(("kind", "adds"), [("predictor", False), ("mixed", True)])
def test_lines_beyond_the_usual_ones_fold_away_where_they_are_read(kind, adds):
    own = explanation(kind)
    clauses = tuple(
        replace(own.sentence.clauses[0], text=f"on «{one}»", value=0.1) for one in "abcdefg"
    )
    own = replace(own, sentence=replace(own.sentence, clauses=clauses))
    box = head(own, 10_000)
    assert [line.number for line in box.further] == [USUAL, USUAL + 1]
    shown = list(range(USUAL))
    assert [line.number for line in box.lines] == ([REST, *shown] if adds else [*shown, REST])
    drawn = render("panels/explanation.md.j2", panel=box, unit_words="Layer 1 neuron 0")
    order = re.findall(r'data-clause="(-?\d+)"|(2 further lines)', drawn)
    wanted = ["0", "1", "2", "3", "4", "", "5", "6"]
    assert [number for number, _ in order] == (["-1", *wanted] if adds else [*wanted, "-1"])
    assert drawn.count("<details") == drawn.count("</details>") == 1
    few = head(explanation(kind), 10_000)
    assert few.further == ()
    page = render("panels/explanation.md.j2", panel=few, unit_words="Layer 1 neuron 0")
    assert "<details" not in page


def test_score_interval_untrained_and_memory_stand_in_the_first_lines():
    box = head(explanation("tracker", r2=0.68, interval=(0.65, 0.714)), 10_000)
    assert (box.kind, box.slug) == ("tracker", "tracker")
    assert box.verdict == "Explains most of it"
    assert (box.share, box.interval, box.untrained) == ("68 %", "65 to 71 %", "40 %")
    assert box.memory == "the last 11 characters decide 90 %"


@pytest.mark.parametrize(
    ("k90", "says"),
    [
        (1, "the last character alone decides 90 %"),
        (11, "the last 11 characters decide 90 %"),
        (None, "the last 50 characters decide only 82 %"),
    ],
)
def test_memory_in_words(k90, says):
    assert memory_words(Memory((1, 50), (0.3, 0.82), k90, 50)) == says


@pytest.mark.parametrize("changes", [{"interval": (0.04, 0.9)}, {"null": 0.65}])
def test_a_sentence_that_chance_explains_is_not_said(changes):
    box = head(explanation("predictor", **changes), 10_000)
    assert box.lines == () and box.verdict == "No sentence explains it beyond chance"


def test_signs_are_found_by_their_names():
    own = explanation("predictor")
    clause = replace(
        own.sentence.clauses[0], text="after «</» or a tab, and one of «a<=↵» is expected"
    )
    own = replace(own, sentence=replace(own.sentence, clauses=(clause,)))
    assert head(own, 10).words == "less-than sign, slash, equals sign, newline"


def test_the_lines_of_a_page_are_the_sentence_that_was_scored():
    for kind in ("predictor", "mixed"):
        own = explanation(kind)
        said = " ".join(words(head(own, 10).lines)).replace("−", "-")
        for number in (
            "+0.93",
            "-0.05",
            "0.17",
            "tag depth",
            "+0.10",
            *(c.text for c in own.sentence.clauses),
        ):
            assert number in said


def test_each_page_begins_with_kind_sentence_and_score():
    view = explained_view()
    pages = {page.path: page.text for page in neuron_pages(view, gather(view))}
    for number, unit in enumerate(view.units):
        own = tiny_explanation(number, view.sample.characters)
        first = pages[unit.page].split('<section class="verbatim')[0]
        assert f'<b class="kind">{own.kind}</b>' in first
        assert f"N{unit.index} for short" in first
        shown = own.explained and own.kind != "constant"
        assert (first.count("<li data-clause") == 3) == shown
        assert ("No sentence explains it" in first) == (not own.explained)


def test_a_run_of_before_says_that_it_has_no_explanation():
    view = explained_view(without_explanations(golden_measures(2)))
    content = PANEL.prepare(view)(Unit(1, 0))
    assert content.values is None and "no explanation" in content.sentence
    assert content.columns == () and content.label == ""
    for panel in (LADDER, MISSES, PAIRS):
        assert panel.prepare(view)(Unit(1, 0)) is None
    text = next(iter(neuron_pages(view, gather(view)))).text
    assert "N0 for short. This run was measured before" in text
    assert 'class="act-simulated"' not in text


def test_bars_are_of_the_simulated_state():
    view = explained_view()
    for number, unit in enumerate(view.units):
        own = tiny_explanation(number, view.sample.characters)
        box = TEXT.prepare(view)(unit).values
        if not own.explained:
            assert box.simulation is None and " u" not in box.text
            continue
        levels = palette.levels(own.simulation.values).tolist()
        bars = [piece.split('"')[0].split()[0] for piece in box.text.split(" u")[1:]]
        assert list(map(int, bars)) == levels
        assert box.simulation.hundredths.split(",")[0] == str(round(own.simulation.values[0] * 100))
        assert list(map(int, box.simulation.clauses.split(","))) == list(own.simulation.clauses)


def test_ladder_is_one_bar_of_growing_tables():
    own = tiny_explanation(0, 10)
    steps = ladder_steps(own.ladder)
    assert [step.name for step in steps] == [
        *("last character", "last 2 characters", "last 3 characters", "last 6 characters"),
        "all together",
    ]
    assert np.allclose([step.start + step.width for step in steps], (0.5, 0.7, 0.85, 0.91, 0.95))
    assert [mark.place for mark in marks(own)] == [own.score.r2, 0.45, 0.64]
    assert [step.text for step in memory_steps(own.memory)][:2] == ["30 %", "50 %"]


def test_a_table_that_explains_less_than_a_smaller_one_takes_no_room():
    ladder = replace(tiny_explanation(0, 10).ladder, last=(0.5, 0.4, -0.2, 1.2))
    widths = [step.width for step in ladder_steps(ladder)]
    assert widths == [0.5, 0.0, 0.0, 0.5, 0.0]
    assert ladder_steps(ladder)[2].text == "−20 %"


def test_pair_map_has_the_level_of_each_mean():
    pairs = tiny_explanation(0, 10).pairs
    levels = pair_levels(pairs)
    assert levels[1] == levels[8] == UNSEEN
    assert levels[0] == palette.levels(0.5) and levels[5] == palette.levels(0.9)
    table = PAIRS.prepare(explained_view())(Unit(1, 0)).values.table
    assert table.count("<td class=") == 9 and table.count(f'"p{UNSEEN}"') == 2
    assert 'title="less-than sign"' in table


def test_misses_keep_the_corpus_back_when_told_to():
    view = explained_view()
    (place,) = MISSES.prepare(view)(Unit(1, 0)).values.places
    assert "".join(cell.html for cell in place.character) == "e"
    assert place.colours == f"p{palette.levels(0.91)} u{palette.levels(0.1)}"
    (hidden,) = MISSES.prepare(with_corpus_text(view, "sample"))(Unit(1, 0)).values.places
    assert hidden.before == hidden.character == hidden.after == ()
    assert hidden.number == 1_200
