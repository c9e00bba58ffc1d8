"""Which run a name means: ids, ``latest``, ``previous``, the baseline, tags."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from jobs.disk.files import remove_file, write_text
from jobs.disk.regular_file import open_regular
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.layout import Layout, run_ids
from jobs.store.run import Run, read_folder

TAG = r"^[a-z0-9][a-z0-9._-]{0,39}$"
RESERVED = ("latest", "previous", "baseline")


def read_run(store: Path, name: str = "latest") -> Run:
    """Open the run that ``name`` means; its files are read, and verified, when they are used.

    Args:
        store: the folder of the store.
        name: a run's id or the unique beginning of one, ``latest``, ``previous``, ``latest~3``
            (three successful runs before the latest; of runs that only differ in their
            pages the last one counts; runs that a sweep made count only where there are no
            others), ``baseline``, a tag, or the path of a run
            folder (anything with a slash).

    Raises:
        NeuronarioError: 66 for an unknown or ambiguous name, 65 for a damaged manifest.
    """
    if "/" in name:
        if not Path(name).is_dir():
            raise NeuronarioError(f"no run folder at {name!a}", ExitCode.NO_INPUT)
        return read_folder(Path(name))
    return open_run(store, resolve(store, name))


def open_run(store: Path, run_id: str) -> Run:
    """Open the run of exactly this id; its folder must bear its own name."""
    run = read_folder(Layout(store).runs / run_id)
    if run.id != run_id:
        raise NeuronarioError(
            f"run {run_id}: its manifest is that of run {run.id}; delete the folder",
            ExitCode.BAD_DATA,
        )
    return run


def resolve(store: Path, name: str) -> str:
    """The id of the run that ``name`` means; see :func:`read_run`."""
    ids = run_ids(store)
    steps = re.fullmatch(r"(latest|previous)(?:~([0-9]{1,6}))?", name)
    if steps:
        back = int(steps[2] or 0) + (steps[1] == "previous")
        return _successful(store, ids, name, back)
    if name in ids:
        return name
    if name == "baseline" or (re.fullmatch(TAG, name) and (Layout(store).tags / name).exists()):
        return reference(store, name)
    beginning = [run_id for run_id in ids if name and run_id.startswith(name)]
    if len(beginning) == 1:
        return beginning[0]
    if beginning:
        raise NeuronarioError(
            f"{name!a} is the beginning of {len(beginning)} runs: "
            f"{', '.join(beginning[:5])}; give more of the id",
            ExitCode.NO_INPUT,
        )
    raise _unknown(store, ids, name)


def reference(store: Path, name: str) -> str:
    """The run id that ``baseline`` or a tag holds.

    Raises:
        NeuronarioError: 66 where it is not set, 65 where it is damaged or its run is gone.
    """
    path = Layout(store).baseline if name == "baseline" else Layout(store).tags / name
    try:
        with open_regular(path) as file:
            text = file.read(200).decode("ascii", "replace")
    except FileNotFoundError:
        raise NeuronarioError(
            f"no {name} is set; `neuronario baseline RUN` sets it", ExitCode.NO_INPUT
        ) from None
    except OSError as error:
        raise NeuronarioError(f"{path}: {error.strerror}", ExitCode.BAD_DATA) from error
    match = re.fullmatch(r"([0-9]{6}-[0-9a-f]{8}) ([0-9a-f]{16})\n", text)
    if match and match[1] in run_ids(store):
        run = open_run(store, match[1])
        if run.manifest.content_id.startswith(match[2]):
            return match[1]
    raise NeuronarioError(
        f"{path} names no run of this store; set it again or delete it", ExitCode.BAD_DATA
    )


def references(store: Path) -> dict[str, str]:
    """Reference name -> run id, of the intact ones."""
    run_ids_by_name: dict[str, str] = {}
    for name in reference_names(store):
        try:
            run_ids_by_name[name] = reference(store, name)
        except NeuronarioError:
            continue  # `neuronario check` run_ids_by_name it
    return run_ids_by_name


def reference_names(store: Path) -> list[str]:
    """``baseline`` if set, then every tag."""
    layout = Layout(store)
    names = ["baseline"] if layout.baseline.exists() else []
    if layout.tags.is_dir():
        names += sorted(path.name for path in layout.tags.iterdir() if re.fullmatch(TAG, path.name))
    return names


def set_reference(store: Path, name: str, run: Run) -> None:
    """Make ``baseline`` or a tag mean ``run``; the caller holds the lock.

    Raises:
        NeuronarioError: 2, the name is not allowed for a tag.
    """
    if name != "baseline" and (
        not re.fullmatch(TAG, name) or name in RESERVED or re.match(r"[0-9]{6}", name)
    ):
        raise NeuronarioError(
            f"{name!a} cannot be a tag: 1-40 of a-z 0-9 . _ -, not {', '.join(RESERVED)}, "
            "not like a run's id",
            ExitCode.USAGE,
        )
    path = Layout(store).baseline if name == "baseline" else Layout(store).tags / name
    write_text(path, f"{run.id} {run.manifest.content_id[:16]}\n")


def check_reference(store: Path, name: str) -> None:
    """Make sure that ``baseline`` or a tag of this name is there, damaged or not.

    Raises:
        NeuronarioError: 66, there is none.
    """
    known = reference_names(store)
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "`neuronario list` shows them"
    kind = "baseline" if name == "baseline" else f"tag {name!a:.60}"
    raise NeuronarioError(f"no {kind} in {store}; {hint}", ExitCode.NO_INPUT)


def remove_reference(store: Path, name: str) -> None:
    """Take ``baseline`` or a tag away; the caller holds the lock and knows that it is there.

    Raises:
        NeuronarioError: 74 or 77.
    """
    remove_file(Layout(store).baseline if name == "baseline" else Layout(store).tags / name)


def _successful(store: Path, ids: list[str], name: str, back: int) -> str:
    """The ``back``-th successful run before the newest; broken ones are stepped over."""
    seen = 0
    for swept in (False, True):  # runs of sweeps count where there are no others
        for seen, run_id in enumerate(_line(store, ids, swept=swept), start=1):
            if seen == back + 1:
                return run_id
        if seen:
            break
    raise NeuronarioError(
        f"no run {name!a}: {store} holds {seen} successful run{'s' * (seen != 1)}; "
        "`neuronario run` makes one",
        ExitCode.NO_INPUT,
    )


def _line(store: Path, ids: list[str], *, swept: bool) -> Iterator[str]:
    """The runs that count, newest first; a sweep's own only with ``swept``."""
    replaced: set[str | None] = set()  # by a run that shows the same network on newer pages
    for run_id in reversed(ids):
        try:
            run = open_run(store, run_id)
        except NeuronarioError:
            continue
        if run.manifest.status == "failed" or (run.swept and not swept):
            continue
        if run_id not in replaced:
            yield run_id
        replaced.add(run.manifest.rendered_from)


def _unknown(store: Path, ids: list[str], name: str) -> NeuronarioError:
    known = [*ids, *RESERVED, *reference_names(store)]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "`neuronario list` shows them"
    return NeuronarioError(f"no run {name!a:.60} in {store}; {hint}", ExitCode.NO_INPUT)
