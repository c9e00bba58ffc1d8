"""The page that compares the cells of a sweep."""

import html
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind

from report.measures.universality.figures import NetworkFigures, network_figures
from report.measures.universality.record import Setting, SweepFound, from_bytes, to_bytes
from report.measures.universality.seeds import Seeds, measure_seeds
from report.pages.sweep import sweep_page
from report.pages.three_cells import cells_page
from tests.support.explained_view import explained_view, without_explanations

CONTENT = "a" * 64
FIGURES = NetworkFigures(52_000, 0.5, 0.75, 7, 50, 0.6, 0.2, (("predictor", 3), ("long memory", 1)))


def setting(cell, bits, *figures, **others):
    seeds = tuple(range(len(bits)))
    measured = Seeds(seeds, tuple(bits), (0,) * len(bits), (), (), (), (), figures)
    others = {key.replace("_", "."): value for key, value in others.items()}
    return Setting({"network.cell": cell, **others}, (CONTENT,), measured)


def text_of(*settings):
    page = cells_page(SweepFound(1, "program", settings), CONTENT)
    return html.unescape(page.text)


@pytest.fixture
def three():
    longer = replace(FIGURES, k90=None, bits=0.4, kinds=(("predictor", 1),))
    return (
        setting("lstm", (0.5, 0.52, 0.51), FIGURES, FIGURES, longer),
        setting("gru", (0.5, 0.53, 0.51), FIGURES, longer, longer),
        setting("rnn", (0.7, 0.72, 0.71), *[replace(FIGURES, parameters=60_000)] * 3),
    )


def test_each_cell_has_its_figures(three):
    text = text_of(*three)
    bits = text.split('id="bits"')[1].split("</table>")[0]
    for figure in ("LSTM (this site's network)", ">52,000<", ">60,000<", ">0.510<", ">0.0100<"):
        assert figure in bits
    assert bits.count("<circle") == 9
    rows = text.split('id="memory"')[1].split("</table>")[0].split("<tr>")[2:]
    assert [row.split(">")[1].split("<")[0] for row in rows] == ["LSTM", "GRU", "plain RNN"]
    assert all(figure in rows[0] for figure in (">+0.283<", ">+0.250, +0.350<", ">7<", ">60 %<"))
    assert ">over 50<" in rows[1] and ">20 %<" in rows[1]
    kinds = text.split('id="kinds"')[1].split("</table>")[0].split("<tr>")[1:]
    assert "predictor" in kinds[0] and "long memory" in kinds[0]
    assert ">78 %<" in kinds[1] and ">22 %<" in kinds[1]  # 7 and 2 of 9 units


def test_differences_stand_beside_what_the_seeds_explain(three):
    text = text_of(*three)
    assert "LSTM needs 0.003 bits per character less than GRU" in text
    assert "the seeds alone may explain it" in text.split("than GRU")[1].split("</li>")[0]
    assert "more than the seeds explain" in text.split("less than plain RNN")[1].split("</li>")[0]
    bits = [np.array(one.measured.bits) for one in three[:2]]
    low, high = ttest_ind(*bits, equal_var=False).confidence_interval(0.95)
    assert f"−{-low:.3f} to +{high:.3f}" in text


def test_only_settings_that_are_equal_but_for_the_cell_are_subtracted():
    wide, narrow = {"network_layers": [8, 8]}, {"network_layers": [4, 4]}
    text = text_of(
        setting("lstm", (0.5,), FIGURES, **wide),
        setting("gru", (0.6,), FIGURES, **wide),
        setting("gru", (0.7,), FIGURES, **narrow),
    )
    assert text.count(" needs ") == 1
    assert "LSTM, network.layers [8, 8] needs 0.100 bits per character less" in text
    assert "with one seed nothing says whether that is chance" in text and ">n/a<" in text


def test_whether_they_are_as_large_is_said(three):
    assert "They do not have as many parameters" in text_of(*three)
    assert "All have about as many parameters" in text_of(*three[:2])


def test_equal_bits_are_no_difference():
    text = text_of(*(setting(cell, (0.5, 0.5), FIGURES, FIGURES) for cell in ("lstm", "gru")))
    assert "0.000 to 0.000): the seeds alone may explain it" in text


def test_a_sweep_of_one_cell_has_no_such_page(three):
    for settings in (three[:1], (replace(three[0], settings={"training.l1": 0}), three[1])):
        assert cells_page(SweepFound(1, "program", settings), CONTENT) is None
    unexplained = replace(three[1], measured=replace(three[1].measured, figures=()))
    assert cells_page(SweepFound(1, "program", (three[0], unexplained)), CONTENT) is None


def test_the_page_of_the_seeds_leads_to_it(three):
    found = SweepFound(1, "program", three)
    assert "(cells.md)" in sweep_page(found, CONTENT, cells=True).text
    assert "(cells.md)" not in sweep_page(found, CONTENT).text


def test_figures_of_a_run_are_those_of_its_units_and_are_kept():
    view = explained_view()
    units = view.measures["measures"].units
    found = network_figures(view)
    live = [one.explanation for one in units if one.explanation.kind != "constant"]
    assert found.explained == pytest.approx(np.median([one.score.r2 for one in live]))
    assert found.untrained == pytest.approx(np.median([one.score.untrained for one in live]))
    assert sum(count for _, count in found.kinds) == len(units)
    assert found.parameters == view.network.parameters
    gap = view.measures["measures"].gap
    assert found.gain == pytest.approx(gap.ngram_bits - gap.network_bits)
    measured = measure_seeds([view])
    assert measured.figures == (found,)
    sweep = SweepFound(1, "program", (Setting({}, ("a",), measured),))
    again = from_bytes(to_bytes(sweep)).settings[0].measured.figures[0]
    assert (again.kinds, again.k90, again.parameters) == (found.kinds, found.k90, found.parameters)
    earlier = explained_view(without_explanations(view.measures["measures"]))
    assert network_figures(earlier) is None and measure_seeds([earlier]).figures == ()
