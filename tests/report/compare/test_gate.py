from dataclasses import replace

import pytest

from jobs.errors import ExitCode, NeuronarioError
from report.compare.difference import compare
from report.compare.gate import SUMMARY_BYTES, check_gate, step_summary
from report.compare.gate_file import Gate, parse_gate, read_gate
from report.compare.inputs import InputChange
from report.compare.label_changes import LabelChange, UnitLabel
from report.run_view import Unit
from tests.support.compare_cases import another_shape, moved
from tests.support.compare_runs import text_of, view

EVERYTHING = """\
max_bpc_increase: 0.05
min_matched: {l1: 0.5, l2: 0.3}
max_label_changes: 1
same_inputs: [probe, training.epochs]
missing_baseline: pass
"""


def failed(gate, difference):
    return [check.name for check in check_gate(gate, difference).checks if not check.passed]


def test_a_run_within_its_limits_passes():
    result = check_gate(parse_gate(EVERYTHING, "gate.yml"), moved())
    assert result.passed
    assert result.reasons == ()
    assert len(result.checks) == 6


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"min_matched": {"l1": 0.9}}, "min_matched.l1"),
        ({"max_label_changes": 0}, "max_label_changes"),
        ({"same_inputs": ["runtime"]}, "same_inputs.runtime"),
        ({"min_matched": {"l3": 0.0}}, "min_matched.l3"),
    ],
)
def test_each_limit_fails_by_itself(limits, name):
    assert failed(Gate(**limits), moved()) == [name]


def test_bits_may_rise_only_as_far_as_allowed_at_the_lower_end():
    quality = replace(moved().quality, difference=0.08, interval=(0.049, 0.11))
    assert failed(Gate(max_bpc_increase=0.05), replace(moved(), quality=quality)) == []
    quality = replace(quality, interval=(0.051, 0.11))
    assert failed(Gate(max_bpc_increase=0.05), replace(moved(), quality=quality)) != []


@pytest.mark.parametrize(
    ("difference", "interval"),
    [(float("nan"), (0.0, 0.1)), (0.01, (float("nan"), 0.1)), (0.01, None), (float("inf"), None)],
)
def test_nan_or_a_missing_interval_fails(difference, interval):
    quality = replace(moved().quality, difference=difference, interval=interval)
    assert failed(Gate(max_bpc_increase=9.0), replace(moved(), quality=quality)) != []


def test_what_is_not_comparable_fails():
    limits = Gate(max_bpc_increase=9.0, min_matched={"l1": 0.0, "l2": 0.0}, max_label_changes=99)
    assert failed(limits, replace(another_shape(), settings=())) == [
        "min_matched.l2",
        "max_label_changes",
    ]
    other = "".join(chr(ord(character) + 1000) for character in text_of(500))
    nothing = compare(view(), view(text=other))
    assert len(failed(limits, nothing)) == 4


def test_labels_count_only_where_every_layer_is_comparable():
    difference = replace(another_shape(), settings=(), labelled=(1, 1))
    assert failed(Gate(max_label_changes=99), difference) == ["max_label_changes"]


def test_a_dead_layer_or_a_broken_bar_fails():
    first = moved().layers[0]
    dead = replace(first, units=tuple(replace(unit, state="dead") for unit in first.units))
    broken = replace(first, control=replace(first.control, bar=float("nan")))
    for layer in (dead, broken, replace(first, control=None)):
        difference = replace(moved(), layers=(layer,))
        assert failed(Gate(min_matched={"l1": 0.0}), difference) == ["min_matched.l1"]


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("probe.characters", ["probe"]),
        ("probe", ["probe"]),
        ("corpus characters", ["corpus"]),
        ("training.epochs", ["training", "training.epochs"]),
        ("tool", ["tool"]),
    ],
)
def test_inputs_that_must_stay_the_same(key, names):
    difference = replace(moved(), inputs=(InputChange(key, "1", "2"),))
    every = ["probe", "corpus", "training", "training.epochs", "tool", "seed"]
    assert failed(Gate(same_inputs=every), difference) == [f"same_inputs.{n}" for n in names]


@pytest.mark.parametrize(("setting", "passes"), [("pass", True), ("fail", False)])
def test_a_missing_baseline(setting, passes):
    assert check_gate(Gate(missing_baseline=setting), None).passed is passes
    assert not check_gate(Gate(), None).passed


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("max_bpc_increase: -1\n", 1, "greater than or equal to 0"),
        ("max_bpc_increase: .nan\n", 1, "finite"),
        ("a: 1\n", 1, "unknown key; known here: max_bpc_increase, min_matched"),
        ("max_label_changes: 1\nmin_matched:\n  layer1: 0.5\n", 3, "should match pattern"),
        ("min_matched:\n  l1: 1.5\n", 2, "less than or equal to 1"),
        ("same_inputs: [prob]\n", 1, "should match pattern"),
        ("missing_baseline: maybe\n", 1, "'pass' or 'fail'"),
        ("max_label_changes: '3'\n", 1, "valid integer"),
        ("max_label_changes: 1\nmax_label_changes: 2\n", 2, "given twice"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "not allowed"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text, line, words):
    with pytest.raises(NeuronarioError) as caught:
        parse_gate(text, "gate.yml")
    assert caught.value.code == ExitCode.BAD_CONFIG
    assert str(caught.value).startswith(f"gate.yml:{line}: ")
    assert words in str(caught.value)


def test_a_gate_is_read_from_its_file(tmp_path):
    path = tmp_path / "gate.yml"
    path.write_text(EVERYTHING)
    assert read_gate(path) == parse_gate(EVERYTHING, "x")
    with pytest.raises(NeuronarioError) as caught:
        read_gate(tmp_path / "none.yml")
    assert caught.value.code == ExitCode.NO_INPUT


def test_the_summary_says_what_failed_and_what_changed():
    gate = Gate(max_label_changes=0, min_matched={"l1": 0.5})
    summary = step_summary(check_gate(gate, moved()), moved())
    assert summary.startswith("## Gate: failed\n")
    assert "- **failed**: max&#95;label&#95;changes: 1 paired units changed" in summary
    assert "- passed: min&#95;matched.l1: 88 &#37;" in summary or "88 %" in summary
    assert "L2N0: newline 0.550 (was comment 0.600)" in summary
    assert step_summary(check_gate(Gate(missing_baseline="pass"), None), None).startswith(
        "## Gate: passed\n"
    )


def test_a_long_summary_is_cut_between_lines():
    label = LabelChange(Unit(1, 0), Unit(1, 0), None, UnitLabel("\u202e" * 50, 0.5))
    difference = replace(moved(), labels=1_000 * (label,))
    summary = step_summary(check_gate(Gate(), difference), difference)
    assert len(summary.encode()) <= SUMMARY_BYTES
    assert "cut here" in summary.splitlines()[-1]
    assert summary.splitlines()[-3].endswith("(was no label)")
