"""Both networks on the same characters.

Where the probe texts are equal the stored traces are used. Where they differ (the corpus has
grown), the old network reads the new run's probe, in NumPy; characters that its alphabet does not
have give it no input and are left out of every figure.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, Ids, Network
from jobs.model.trace import Trace
from report.measures.ablation.numpy_cells import log_softmax
from report.measures.ablation.numpy_reading import hidden_states
from report.run_view import RunView

LEAST = 100  # characters that both must know
MOST_OUTSIDE = 0.1  # share of the probe outside the old alphabet

Bits = NDArray[np.float64]


@dataclass(frozen=True)
class ProbePair:
    """What two networks did on one text of T characters."""

    old: tuple[Float, ...]  # per layer (T, H)
    new: tuple[Float, ...]
    old_bits: Bits  # (T,) surprise at each character
    new_bits: Bits
    used: NDArray[np.bool_]  # (T,) characters that both alphabets have
    reread: bool  # the old network has read the new run's probe for this comparison

    @property
    def characters(self) -> int:
        """Characters that count."""
        return int(self.used.sum())

    @property
    def outside(self) -> int:
        """Characters left out because the old alphabet does not have them."""
        return int((~self.used).sum())


def pair_probes(old: RunView, new: RunView) -> ProbePair | str:
    """Both networks on the new run's probe text, or the reason why they cannot be compared."""
    old_text, new_text = old.probe_text, new.probe_text
    if old_text == new_text and _context_text(old) == _context_text(new) and _same_starts(old, new):
        used = np.ones(len(new_text), bool)
        states, bits, reread = _hidden(old.probe), old.probe.surprise(), False
    else:
        ids = _translated(old, new, new.probe.ids)
        used = ids < len(old.card.alphabet)
        if (~used).mean() > MOST_OUTSIDE:
            return (
                f"{int((~used).sum()):,} of the probe's {len(used):,} characters are not in the "
                "old alphabet"
            )
        context = _translated(old, new, new.probe.context)
        window, starts = old.probe.mode.window, new.probe.starts
        states, bits = read_text(old.network, ids, context, window, starts)
        reread = True
    if used.sum() < LEAST:
        return f"the probe has {int(used.sum())} characters, {LEAST} are needed"
    return ProbePair(states, _hidden(new.probe), bits, new.probe.surprise(), used, reread)


def read_text(
    network: Network, ids: Ids, context: Ids, window: int, starts: Ids | None = None
) -> tuple[tuple[Float, ...], Bits]:
    """Hidden states, per layer (T, H), and surprise (T,) in bits while reading ``ids`` (T,).

    An id of V or more is no character of the network's: no input, and a surprise that must not be
    used. ``window`` 0 carries the state; at ``starts`` it begins anew (there is no context then).
    """
    size = network.alphabet_size
    first = network.layers[0]
    no_input = np.zeros((1, first.kernel.shape[1]), np.float32)
    extended = replace(first, kernel=np.concatenate([first.kernel, no_input]))
    reader = Network((extended, *network.layers[1:]), network.output_kernel, network.output_bias)
    text = np.minimum(np.concatenate([context[-1:], ids]), size).astype(np.int32)
    states = hidden_states(reader, text, context[:-1], window, starts=starts)
    last = states[-1]
    if len(context) == 0:
        last = np.concatenate([np.zeros((1, last.shape[1]), np.float32), last])
        last[[] if starts is None else starts] = 0.0
    else:
        states = tuple(layer[1:] for layer in states)
    logits = log_softmax(last[:-1] @ network.output_kernel + network.output_bias)
    chosen = logits[np.arange(len(ids)), np.minimum(ids, size - 1)].astype(np.float64)
    return states, -chosen / np.log(2.0)


def _hidden(trace: Trace) -> tuple[Float, ...]:
    return tuple(layer.hidden for layer in trace.layers)


def _same_starts(old: RunView, new: RunView) -> bool:
    return ([] if old.probe.starts is None else old.probe.starts.tolist()) == (
        [] if new.probe.starts is None else new.probe.starts.tolist()
    )


def _context_text(view: RunView) -> str:
    return view.text(view.probe.context)


def _translated(old: RunView, new: RunView, ids: Ids) -> Ids:
    """Ids of the new alphabet as ids of the old one; its size where it has no such character."""
    places = {character: place for place, character in enumerate(old.card.alphabet)}
    absent = len(old.card.alphabet)
    table = np.array([places.get(character, absent) for character in new.card.alphabet], np.int32)
    translated: Ids = table[ids]
    return translated
