"""Where the figures of the page come from, and whether the dumped states belong together."""

from dataclasses import dataclass

from report.measured import measured
from report.measures.self_check import TOLERANCE, SelfCheck
from report.panels.panel import Content, Panel, UnitContent
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class CheckBox:
    """The box, equal on all pages of a run."""

    corpus: str
    sha256: str
    seed: int
    sample_characters: int
    probe_characters: int
    probe: SelfCheck
    sample: SelfCheck
    tolerance: str
    version: str


def prepare(view: RunView) -> UnitContent | None:
    """Provenance and the checks of both traces."""
    measures = measured(view)
    if measures is None:
        return None
    box = CheckBox(
        corpus=view.card.name,
        sha256=view.card.sha256,
        seed=view.config.seed,
        sample_characters=view.sample.characters,
        probe_characters=view.probe.characters,
        probe=measures.all.self_check,
        sample=measures.all.sample_check,
        tolerance=f"{TOLERANCE:.0e}".replace("e-0", "e-"),
        version=view.tool_version,
    )

    def content(unit: Unit) -> Content:
        del unit
        return Content(values=box, unfolded=not (box.probe.passed and box.sample.passed))

    return content


PANEL = Panel("self_check", place="side", order=90, prepare=prepare, fold="Provenance")
