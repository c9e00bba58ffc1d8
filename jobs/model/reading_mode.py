"""How a network reads a text, and which state belongs to a character. No NumPy: settings use it."""

from dataclasses import dataclass
from typing import Literal

Regime = Literal["stream", "window"]
Alignment = Literal["read", "predict"]  # the state after a character, or that which predicted it


@dataclass(frozen=True)
class ReadingMode:
    """How a network reads a text: its regime, and what goes with it."""

    window: int = 0  # characters per window; 0: the state is carried, there are no windows

    @property
    def regime(self) -> Regime:
        """``window``: each row is the last step of a pass from zero over the last ``window``
        characters. ``stream``: the state is carried from the first character on.
        """
        return "window" if self.window else "stream"


STREAM = ReadingMode()


def reading_mode(regime: Regime, window: int) -> ReadingMode:
    """The mode of ``regime``, which needs ``window`` or ignores it."""
    return ReadingMode(window) if regime == "window" else STREAM
