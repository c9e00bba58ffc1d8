"""Which runs may be judged against each other, and what is said of those that may not."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.config.schema import TrainingConfig
from jobs.corpus.seen import seen_of
from jobs.model.origin import Origin
from report.compare.difference import compare
from report.compare.gate import check_gate
from report.compare.gate_file import Gate
from report.compare.output import document, text
from report.run_view import RunView
from tests.support.compare_runs import text_of, view

EVERY_LIMIT = Gate(max_bpc_increase=0.0, min_matched={"l1": 1.0}, max_label_changes=0)
TEXT = text_of(4_000, 3)


def ids_of(view: RunView, text: str) -> np.ndarray:
    return np.array([view.card.alphabet.index(character) for character in text], np.int32)


@pytest.mark.parametrize(
    ("changed", "key"),
    [({"seed": 1}, "seed"), ({"training": TrainingConfig(epochs=40)}, "training.epochs")],
)
def test_other_settings_are_not_compared_and_fail_no_gate(changed, key) -> None:
    difference = compare(view(text=TEXT), view(text=TEXT, run_id="000002-0badcafe", **changed))
    assert difference.settings == (key,)
    said = f"not comparable unit by unit: {key} differs"
    assert said in text(difference)
    assert difference.quality is not None and difference.quality.verdict == "n/a"
    assert document(difference)["settings"] == [key]
    result = check_gate(EVERY_LIMIT, difference)
    assert result.passed or [c.name for c in result.checks if not c.passed] == ["max_label_changes"]
    assert all("not compared" in check.reason for check in result.checks)
    assert not check_gate(Gate(same_inputs=["seed", "training"]), difference).passed


def test_another_text_alone_is_compared() -> None:
    difference = compare(view(text=TEXT), view(text=text_of(4_000, 4)))
    assert difference.settings == () and difference.contaminated == ""
    assert "not comparable" not in text(difference)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (Origin(warm=True, held_out_read=0.87), "87 % of the held-out text was trained on"),
        (Origin(warm=True, recorded=False), "is not recorded"),
    ],
)
def test_a_held_out_text_that_was_trained_on_has_no_verdict(origin: Origin, said: str) -> None:
    new = replace(view(text=TEXT, run_id="000002-0badcafe"), origin=origin)
    difference = compare(view(text=text_of(4_000, 5)), new)
    assert said in difference.contaminated and said in text(difference)
    assert difference.quality is not None and difference.quality.verdict == "n/a"
    check = check_gate(Gate(max_bpc_increase=9.0), difference).checks[0]
    assert not check.passed and "not comparable" in check.reason


def test_a_probe_that_the_old_network_was_trained_on() -> None:
    old, new = view(text=text_of(4_000, 5)), view(text=TEXT)
    lines = text_of(8_000, 8)
    old = replace(old, seen=seen_of(ids_of(old, lines + TEXT), old.card.alphabet))
    new = replace(new, seen=seen_of(ids_of(new, lines), new.card.alphabet))
    assert "the old network was trained on" in compare(old, new).contaminated
    fresh = replace(old, seen=seen_of(ids_of(old, lines), old.card.alphabet))
    assert compare(fresh, new).contaminated == ""
