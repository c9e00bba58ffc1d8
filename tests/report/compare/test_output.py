import json
from dataclasses import replace

import pytest

from report.compare import output
from report.compare.difference import compare
from report.compare.inputs import InputChange
from report.compare.label_changes import LabelChange, UnitLabel
from report.run_view import Unit
from tests.support.compare_cases import GOLD, WRITERS, content, golden_files, moved
from tests.support.compare_runs import view
from tests.support.hostile_texts import HOSTILE


@pytest.mark.parametrize("file", golden_files())
def test_outputs_are_as_reviewed(file):
    # `make gold` renews the golden files
    assert content(file) == (GOLD / file).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    assert {path.name for path in GOLD.iterdir()} == set(golden_files())


@pytest.mark.parametrize("write", WRITERS.values())
def test_equal_runs_print_nothing(write):
    assert write(compare(view(), view(run_id="000002-0badcafe"))) == ""


def hostile(text):
    """A difference with ``text`` wherever text of a user can get."""
    difference = moved()
    return replace(
        difference,
        inputs=(InputChange("corpus.path", text, text),),
        labels=(LabelChange(Unit(1, 0), Unit(1, 0), None, UnitLabel(text, 0.5)),),
        sample=replace(difference.sample, old_excerpt=text, new_excerpt=text),
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_and_json_are_printable_ascii(text):
    plain = output.text(hostile(text))
    assert all(line.isascii() and (line.isprintable() or not line) for line in plain.split("\n"))
    assert plain.count("\n") == output.text(hostile("x")).count("\n")
    assert not any(line.lstrip().startswith("::") for line in plain.split("\n"))
    written = output.json_text(hostile(text))
    assert written.isascii()
    assert json.loads(written)["sample"]["new_excerpt"] == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_markdown_keeps_its_lines_and_has_no_raw_markup(text):
    written = output.markdown(hostile(text))
    assert written.count("\n") == output.markdown(hostile("x")).count("\n")
    assert not set(written) & set("<>[]`*_{}|\x1b\u202e\u200b\\\0")


def test_the_text_is_short_however_much_changed():
    difference = hostile("x")
    many = replace(
        difference,
        inputs=100 * difference.inputs,
        labels=100 * difference.labels,
        layers=4 * difference.layers,
    )
    lines = output.text(many).splitlines()
    assert len(lines) <= output.LINES
    assert sum("more (--md and --json list all)" in line for line in lines) == 3
    assert lines[-1].startswith("sample:")
    assert output.markdown(many).count("- corpus.path:") == 100


def test_json_has_no_value_where_there_is_none():
    difference = hostile("x")
    broken = replace(difference, quality=replace(difference.quality, new_bits=float("nan")))
    read = json.loads(output.json_text(broken))
    assert read["schema"] == output.SCHEMA == 1
    assert read["quality"]["new_bits"] is None
    assert read["layers"][0]["units"][0].keys() == {
        *("old", "new", "state", "correlation", "nearest", "nearest_correlation")
    }
