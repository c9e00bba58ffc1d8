"""The sampled text by itself: what the network expected at each character, and how wrong it was."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.pages.contents import Contents, section_contents
from report.pages.page import Page, markdown_page
from report.render import palette
from report.render.characters import character_name, glyph
from report.render.spans import Cell, cells, paint
from report.render.templates import page_text, percent, strip
from report.render.words import words
from report.run_view import RunView

GUESSES = 5
SYMBOLS = 3
SEARCH_BOOST = 3.5  # above the run page: a word of the sample before the alphabet
WORDS = 2_000  # most frequent words that the page lists


@dataclass(frozen=True)
class Guess:
    """One of the most probable characters at a place."""

    glyph: str
    level: int  # of its probability, 0 .. 10
    drawn: bool  # it is the character that came


@dataclass(frozen=True)
class Place:
    """One character of the text with what was expected there."""

    glyph: str
    kind: str  # of the cell: n ends the row
    surprise_level: int
    guesses: tuple[Guess, ...]  # most probable first
    words: str  # the same, in words with figures


@dataclass(frozen=True)
class SymbolPicture:
    """Probabilities of three symbols at each character, in levels 0 .. 10."""

    symbols: tuple[str, ...]
    chosen: str  # configured, whole alphabet, most frequent
    levels: list[list[int]]  # (T, symbols)
    mean_share: float  # of all probability that the symbols have together, sample mean


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``sample.md``; nothing where no text may be shown."""
    if not view.shows_sample:
        return
    bits = view.sample.surprise()
    text_cells = cells(view.sample_text)
    sample_words = words(view.sample_text)
    text = page_text(
        "sample.md.j2",
        {
            "title": "Sample",
            "hide": ["navigation", "toc"],
            "search": {"boost": SEARCH_BOOST},
        },
        view=view,
        sections=section_contents(view, "sample"),
        cells=text_cells,
        context_cells=cells(view.text(view.sample.context) if view.shows_corpus else ""),
        surprise_text=paint(strip(text_cells), palette.surprise_levels(bits).tolist(), "s"),
        hundredths=",".join(map(str, np.rint(bits * 100).astype(int).tolist())),
        mean_bits=float(bits.mean()),
        places=_places(view, text_cells, bits),
        picture=_symbol_picture(view),
        words=sample_words[:WORDS],
        distinct=len(sample_words),
        surprise_legend=range(palette.SURPRISE_LEVELS),
    )
    yield markdown_page("sample.md", text)


def _places(
    view: RunView, text_cells: tuple[Cell, ...], bits: NDArray[np.float64]
) -> tuple[Place, ...]:
    """One place per character of the sample."""
    alphabet, trace = view.card.alphabet, view.sample
    predicted = trace.predicting_probabilities()
    best = np.argsort(-predicted, axis=1, kind="stable")[:, :GUESSES]  # (T, 5)
    levels = palette.probability_levels(np.take_along_axis(predicted, best, axis=1))
    surprise = palette.surprise_levels(bits)
    places = []
    for step, index in enumerate(trace.ids.tolist()):
        guessed = best[step].tolist()
        places.append(
            Place(
                glyph=glyph(alphabet[index]),
                kind=text_cells[step].kind,
                surprise_level=int(surprise[step]),
                guesses=tuple(
                    Guess(glyph(alphabet[guess]), int(level), guess == index)
                    for guess, level in zip(guessed, levels[step], strict=True)
                ),
                words=_words(alphabet, index, guessed, predicted[step], float(bits[step])),
            )
        )
    return tuple(places)


def _words(
    alphabet: tuple[str, ...], index: int, guessed: list[int], probabilities: Float, bits: float
) -> str:
    expected = ", ".join(
        f"{character_name(alphabet[guess])} {percent(float(probabilities[guess]))}"
        for guess in guessed
    )
    return f"{character_name(alphabet[index])}: {bits:.2f} bits; expected {expected}"


def _symbol_picture(view: RunView) -> SymbolPicture | None:
    """The notebook's picture for any three symbols; None for fewer than two characters."""
    alphabet = view.card.alphabet
    if len(alphabet) < 2:
        return None
    configured = [symbol for symbol in view.config.report.symbols if symbol in alphabet]
    if configured:
        symbols, chosen = configured, "configured"
    elif len(alphabet) <= SYMBOLS:
        symbols, chosen = list(alphabet), "whole alphabet"
    else:
        order = np.argsort(-np.asarray(view.card.counts), kind="stable")[:SYMBOLS]
        symbols, chosen = [alphabet[index] for index in order], "most frequent"
    columns = [alphabet.index(symbol) for symbol in symbols]
    probabilities = view.sample.predicting_probabilities()[:, columns]
    return SymbolPicture(
        symbols=tuple(symbols),
        chosen=chosen,
        levels=palette.probability_levels(probabilities).tolist(),
        mean_share=float(probabilities.sum(1, dtype=np.float64).mean()),
    )
