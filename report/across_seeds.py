"""What a sweep adds to the report: measured when it ends, shown when one of its runs is published.

The pages that a run was stored with know nothing of other runs. Where the store has a sweep of its
configuration, they are rendered anew when the run is published, with a box on each neuron page.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from types import MappingProxyType

from jobs.store.run import Run
from jobs.store.sweeps import (
    StoredSweep,
    by_setting,
    configuration_key,
    newest_sweep,
    read_found,
)
from report.compare.seed_noise import SeedNoise, seed_noise
from report.make_report import OtherVersionError, comparable_view, stored_view
from report.measures.universality.record import (
    SCHEMA,
    Setting,
    SweepFound,
    from_bytes,
    to_bytes,
)
from report.measures.universality.seeds import SeedConcepts, measure_seeds
from report.pages.build import build_pages
from report.pages.page import Page
from report.pages.sweep import sweep_page
from report.pages.three_cells import cells_page
from report.run_view import RunView

UNITS = "seeds"  # names of the measures in a view: tuple[UnitInSeeds, ...]
CONCEPTS = "seed_concepts"  # and the concepts of the setting: SeedConcepts


def measure_sweep(sweep: StoredSweep, program: str) -> SweepFound:
    """Measure each setting of a sweep; ``program`` is the digest of the report.

    The figures are as rounded as they are stored.
    """
    settings = []
    for words, runs in by_setting(sweep):
        contents = tuple(run.manifest.content_id for run in runs)
        measured = measure_seeds([comparable_view(run) for run in runs])
        settings.append(Setting(dict(words), contents, measured))
    found = from_bytes(to_bytes(SweepFound(SCHEMA, program, tuple(settings))))
    assert found is not None
    return found


def found_of(store: Path, run: Run) -> SweepFound | None:
    """What was measured in the newest sweep of the run's configuration."""
    newest = _newest(store, configuration_key(run.config))
    return None if newest is None else newest[1]


def view_among_seeds(store: Path, run: Run) -> RunView:
    """The view of a run with what the newest sweep of its configuration says of its units."""
    return _among(stored_view(run), run, found_of(store, run))


def pages_among_seeds(store: Path, run: Run) -> Iterator[Page]:
    """The pages of a run: as stored, or rendered anew where a sweep knows more of its units."""
    found = found_of(store, run)
    if found is not None and found.units_of(run.manifest.content_id):
        try:
            yield from build_pages(_among(stored_view(run), run, found))
        except OtherVersionError:
            pass  # measured by another version: the pages as stored
        else:
            return
    for path, data in run.pages().items():
        yield Page(path, data)


def seed_pages(store: Path, run: Run) -> Iterator[Page]:
    """The page of the newest sweep of the run's configuration, where there is one, and that of the
    cells, where it varies them.
    """
    found = found_of(store, run)
    if found is not None:
        cells = cells_page(found, run.manifest.content_id)
        yield sweep_page(found, run.manifest.content_id, cells is not None)
        if cells is not None:
            yield cells


def noise_of(store: Path, run: Run) -> SeedNoise | None:
    """What another seed alone changes, by the newest sweep of the run's configuration."""
    configuration = configuration_key(run.config)
    newest = _newest(store, configuration)
    if newest is None:
        return None
    sweep, found = newest
    cell = next(one for one in sweep.record.cells if one.configuration == configuration)
    setting = next((one for one in found.settings if one.settings == cell.settings), None)
    if setting is None:
        return None
    return seed_noise(setting.measured.bits, [one.median for one in setting.measured.explained])


def summary_lines(found: SweepFound) -> list[str]:
    """One line for each setting: bits with mean, sd and worst; what is found in other seeds."""
    return [_summary(setting) for setting in found.settings]


def _newest(store: Path, configuration: str) -> tuple[StoredSweep, SweepFound] | None:
    """The newest sweep of a configuration, and what was measured in it."""
    sweep = newest_sweep(store, configuration)
    found = None if sweep is None else from_bytes(read_found(store, sweep.record.key))
    return None if sweep is None or found is None else (sweep, found)


def _summary(setting: Setting) -> str:
    measured = setting.measured
    bits = measured.bits
    spread = f", sd {stdev(bits):.3f}" if len(bits) > 1 else ""
    words = f"bits {fmean(bits):.3f}{spread}, worst {max(bits):.3f} of {len(bits)} seeds"
    layers = [
        f"layer {one.layer}: {100 * one.found:.0f} % found in another seed "
        f"({100 * one.found_by_chance:.0f} % by chance), {100 * one.found_in_all:.0f} % in all"
        for one in measured.layers
    ]
    return "; ".join([f"{setting.name}: {words}", *layers])


def _among(view: RunView, run: Run, found: SweepFound | None) -> RunView:
    content = run.manifest.content_id
    setting = None if found is None else found.setting_of(content)
    if found is None or setting is None or not found.units_of(content):
        return view
    measured = setting.measured
    concepts = SeedConcepts(
        len(measured.seeds), {one.concept: one.seeds for one in measured.concepts}
    )
    more = {UNITS: found.units_of(content), CONCEPTS: concepts}
    return replace(view, measures=MappingProxyType({**view.measures, **more}))
