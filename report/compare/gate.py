"""Does a run keep to the limits? What cannot be measured fails: a gate never passes by accident."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from report.compare.difference import Difference
from report.compare.gate_file import Gate
from report.compare.output import markdown
from report.compare.same_ground import judged, noise_words, settings_words
from report.compare.wording import figure, share_words
from report.render.templates import render

SUMMARY_BYTES = 60_000  # GitHub refuses a step summary of more than 1 MiB
CUT = "\n\n(cut here: the whole difference is in `neuronario diff --md`)\n"


@dataclass(frozen=True)
class Check:
    """One limit."""

    name: str  # the key in gate.yml; min_matched.l1
    passed: bool
    reason: str  # what was found, and what is allowed


@dataclass(frozen=True)
class GateResult:
    """All limits of a gate file, in its order."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every limit was kept. A gate without limits has nothing to fail."""
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """One line per limit that was not kept."""
        return tuple(f"{check.name}: {check.reason}" for check in self.checks if not check.passed)


def check_gate(gate: Gate, difference: Difference | None) -> GateResult:
    """Hold ``difference`` (None: there is no baseline to compare with) against ``gate``."""
    if difference is None:
        passed = gate.missing_baseline == "pass"
        return GateResult((Check("missing_baseline", passed, "there is no run to compare with"),))
    return GateResult(tuple(_checks(gate, difference)))


def step_summary(result: GateResult, difference: Difference | None) -> str:
    """GitHub step summary in Markdown, at most ``SUMMARY_BYTES`` bytes of ASCII and UTF-8."""
    changes = "" if difference is None else markdown(difference)
    text = render("gate_summary.md.j2", result=result) + changes
    data = text.encode("utf-8")
    if len(data) <= SUMMARY_BYTES:
        return text
    room = SUMMARY_BYTES - len(CUT.encode("utf-8"))
    whole_lines = data[:room].rpartition(b"\n")[0]
    return whole_lines.decode("utf-8") + CUT


def _checks(gate: Gate, difference: Difference) -> Iterator[Check]:
    if gate.max_bpc_increase is not None:
        yield _bits(gate.max_bpc_increase, difference)
    for name, least in gate.min_matched.items():
        yield _matched(name, least, difference)
    if gate.max_label_changes is not None:
        yield _labels(gate.max_label_changes, difference)
    for name in gate.same_inputs:
        yield _same_input(name, difference)


def _bits(most: float, difference: Difference) -> Check:
    name, quality = "max_bpc_increase", difference.quality
    if quality is None:
        return Check(name, False, f"not comparable: {difference.reason}")
    if difference.contaminated:
        return Check(name, False, f"not comparable: {difference.contaminated}")
    if not judged(difference.settings, difference.noise):
        return _not_held(name, difference)
    change = f"bits per character changed by {figure(quality.difference, sign=True)}"
    if quality.interval is None:
        return Check(name, False, f"{change}, on too few characters for an interval")
    low = quality.interval[0]
    words = f"{change}, at least by {figure(low, sign=True)}; {figure(most, sign=True)} is allowed"
    words += f"; {noise_words(difference.noise)}"
    within = difference.noise is not None and quality.difference <= difference.noise.bits
    # written so that NaN anywhere fails
    return Check(name, math.isfinite(quality.difference) and (low <= most or within), words)


def _matched(key: str, least: float, difference: Difference) -> Check:
    name, number = f"min_matched.{key}", int(key[1:])
    if difference.settings:
        return _not_held(name, difference)
    layer = next((one for one in difference.layers if one.layer == number), None)
    if layer is None:
        return Check(name, False, "the runs have no such layer")
    if layer.matched is None or layer.control is None or not math.isfinite(layer.control.bar):
        return Check(name, False, f"not comparable: {layer.reason or 'no unit is alive'}")
    words = (
        f"{share_words(layer.matched)} of the units have a pair; at least {share_words(least)} must"
    )
    return Check(name, layer.matched >= least, words)


def _labels(most: int, difference: Difference) -> Check:
    name = "max_label_changes"
    if difference.settings:
        return _not_held(name, difference)
    if difference.labelled is None:
        return Check(name, False, "a run without labels")
    if not difference.comparable:
        reasons = [layer.reason for layer in difference.layers if layer.reason]
        return Check(name, False, f"not comparable: {', '.join(dict.fromkeys(reasons))}")
    count = sum(label.changed for label in difference.labels)
    return Check(
        name, count <= most, f"{count} paired units changed their label; allowed is {most}"
    )


def _not_held(name: str, difference: Difference) -> Check:
    """Runs of other settings are not held to a limit made for one configuration; ``same_inputs``
    is the limit that keeps settings as they are.
    """
    return Check(
        name, True, f"not compared: {settings_words(difference.settings, difference.noise)}"
    )


def _same_input(name: str, difference: Difference) -> Check:
    changed = [
        change.key
        for change in difference.inputs
        if change.key == name or change.key.startswith((f"{name}.", f"{name} "))
    ]
    words = f"changed: {', '.join(changed)}" if changed else "unchanged"
    known = "runtime" not in name or difference.runtimes_known
    if not known:
        words = "the runtimes of the runs are not known"
    return Check(f"same_inputs.{name}", known and not changed, words)
