"""Mean, spread, range and saturation of a unit, on the sample and on the probe."""

from collections.abc import Callable
from dataclasses import dataclass

from report.measures.activation import Activation, activation
from report.panels.panel import Column, Content, Panel, UnitContent
from report.render.templates import decimals, percent, signed
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class Row:
    """One statistic, already in words."""

    name: str
    sample: str
    probe: str


@dataclass(frozen=True)
class Statistics:
    """The table of one unit."""

    sample_characters: int
    probe_characters: int
    rows: tuple[Row, ...]


def prepare(view: RunView) -> UnitContent:
    """Statistics of every layer on both traces."""
    sample = [activation(layer.hidden) for layer in view.sample.layers]
    probe = [activation(layer.hidden) for layer in view.probe.layers]

    def content(unit: Unit) -> Content:
        on_sample, on_probe = (unit.of(layers) for layers in (sample, probe))
        return Content(
            values=Statistics(
                on_sample.characters, on_probe.characters, _rows(on_sample, on_probe, unit.index)
            ),
            columns=_columns(on_probe, unit.index),
            front_matter=_front_matter(on_probe, unit.index),
        )

    return content


def _rows(sample: Activation, probe: Activation, unit: int) -> tuple[Row, ...]:
    def both(name: str, field: str, shown: Callable[[float], str] = signed) -> Row:
        on_sample, on_probe = (shown(float(getattr(of, field)[unit])) for of in (sample, probe))
        return Row(name, on_sample, on_probe)

    return (
        both("mean", "mean"),
        both("standard deviation", "standard_deviation", decimals),
        both("lowest", "minimum"),
        both("highest", "maximum"),
        both("mean |h|", "mean_absolute", decimals),
        both("|h| above 0.9", "saturated", percent),
    )


def _columns(probe: Activation, unit: int) -> tuple[Column, ...]:
    data = f"{probe.characters:,} probe characters"
    mean, spread = float(probe.mean[unit]), float(probe.standard_deviation[unit])
    low, high = float(probe.minimum[unit]), float(probe.maximum[unit])
    absolute, saturated = float(probe.mean_absolute[unit]), float(probe.saturated[unit])
    return (
        Column("Mean", mean, signed(mean), f"mean state, {data}"),
        Column("Std", spread, f"{spread:.2f}", f"standard deviation of the state, {data}"),
        Column("Min", low, signed(low), f"lowest state, {data}"),
        Column("Max", high, signed(high), f"highest state, {data}"),
        Column("Mean |h|", absolute, f"{absolute:.2f}", f"mean size of the state, {data}"),
        Column("|h| > 0.9", saturated, percent(saturated), f"share of {data} above 0.9 in size"),
    )


def _front_matter(probe: Activation, unit: int) -> dict[str, float]:
    return {
        "mean": round(float(probe.mean[unit]), 2),
        "std": round(float(probe.standard_deviation[unit]), 2),
        "min": round(float(probe.minimum[unit]), 2),
        "max": round(float(probe.maximum[unit]), 2),
        "mean_absolute": round(float(probe.mean_absolute[unit]), 2),
        "saturated": round(float(probe.saturated[unit]), 2),
    }


PANEL = Panel(
    "statistics", fold="State h: mean, spread, range", place="side", order=20, prepare=prepare
)
