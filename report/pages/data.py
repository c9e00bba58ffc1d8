"""``data/``: the files behind the site, and the page that says what is in them.

They are made when a site is published, from the stored run: a run's own pages need no second copy
of its states. What they hold obeys ``publish.corpus_text``.
"""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.disk.files import json_text, npy_bytes
from report.measured import measured
from report.measures.records import NEURONS, to_files
from report.pages.page import Page, markdown_page
from report.pages.schema import schema
from report.render.templates import page_text
from report.run_view import RunView

FOLDER = "data"
LARGEST = 32_767  # of an int16
STATE_DIGITS = 4


@dataclass(frozen=True)
class DataFile:
    """One file of the folder."""

    name: str
    data: bytes
    words: str  # what it holds, for a reader


def data_pages(view: RunView) -> Iterator[Page]:
    """``data.md`` and the files of ``data/``."""
    files = data_files(view)
    text = page_text(
        "data.md.j2",
        {"title": "Data", "hide": ["navigation", "toc"]},
        files=files,
        folder=FOLDER,
        corpus_text=view.config.publish.corpus_text,
        url=view.config.site.url,
        unit=view.units[-1].name,
        scale=scale_of(view),
    )
    yield markdown_page("data.md", text)
    for file in files:
        yield Page(f"{FOLDER}/{file.name}", file.data)


def data_files(view: RunView) -> list[DataFile]:
    """Every file that may be published."""
    files = []
    known = measured(view)
    if known is not None and view.shows_corpus:
        lines = to_files(known.all)[NEURONS]
        files.append(
            DataFile(NEURONS, lines, "every measure of every unit, one JSON object a line")
        )
    if view.shows_sample:
        files.append(
            DataFile(
                "states.csv",
                states_csv(view),
                "hidden states over the sampled text, a row a character",
            )
        )
    if view.shows_corpus:
        files += [
            DataFile("probe.txt", view.probe_text.encode("utf-8"), "the probe, UTF-8"),
            DataFile(
                "probe-hidden.npy",
                npy_bytes(_states(view)),
                "hidden states over the probe, int16 (characters, units): "
                f"states times {scale_of(view):,}",
            ),
        ]
    if files:
        words = {file.name: file.words for file in files}
        units = [unit.name for unit in view.units]
        files.append(
            DataFile(
                "schema.json",
                json_text(schema(words, units)).encode("ascii"),
                "every field in words, and the units in the order of the columns",
            )
        )
    return files


def states_csv(view: RunView) -> bytes:
    """Place, code point, then a column per unit. Code points, so that no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["place", "character", *(unit.name for unit in view.units)])
    states = np.concatenate([layer.hidden for layer in view.sample.layers], axis=1)
    for place, (character, row) in enumerate(zip(view.sample_text, states, strict=True)):
        numbers = [f"{value:.{STATE_DIGITS}f}" for value in row.tolist()]
        writer.writerow([place, f"U+{ord(character):04X}", *numbers])
    return out.getvalue().encode("ascii")


def scale_of(view: RunView) -> int:
    """What a state of the probe is multiplied by to be an int16; less where relu goes beyond 1."""
    largest = max(float(np.abs(layer.hidden).max()) for layer in view.probe.layers)
    return LARGEST // max(1, math.ceil(largest))


def _states(view: RunView) -> NDArray[np.int16]:
    states = np.concatenate([layer.hidden for layer in view.probe.layers], axis=1)
    scaled: NDArray[np.int16] = np.rint(states * scale_of(view)).astype("<i2")
    return scaled
