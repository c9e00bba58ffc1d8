"""The numbers that a sentence can name: those of the library, and what two of them make."""

import numpy as np

from report.measures.concepts.library import Bools, ConceptTable, Values

FAR = 20  # differences count to here
NUMBERS = {  # in words
    "word position": "position in the word",
    "line position": "characters since the last newline",
    "indent level": "levels of indentation",
    "since quote": "characters since the last quotation mark",
    "since tag": "characters since the last «<»",
    "run length": "times the same character in a row",
    "run difference": "difference of the lengths of this run of a character and the one before",
}
DEEPER = "indentation minus tag depth"
ABOVE = "indentation minus that of the line above"


def numbers_of(table: ConceptTable) -> list[tuple[str, Values]]:
    """Words and values (T,) of every number."""
    found = {concept.name: column for column, concept in enumerate(table.concepts)}
    numbers = [
        (NUMBERS.get(concept.name, concept.name), table.values[:, column])
        for column, concept in enumerate(table.concepts)
        if concept.kind == "number" and not concept.anticipates
    ]
    if {"indent level", "tag depth", "line position"} <= set(found):
        indent = table.values[:, found["indent level"]]
        deeper = indent - table.values[:, found["tag depth"]]
        numbers.append((DEEPER, np.clip(deeper, -FAR, FAR)))
        above = indent - _line_above(indent, table.values[:, found["line position"]] == 0)
        numbers.append((ABOVE, np.clip(above, -FAR, FAR)))
    return numbers


def _line_above(indent: Values, ends: Bools) -> Values:
    """(T,) indentation of the line before the current one; a newline is the end of its line."""
    full = np.where(ends, np.concatenate([indent[:1], indent[:-1]]), 0.0)
    last = np.maximum.accumulate(np.where(ends, np.arange(len(ends)), -1))
    return np.where(last >= 0, full[np.maximum(last, 0)], 0.0).astype(np.float32)
