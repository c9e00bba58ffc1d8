"""What the unit does: bits lost without it, what it promotes, a strip of its direct effect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from jobs.model.network import Float
from report.measured import measured
from report.measures.ablation.effects import Effect, direct_logit_attribution
from report.panels.panel import Column, Content, Panel, UnitContent
from report.render import palette
from report.render.spans import cells, paint
from report.render.templates import signed, strip
from report.run_view import RunView, Unit

STRONGEST = 2.0  # bits of direct effect that get the strongest colour
TEXT_UNITS = 256  # layers larger than this get no strip: their pages would weigh too much


@dataclass(frozen=True)
class Promoted:
    """One character that the unit makes more or less probable."""

    character: str
    bits: float


@dataclass(frozen=True)
class Strip:
    """The sample coloured by the unit's direct effect on each character."""

    text: Markup  # one span a character, with the class of its level
    characters: int
    thousandths: str  # bits times 1000, comma-separated


@dataclass(frozen=True)
class EffectBox:
    """The box of one unit."""

    effect: Effect
    when: str  # "high" or "low": the side on which the unit is on
    concept: str  # "" where inside and outside cannot be told
    promotes: tuple[Promoted, ...]
    suppresses: tuple[Promoted, ...]
    encoded_not_used: bool
    too_rare: bool  # it has a label, which these characters meet too seldom
    only_inside: bool  # no effect on the whole, but one where its label holds
    strip: Strip | None
    strongest: float


def prepare(view: RunView) -> UnitContent | None:
    """Effects of every layer; the strips of the last layer."""
    measures = measured(view)
    if measures is None:
        return None
    last = len(view.network.sizes)
    spans = strip(cells(view.sample_text))
    direct: Float | None = None
    few = view.network.sizes[-1] <= TEXT_UNITS
    if few and view.sample.characters > 1 and view.shows_sample:
        means = view.probe.layers[-1].hidden.mean(0, dtype=np.float64).astype(np.float32)
        direct = direct_logit_attribution(
            view.network, view.sample, means, range(view.network.sizes[-1])
        )

    def content(unit: Unit) -> Content:
        own = measures.unit(unit)
        effect = own.effect
        coloured = None
        if direct is not None and unit.layer == last:
            coloured = _strip(direct[:, unit.index], spans)
        alphabet = view.card.alphabet
        data = f"{effect.characters:,} probe characters"
        text = signed(effect.bits, 4)
        return Content(
            values=EffectBox(
                effect=effect,
                when="high" if own.label.sign > 0 else "low",
                concept=own.label.concept if effect.inside is not None else "",
                promotes=tuple(Promoted(alphabet[s.character], s.bits) for s in effect.promotes),
                suppresses=tuple(
                    Promoted(alphabet[s.character], s.bits) for s in effect.suppresses
                ),
                encoded_not_used=own.encoded_not_used,
                too_rare=bool(own.label.named) and not effect.used and effect.unknown,
                only_inside=effect.used and effect.interval[0] <= 0 <= effect.interval[1],
                strip=coloured,
                strongest=STRONGEST,
            ),
            sentence="Its label is encoded, not used: holding it changes nothing that is seen."
            if own.encoded_not_used
            else "",
            columns=(
                Column(
                    "Effect",
                    effect.bits,
                    text if effect.used else f"({text})",
                    f"bits per character lost with the unit held at its mean, {data}; "
                    "in brackets: none",
                ),
            ),
            front_matter={"effect": round(effect.bits, 4)},
        )

    return content


def _strip(bits: Float, spans: Sequence[Markup]) -> Strip:
    """Effect on each character of the sample; the first was predicted before the sample: 0."""
    own = np.concatenate([np.zeros(1, np.float32), bits])
    levels = palette.levels(np.clip(own / STRONGEST, -1.0, 1.0)).tolist()
    thousandths = ",".join(map(str, np.rint(own * 1000).astype(int).tolist()))
    return Strip(paint(spans, levels, "p"), len(levels), thousandths)


PANEL = Panel("effects", place="main", order=20, prepare=prepare)
