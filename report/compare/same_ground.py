"""Whether two runs may be judged against each other at all: same settings, a text new to both."""

from jobs.corpus.seen import share_read_before
from jobs.model.origin import CLEAN
from jobs.store.manifest import leaves
from report.compare.seed_noise import SeedNoise
from report.run_view import RunView


def other_settings(old: RunView, new: RunView) -> tuple[str, ...]:
    """The seed and the keys of network and training that differ, sorted.

    Runs that differ in one of them are two draws: how far apart two seeds of one configuration lie
    is known where a sweep has measured it.
    """
    keys = {"seed", "network", "training"}
    was, now = (
        dict(leaves(view.config.model_dump(mode="json", by_alias=True, include=keys)))
        for view in (old, new)
    )
    return tuple(sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key)))


def settings_words(settings: tuple[str, ...], noise: SeedNoise | None) -> str:
    """Why runs of other settings are no two states of one network; "" for the same settings."""
    if not settings:
        return ""
    verb = "differs" if len(settings) == 1 else "differ"
    named = ", ".join(settings[:4]) + (", ..." if len(settings) > 4 else "")
    return f"{named} {verb}; {noise_words(noise)}"


def noise_words(noise: SeedNoise | None) -> str:
    """What is known of another seed."""
    if noise is None:
        return "what another seed alone would change is not measured (`neuronario sweep` does)"
    return f"another seed alone changes up to {noise.bits:.3f} bits ({noise.seeds} seeds)"


def judged(settings: tuple[str, ...], noise: SeedNoise | None) -> bool:
    """Whether bits may be judged: the same settings, or another seed whose noise is measured."""
    return not settings or (settings == ("seed",) and noise is not None)


def contamination(old: RunView, new: RunView) -> str:
    """Why the new run's probe was not new to one of the networks; "" where it was, or where the
    records of older versions do not tell.
    """
    if not new.origin.recorded:
        return "what earlier runs of the new network have read is not recorded"
    if not new.origin.clean:
        share = new.origin.held_out_read
        return f"{100 * share:.0f} % of the held-out text was trained on in earlier runs"
    if old.seen is None or new.seen is None:
        return ""
    share = share_read_before(new.probe.ids, new.card.alphabet, old.seen, new.seen)
    if share <= CLEAN:
        return ""
    return f"the old network was trained on {100 * share:.0f} % of the new probe"
