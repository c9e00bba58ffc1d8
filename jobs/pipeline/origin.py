"""Where a training's weights come from, what they have read before, and whether they may go on."""

from collections.abc import Iterator

from jobs.corpus.seen import Seen, joined, seen_of, share_read_before
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.origin import Origin
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.stages import JobPlan


def origin_stage(plan: JobPlan, progress: ProgressDisplay) -> tuple[Origin, Seen]:
    """The origin of a training that is to begin, and what its weights have ever read at its end.

    What is to be said of it goes to the log.

    Raises:
        NeuronarioError: 65, the weights have read held-out text and ``training.on_seen`` refuses.
    """
    origin, seen = _origin(plan)
    for line in _notes(plan, origin):
        progress.note(line)
    if plan.config.training.on_seen == "refuse" and not origin.clean:
        what = (
            f"{100 * origin.held_out_read:.0f} % of its held-out text was trained on in earlier "
            "runs"
            if origin.recorded
            else "what the earlier runs have read was not recorded"
        )
        raise NeuronarioError(
            f"{plan.corpus.name}: {what} (training.on_seen: refuse); begin anew once with "
            "training.start: fresh, with corpus.hold_out: blocks what is held out stays apart",
            ExitCode.BAD_DATA,
        )
    return origin, seen


def _origin(plan: JobPlan) -> tuple[Origin, Seen]:
    """Where a training's weights come from, and what they have ever read at its end."""
    corpus, warm = plan.corpus, plan.warm_start
    training = seen_of(corpus.training_ids, corpus.alphabet)
    if warm is None:
        return Origin(), training
    origin = Origin(
        warm=True,
        gained=warm.gained,
        dropped=warm.dropped,
        recorded=warm.seen is not None,
        held_out_read=share_read_before(corpus.held_out_ids, corpus.alphabet, warm.seen, training),
    )
    return origin, training if warm.seen is None else joined(warm.seen, training)


def _notes(plan: JobPlan, origin: Origin) -> Iterator[str]:
    """What is to be said of a training's beginning, one line each."""
    if not origin.warm and plan.newest is not None and plan.config.training.start == "previous":
        yield "warning: training begins anew: the layers of the run before are others"
    if origin.warm:
        yield "training goes on from the weights of the run before"
    for said, characters in (("new", origin.gained), ("gone", origin.dropped)):
        if characters:
            names = ", ".join(f"U+{ord(character):04X}" for character in characters[:8])
            more = ", ..." if len(characters) > 8 else ""
            count = f"{len(characters):,} {said} ({names}{more})"
            yield f"the alphabet changed: {count}; the weights of the others are kept"
    if not origin.recorded:
        yield "warning: it is not recorded what these weights have read before"
    elif not origin.clean:
        yield (
            f"warning: {100 * origin.held_out_read:.0f} % of the held-out text was trained on in "
            "earlier runs: its figures show memory, not prediction (corpus.held_out, order of the "
            "text; training.start: fresh begins anew)"
        )
