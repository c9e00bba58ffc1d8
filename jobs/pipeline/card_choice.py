"""Whether a training uses a graphics card: where one is there, large enough, and pays."""

from jobs.config.memory import parameter_count, predicted_memory, size_text
from jobs.config.schema import Config
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import GraphicsCard, graphics_cards
from jobs.model.cell import CELLS

# From so many multiplications forwards, of a layer at one character of all texts of a batch, a step
# of the loop over time takes a card less than half of what two cores need, and from so many of a
# whole training this is more than the seconds of a second process with TensorFlow.
# `python -m tests.benchmarks.graphics_card` measures both.
PAYS_FROM_STEP = 1e7
PAYS_FROM_TRAINING = 2e12
OVERHEAD = 1_500_000_000  # bytes that CUDA, its libraries and compiled programs take of a card
SLACK = 2  # times the predicted weights and activations: gradients and copies of loops


class CardUnusableError(Exception):
    """Why a card cannot be trained on just now; the processor can be."""

    def __init__(self, reason: str, code: ExitCode) -> None:
        super().__init__(reason)
        self.code = code  # of a job that insists on a card


def chosen_card(
    config: Config, alphabet_size: int, characters: int, *, swept: bool = False
) -> GraphicsCard | None:
    """The card that a training is made on; None: the processor. How busy it is, is no question yet.

    Args:
        config: the job; ``training.device`` decides.
        alphabet_size: distinct characters.
        characters: of the text.
        swept: a cell of a sweep: on the processor unless a card is asked for, since all cells and
            all workers are to give the same bytes.

    Raises:
        NeuronarioError: 78, ``training.device: gpu`` and no card is there, or large enough.
    """
    device = config.training.device
    if config.network.from_file is not None or device == "cpu":
        return None
    if device == "auto" and (swept or not pays(config, alphabet_size, characters)):
        return None
    cards, needed = graphics_cards(), needed_bytes(config, alphabet_size)
    enough = [card for card in cards if card.memory >= needed]
    if device == "gpu" and not enough:
        found = ", ".join(f"{card.name} has {size_text(card.memory)}" for card in cards)
        raise NeuronarioError(
            f"training.device is gpu and this needs a card with {size_text(needed)}, but "
            f"{found or 'no NVIDIA card can be seen (driver? CUDA_VISIBLE_DEVICES?)'}; auto takes "
            "the processor then",
            ExitCode.BAD_CONFIG,
        )
    return max(enough, key=lambda card: (card.memory, card.name, card.free), default=None)


def pays(config: Config, alphabet_size: int, characters: int) -> bool:
    """Whether a card saves time; decided by sizes alone, as parts of a batch are."""
    training, layers = config.training, config.network.layers
    if training.workers > 1:
        return False
    cell = CELLS[config.network.cell]
    weights = parameter_count(layers, alphabet_size, cell)
    weights -= cell.width(layers[0]) * alphabet_size  # its product is a look-up
    overlap = training.window / training.stride if training.regime == "window" else 1.0
    read = characters * (1.0 - config.corpus.held_out) * overlap * training.epochs
    return (
        weights / len(layers) * training.batch >= PAYS_FROM_STEP
        and weights * read >= PAYS_FROM_TRAINING
    )


def needed_bytes(config: Config, alphabet_size: int) -> int:
    """Of a card's memory."""
    memory = predicted_memory(config, alphabet_size)
    return OVERHEAD + SLACK * (memory.weights + memory.activations)


def check_free(card: GraphicsCard, config: Config, alphabet_size: int) -> None:
    """Refuse a card of which others have taken too much.

    Raises:
        CardUnusableError: with how much is free.
    """
    needed = needed_bytes(config, alphabet_size)
    now = next((one for one in graphics_cards() if one.address == card.address), None)
    if now is None:
        raise CardUnusableError("it is gone", ExitCode.IO_ERROR)
    if now.free < needed:
        raise CardUnusableError(
            f"it is busy: {size_text(now.free)} of {size_text(now.memory)} are free, "
            f"{size_text(needed)} needed",
            ExitCode.LOCKED,
        )
