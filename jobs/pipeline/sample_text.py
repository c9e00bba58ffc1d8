"""A fresh text of a stored run's network: `neuronario sample`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.alphabet import decode
from jobs.store.run import Run
from jobs.store.run_names import read_run

NAMED = 5  # unknown characters that a message names


def sample_text(
    store: Path, name: str, characters: int, temperature: float, seed: int, prime: str = ""
) -> str:
    """A fresh text of a run's network.

    Args:
        store: folder of the store.
        name: of the run.
        characters: how many are written.
        temperature: > 0.
        seed: of the draws.
        prime: read first and written on from; the answer begins with it. "": the network begins
            as the run's own sample did, which is not part of the answer.

    Raises:
        NeuronarioError: 65, the network does not know a character of ``prime``; else as
            :func:`jobs.store.run_names.read_run`.
    """
    run = read_run(store, name)
    start = start_ids(run, prime)
    start_tensorflow()
    from jobs.engine.sample import sample

    trace = sample(
        run.network,
        mode=run.config.training.mode,
        start_ids=start,
        characters=characters,
        temperature=temperature,
        seed=seed,
    )
    return prime + decode(trace.ids, run.card.alphabet)


def start_ids(run: Run, prime: str) -> NDArray[np.int32]:
    """What the network reads before it writes, (S,).

    A window must be full: before a ``prime`` that is shorter stands the end of the run's own start.
    """
    own = run.sample.context
    if not prime:
        return own
    place = {character: index for index, character in enumerate(run.card.alphabet)}
    unknown = [character for character in dict.fromkeys(prime) if character not in place]
    if unknown:
        named = ", ".join(
            f"{character!a} (U+{ord(character):04X})" for character in unknown[:NAMED]
        )
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        raise NeuronarioError(
            f"--prime: the network of run {run.id} does not know {named}{more}; "
            f"it knows {len(place):,} characters, those of its text",
            ExitCode.BAD_DATA,
        )
    ids = np.array([place[character] for character in prime], np.int32)
    missing = run.config.training.mode.window - ids.size
    return np.concatenate([own[-missing:], ids]) if missing > 0 else ids
