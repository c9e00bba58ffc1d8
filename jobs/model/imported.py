"""Where an imported network comes from. No file is read here: runs and pages carry this."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImportRecord:
    """What a run tells of the model file that its network was read from."""

    file: str  # without its folder
    sha256: str
    bytes: int
    reader: str
    notes: tuple[str, ...]  # what was folded or passed over, one sentence each
    alphabet: str  # where the order of its characters comes from
    alphabet_bits: float  # per character, under the file's own weights, with that order
    alphabet_unigram_bits: float  # character frequencies, on the same characters
    alphabet_next_best_bits: float | None  # of the other orders that were tried
    alphabet_checked: int  # characters predicted for these figures
    unverified: tuple[str, ...]  # too rare in the text for their ids to be verified
    unverified_share: float  # of the text
    no_characters: int  # ids that are no character of the text or of the list
    self_check: float  # largest difference of a probability, engine against the file's weights
    self_check_characters: int
