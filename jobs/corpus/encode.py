"""Characters as ids: one or two bytes each, made while the text is read.

The alphabet is known only at the end, so characters are numbered as they appear first, and
renumbered by code point when all are there.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.errors import ExitCode, NeuronarioError

CODE_POINTS = 0x110000
AT_ONCE = 1 << 20  # characters
MOST_CHARACTERS = 65_536  # distinct ones that two bytes tell apart

Ids = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Encoded:
    """A text as ids of a sorted alphabet."""

    ids: Ids  # (characters,) uint8 up to 256 distinct characters, else uint16; read-only
    alphabet: tuple[str, ...]  # (V,) sorted by code point
    sha256: str  # of the text in UTF-8
    notes: tuple[str, ...]  # what a reader should know of the characters; all are kept
    starts: NDArray[np.int64] | None = None  # (D,) where documents begin; None: all is one text


class GrowingIds:
    """Ids that are appended, and where documents begin among them."""

    def __init__(self) -> None:
        self.size = 0
        self.ids: Ids = np.empty(1 << 16, np.uint8)  # with room behind ``size``
        self._starts: list[int] | None = None

    def begin_document(self) -> None:
        """A document begins here; one without a character does not count."""
        if self._starts is None:
            self._starts = []
        if self._starts[-1:] != [self.size]:
            self._starts.append(self.size)

    def append(self, more: NDArray[np.integer]) -> None:
        """Append ids that the type holds."""
        end = self.size + more.size
        if end > self.ids.size:
            # grown where it lies: the kernel moves pages of a large array instead of copying it
            self.ids.resize(end + end // 4, refcheck=False)
        self.ids[self.size : end] = more
        self.size = end

    def widen(self) -> None:
        """Ids of two bytes from here on."""
        self.ids = self.ids.astype(np.uint16, copy=False)

    def finish(self) -> Ids:
        """The ids, without the room behind them."""
        self.ids.resize(self.size, refcheck=False)
        return self.ids

    def starts(self) -> NDArray[np.int64] | None:
        """(D,) where documents begin; None: all is one text."""
        if self._starts is None:
            return None
        return np.array([start for start in self._starts if start < self.size], np.int64)


class Encoder:
    """Takes a text in pieces; memory grows by at most two bytes a character."""

    def __init__(self, name: str, max_alphabet: int) -> None:
        self.characters = 0
        self._name, self._max_alphabet = name, max_alphabet
        self._number_of = np.full(CODE_POINTS, -1, np.int32)
        self._points: list[int] = []  # code point by number of appearance
        self._numbers = GrowingIds()  # of appearance
        self._digest = hashlib.sha256()
        self._census = _Census()

    def begin_document(self) -> None:
        """A document begins here; one without a character does not count."""
        self._numbers.begin_document()

    def add(self, text: str) -> None:
        """Append ``text``; half a surrogate pair is refused with code 65."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        numbers = self._number_of[points]
        new = numbers < 0
        if new.any():
            self._learn(points, new)
            numbers = self._number_of[points]
        if len(self._points) <= min(self._max_alphabet, MOST_CHARACTERS):
            self._append(numbers)
        self.characters += len(text)
        self._digest.update(text.encode())
        self._census.add(text)

    def finish(self) -> Encoded:
        """The whole text; too many distinct characters are refused with code 65."""
        size = len(self._points)
        if size > self._max_alphabet:
            raise NeuronarioError(
                f"{self._name}: {size:,} distinct characters; at most {self._max_alphabet:,} are "
                "allowed (corpus.max_alphabet): raise it, or shorten the text "
                "(corpus.first_characters)",
                ExitCode.BAD_DATA,
            )
        order = np.argsort(np.array(self._points))
        ids = self._numbers.finish()
        table = np.empty(size, ids.dtype)
        table[order] = np.arange(size)
        for start in range(0, ids.size, AT_ONCE):  # in place: a long text is never there twice
            ids[start : start + AT_ONCE] = table[ids[start : start + AT_ONCE]]
        ids.setflags(write=False)
        alphabet = tuple(chr(self._points[number]) for number in order)
        return Encoded(
            ids, alphabet, self._digest.hexdigest(), self._census.notes(), self._numbers.starts()
        )

    def _append(self, numbers: NDArray[np.int32]) -> None:
        if len(self._points) > 256:
            self._numbers.widen()
        self._numbers.append(numbers)

    def _learn(self, points: NDArray[np.uint32], new: NDArray[np.bool_]) -> None:
        fresh = np.unique(points[new])
        surrogates = fresh[(fresh >= 0xD800) & (fresh < 0xE000)]
        if surrogates.size:
            place = self.characters + int(np.argmax(np.isin(points, surrogates)))
            point = int(points[place - self.characters])
            raise NeuronarioError(
                f"{self._name}: half a surrogate pair (U+{point:04X}) at character {place:,}; "
                "it is no character: repair the text",
                ExitCode.BAD_DATA,
            )
        self._number_of[fresh] = len(self._points) + np.arange(fresh.size)
        self._points += fresh.tolist()


class _Census:
    """Counts what a reader should know of: unusual line ends, NUL, C1 controls."""

    def __init__(self) -> None:
        self.both = self.returns = self.newlines = self.nuls = self.controls = 0
        self.ends_in_return = False

    def add(self, text: str) -> None:
        self.both += text.count("\r\n") + (self.ends_in_return and text.startswith("\n"))
        self.returns += text.count("\r")
        self.newlines += text.count("\n")
        self.nuls += text.count("\0")
        self.ends_in_return = text.endswith("\r")
        if not text.isascii():
            points = np.frombuffer(text.encode("utf-32-le"), "<u4")
            # U+0085 is a line separator in its own right
            controls = (points >= 0x80) & (points < 0xA0) & (points != 0x85)
            self.controls += int(controls.sum())

    def notes(self) -> tuple[str, ...]:
        return (*self._line_ends(), *self._nuls(), *self._c1())

    def _line_ends(self) -> tuple[str, ...]:
        """Line ends are kept as they are; anything but LF alone is worth knowing."""
        counts = {
            "CRLF": self.both,
            "lone CR": self.returns - self.both,
            "LF": self.newlines - self.both,
        }
        present = [f"{count:,} {name}" for name, count in counts.items() if count]
        if len(present) > 1:
            return (f"mixed line ends kept: {', '.join(present)}",)
        return () if counts["LF"] or not present else (f"line ends kept: {present[0]}",)

    def _nuls(self) -> tuple[str, ...]:
        return (f"{self.nuls:,} NUL characters kept",) if self.nuls else ()

    def _c1(self) -> tuple[str, ...]:
        if not self.controls:
            return ()
        return (
            f"{self.controls:,} control characters of U+0080 to U+009F kept: texts have none; "
            "was it written in windows-1252 (corpus.encoding: cp1252)?",
        )
