"""Where the weights of a run come from, and what that means for its held-out figures."""

from dataclasses import dataclass

CLEAN = 0.01  # share read before up to which a held-out text counts as never read


@dataclass(frozen=True)
class Origin:
    """How a training began. Stored as origin.json."""

    warm: bool = False  # from the weights of the run before
    gained: tuple[str, ...] = ()  # characters that those weights did not know, drawn anew
    dropped: tuple[str, ...] = ()  # characters that the text has no more
    recorded: bool = True  # whether it is known what the weights had read before
    held_out_read: float = 0.0  # share of the held-out text that they had read, 0 to 1

    @property
    def clean(self) -> bool:
        """Whether the held-out text may be called never read."""
        return self.recorded and self.held_out_read <= CLEAN
