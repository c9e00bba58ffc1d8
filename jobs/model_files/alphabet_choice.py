"""Which character each id of a model is: listed, or found by trying; checked by bits either way.

A wrong order cannot hide: under it the network is surprised by almost every character and needs
more bits than plain character frequencies do. Only characters that are rare in the text cannot be
told apart this way; they are named.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model_files.file_model import FileModel, RefusedError, Vocabulary
from jobs.model_files.forward import log_probabilities

SEGMENTS = 256  # pieces of the text that are read side by side
COUNTED = 64  # characters of each that are predicted
WARM_UP = 32  # characters before them, read only
WINDOWS = 2_048  # windows that are read where the model reads windows
OFFSETS = (0, 1, 2)  # ids before the first character: padding, [UNK]
BUDGET = 5e9  # multiplications that one round may take
MOST_LOGITS = 2_000_000  # values held at once
RARE = 10  # a character seen less often in the checked pieces is not verified
ORDERS = ("sorted", "first seen", "most frequent")
STAND_IN = 0xFFFD  # shown for an id that is no character; the private use area for further ones
PRIVATE_USE = 0xE000

Characters = tuple[str | None, ...]


@dataclass(frozen=True)
class AlphabetChoice:
    """The characters of a model by id, and how sure that is."""

    characters: Characters  # (V,); None: the id is no character of the text
    source: str  # in words: which list, or which order with which offset
    bits: float  # per character of the checked pieces, under the file's own weights
    unigram_bits: float  # the same characters, by their frequencies in the whole text
    next_best_bits: float | None  # of the other orders tried; None where a list was given
    checked: int  # characters predicted for these figures
    unverified: tuple[str, ...]  # characters too rare there to be told apart
    unverified_share: float  # of the text

    def alphabet(self) -> tuple[str, ...]:
        """(V,) one character per id; ids that are none get a stand-in that the text has not."""
        taken = set(filter(None, self.characters))
        free = (
            chr(point)
            for point in (
                STAND_IN,
                *range(PRIVATE_USE, PRIVATE_USE + 6_400),
                *range(0xF0000, 2**20),
            )
            if chr(point) not in taken
        )
        return tuple(character or next(free) for character in self.characters)


@dataclass(frozen=True)
class _Order:
    name: str
    characters: Characters


def choose_alphabet(
    model: FileModel, text: str, listed: Vocabulary | None, window: int
) -> AlphabetChoice:
    """The alphabet under which ``model`` predicts ``text`` best.

    Args:
        model: as its file has it.
        text: to check against, at least some hundred characters.
        listed: a list of the user's or of the model's own; None: the usual orders are tried.
        window: characters per window; 0 where the state is carried on.

    Raises:
        RefusedError: characters that the model does not know, or no order that beats frequencies.
    """
    orders = list(_listed_orders(model, listed) if listed else _usual_orders(model, text))
    orders = [order for order in orders if not (model.id_0_is_padding and order.characters[0])]
    if not orders:
        raise RefusedError(_no_order(model, text))
    if listed:
        _check_known(orders[0].characters, text, listed.source)
    pieces = _pieces(len(text), window, model.alphabet_size)
    counted = window or WARM_UP
    points = np.frombuffer(text.encode("utf-32-le"), "<u4")

    def scored(some: list[_Order], positions: NDArray[np.int64]) -> list[tuple[float, _Order]]:
        found = [
            (_bits(model, _ids_of(order.characters, points)[positions], counted), order)
            for order in some
        ]
        return sorted(found, key=lambda pair: pair[0])

    cost = _multiplications(model)
    few = _few(pieces, cost * len(orders))
    finalists = [order for _, order in scored(orders, few)[:2]] if len(orders) > 1 else orders
    pieces = _few(pieces, cost * len(finalists))
    ranked = scored(finalists, pieces)
    bits, best = ranked[0]
    targets = points[pieces[counted:]].ravel()
    unigram = _unigram_bits(points, targets)
    if not bits < unigram:
        raise RefusedError(_refusal(model, text, bits, unigram, best, listed))
    seen = Counter(targets.tolist())
    rare = [letter for letter in sorted(set(text)) if seen[ord(letter)] < RARE]
    counts = Counter(text)
    return AlphabetChoice(
        characters=best.characters,
        source=best.name,
        bits=bits,
        unigram_bits=unigram,
        next_best_bits=ranked[1][0] if len(ranked) > 1 else None,
        checked=int(targets.size),
        unverified=tuple(rare),
        unverified_share=sum(counts[letter] for letter in rare) / len(text),
    )


def _usual_orders(model: FileModel, text: str) -> Iterator[_Order]:
    """Sorted, first seen, most frequent (the first seen of equals), each at three offsets."""
    letters = {
        "sorted": sorted(set(text)),
        "first seen": list(dict.fromkeys(text)),
        "most frequent": [letter for letter, _ in Counter(text).most_common()],
    }
    for name in ORDERS:
        for offset in OFFSETS:
            yield from _at_offset(model, name, letters[name], offset)


def _listed_orders(model: FileModel, listed: Vocabulary) -> Iterator[_Order]:
    missing = model.alphabet_size - len(listed.characters)
    if missing not in OFFSETS:
        raise RefusedError(
            f"{listed.source} lists {len(listed.characters):,} ids, the model has "
            f"{model.alphabet_size:,}"
        )
    for offset in range(missing + 1):
        yield from _at_offset(model, listed.source, listed.characters, offset)


def _at_offset(
    model: FileModel, name: str, letters: list[str] | Characters, offset: int
) -> Iterator[_Order]:
    rest = model.alphabet_size - len(letters) - offset
    if rest >= 0:
        said = f"{name}, from id {offset}" if offset else name
        yield _Order(said, (*[None] * offset, *letters, *[None] * rest))


def _check_known(characters: Characters, text: str, source: str) -> None:
    unknown = sorted(set(text) - set(filter(None, characters)))
    if unknown:
        raise RefusedError(
            f"the text has {_named(unknown)}, which {source} does not list: take them out of the "
            "text, or give the list that the model was trained with (--alphabet)"
        )


def _no_order(model: FileModel, text: str) -> str:
    distinct = len(set(text))
    lower = len(set(text.lower()))
    hint = (
        "; in lower case it would fit: was the model trained on that?"
        if lower <= model.alphabet_size < distinct
        else ""
    )
    return (
        f"the text has {distinct:,} distinct characters, the model knows {model.alphabet_size:,}"
        f"{hint or ': give the text that it was trained on, or its alphabet (--alphabet)'}"
    )


def _refusal(
    model: FileModel,
    text: str,
    bits: float,
    unigram: float,
    best: _Order,
    listed: Vocabulary | None,
) -> str:
    figures = (
        f"it needs {bits:.2f} bits per character of this text, plain character frequencies "
        f"{unigram:.2f}"
    )
    distinct = len(set(text))
    if model.alphabet_size > 2 * distinct + 20 and not listed:
        return (
            f"{figures}; it has {model.alphabet_size:,} ids for {distinct:,} distinct characters: "
            "probably a model of words, and a character model is needed"
        )
    if listed:
        return (
            f"{figures}, with the order of {best.name}: it is another order, another text, or a "
            "model that did not learn"
        )
    return (
        f"{figures}, in the best of the usual orders ({', '.join(ORDERS)}; ids from 0, 1 or 2): "
        "the alphabet's order is probably another one; give it with --alphabet, or the text that "
        "the model was trained on"
    )


def _multiplications(model: FileModel) -> int:
    """Of one character, roughly: the values of all weights but the first look-up."""
    return int(model.output_weights.size) + sum(
        layer.recurrent_weights.size + layer.input_weights.size * (number > 0)
        for number, layer in enumerate(model.layers)
    )


def _few(pieces: NDArray[np.int64], multiplications: int) -> NDArray[np.int64]:
    """As many of the pieces, evenly spread, as can be read in about a second; four at least."""
    steps, most = pieces.shape
    count = int(np.clip(BUDGET / (multiplications * steps), min(4, most), most))
    return pieces[:, np.unique(np.linspace(0, most - 1, count).astype(np.int64))]


def _pieces(characters: int, window: int, alphabet_size: int) -> NDArray[np.int64]:
    """(T, B) positions in the text: B pieces, evenly spread; the last of T is only predicted."""
    steps = min(window + 1 if window else WARM_UP + COUNTED, characters)
    most = min(WINDOWS if window else SEGMENTS, max(4, MOST_LOGITS // alphabet_size))
    # No character is counted twice: in a short text a rare one would seem to be frequent.
    counted = 1 if window else COUNTED
    most = min(most, (characters - steps) // counted + 1)
    starts = np.unique(np.linspace(0, characters - steps, most).astype(np.int64))
    return starts[None] + np.arange(steps)[:, None]


def _bits(model: FileModel, ids: NDArray[np.int64], counted: int) -> float:
    """Mean bits of the characters from the ``counted``-th on."""
    columns = np.arange(ids.shape[1])
    total, number = 0.0, 0
    for step, logs in enumerate(log_probabilities(model, ids[:-1]), start=1):
        if step >= counted:
            total -= float(logs[columns, ids[step]].sum())
            number += columns.size
    return total / max(number, 1) / float(np.log(2.0))


def _ids_of(characters: Characters, points: NDArray[np.uint32]) -> NDArray[np.int64]:
    table = np.zeros(0x110000, np.int64)
    for number, character in enumerate(characters):
        if character is not None:
            table[ord(character)] = number
    ids: NDArray[np.int64] = table[points]
    return ids


def _unigram_bits(points: NDArray[np.uint32], targets: NDArray[np.uint32]) -> float:
    counts = np.bincount(points, minlength=0x110000) + 1.0
    total = points.size + np.count_nonzero(counts > 1)
    return float(-np.log2(counts[targets] / total).mean())


def _named(letters: list[str]) -> str:
    shown = ", ".join(ascii(letter) for letter in letters[:8])
    return f"{shown} and {len(letters) - 8:,} more" if len(letters) > 8 else shown
