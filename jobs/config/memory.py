"""How much memory a configuration will take, predicted before anything is allocated."""

from dataclasses import dataclass
from math import prod

from rich.filesize import decimal

from jobs.config.memory_limit import memory_limit
from jobs.config.schema import Config
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.cell import CELLS, LSTM, Cell

FLOAT = 4  # bytes of float32 and of int32
WEIGHT_COPIES = 5  # weights, gradients, two Adam moments, the best weights so far
# kept per unit and step for back-propagation: lstm 4 gates, cell, its tanh, hidden; gru 3 gates, a
# product and hidden; rnn hidden
STEP_VALUES = {"lstm": 7, "gru": 5, "rnn": 1}
ASSUMED_ALPHABET = 100  # distinct characters, where no text has been read yet
MOST_BYTES = 10**27  # put into words: a configuration may ask for any number
ONE_BYTE = 256  # distinct characters up to which one byte holds each; else two
HELD_OUT = 32  # bytes per held-out character while it is scored: places, masks, targets
NGRAM = 80  # bytes per training character of the n-gram: keys, their order, counts
NGRAM_CHARACTERS = 5_000_000  # of the training part's end: the n-gram learns no more


@dataclass(frozen=True)
class Memory:
    """Predicted bytes, and the key that each part follows from."""

    weights: int  # network.layers; with gradients and optimiser
    activations: int  # training.batch; kept for back-propagation
    traces: int  # probe.characters; sample included
    text: int = 0  # corpus.first_characters; scoring and the n-gram included

    @property
    def total(self) -> int:
        """All parts: the traces are made after training, but nothing is sure to be freed then."""
        return self.weights + self.activations + self.traces + self.text

    @property
    def largest_key(self) -> tuple[str, str]:
        """The configuration key behind the largest part."""
        parts = {
            ("network", "layers"): self.weights,
            ("training", "batch"): self.activations,
            ("probe", "characters"): self.traces,
            ("corpus", "first_characters"): self.text,
        }
        return max(parts, key=lambda key: parts[key])


def parameter_count(layers: tuple[int, ...], alphabet_size: int, cell: Cell = LSTM) -> int:
    """Trainable values: G H (inputs + H + biases) per layer, (H + 1) V for the softmax."""
    count, inputs = 0, alphabet_size
    for units in layers:
        count += cell.width(units) * (inputs + units) + prod(cell.bias_shape(units))
        inputs = units
    return count + (inputs + 1) * alphabet_size


def weight_bytes(layers: tuple[int, ...], alphabet_size: int, cell: Cell = LSTM) -> int:
    """Bytes of the weights with everything that training keeps beside them."""
    return FLOAT * WEIGHT_COPIES * parameter_count(layers, alphabet_size, cell)


def text_bytes(config: Config, alphabet_size: int, characters: int) -> int:
    """Bytes of a text with what scoring its held-out part and the n-gram take beside it."""
    held_out = round(characters * config.corpus.held_out)
    learned = min(characters - held_out, NGRAM_CHARACTERS)
    width = 1 if alphabet_size <= ONE_BYTE else 2
    return width * characters + HELD_OUT * held_out + NGRAM * learned


def predicted_memory(config: Config, alphabet_size: int, characters: int = 0) -> Memory:
    """Bytes that training and tracing will take, without TensorFlow's own (about 0.5 GB).

    Args:
        config: the job.
        alphabet_size: distinct characters.
        characters: of the text; 0 where it has not been read yet.
    """
    training = config.training
    units, cell = sum(config.network.layers), CELLS[config.network.cell]
    steps = training.chunk if training.regime == "stream" else training.window
    outputs = 1 if training.loss == "last" else steps
    per_stream = steps * STEP_VALUES[config.network.cell] * units + outputs * 2 * alphabet_size
    traced = config.probe.characters + config.sample.characters
    return Memory(
        weights=weight_bytes(config.network.layers, alphabet_size, cell),
        activations=FLOAT * training.batch * per_stream,
        traces=FLOAT * traced * (len(cell.states) * units + alphabet_size),
        text=text_bytes(config, alphabet_size, characters),
    )


def memory_refusal(config: Config, alphabet_size: int, characters: int = 0) -> str | None:
    """Why ``config`` cannot run on this machine, in one line; None where it can."""
    memory, limit = predicted_memory(config, alphabet_size, characters), memory_limit()
    if memory.total <= limit.bytes:
        return None
    text = f", text {size_text(memory.text)}" if memory.text else ""
    return (
        f"needs about {size_text(memory.total)} of memory with {alphabet_size:,} distinct "
        f"characters (weights and optimiser {size_text(memory.weights)}, activations "
        f"{size_text(memory.activations)}, traces {size_text(memory.traces)}"
        f"{text}); {limit.reason} {size_text(limit.bytes)}"
    )


def check_memory(config: Config, alphabet_size: int, characters: int = 0) -> None:
    """Refuse, with exit code 78, what cannot fit; to be called once the text is known."""
    refusal = memory_refusal(config, alphabet_size, characters)
    if refusal is not None:
        key = ".".join(predicted_memory(config, alphabet_size, characters).largest_key)
        raise NeuronarioError(f"{refusal}; lower {key}", ExitCode.BAD_CONFIG)


def size_text(count: int) -> str:
    """Bytes in words: 17.2 GB (powers of ten)."""
    return "1,000 YB or more" if count >= MOST_BYTES else decimal(count)
