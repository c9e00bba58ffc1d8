"""Kinds of places that a verb may be pointed at, and a look at everything around them."""

import ctypes
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MINE = {"thesis.txt": "years of work", ".git/HEAD": "ref: refs/heads/main", "CNAME": "example.org"}
NEW_NAMESPACE = 0x00020000  # CLONE_NEWNS: what is mounted is mounted for this process alone


@dataclass(frozen=True)
class World:
    """A user's folders: ``base`` holds work/ (the working folder) with its store, and others."""

    base: Path

    @property
    def work(self) -> Path:
        return self.base / "work"

    @property
    def store(self) -> Path:
        return self.work / "store"

    @property
    def config(self) -> Path:
        return self.base / "conf" / "neuronario.yml"

    @property
    def corpus(self) -> Path:
        return self.base / "texts" / "text.txt"

    @property
    def home(self) -> Path:
        return self.base / "homes" / "home"

    @property
    def target(self) -> Path:
        return self.base / "out" / "target"


Place = Callable[[World, Path], Path]  # makes it, given a place of ours to copy, and names it


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def missing(world: World, ours: Path) -> Path:
    return world.target


def empty(world: World, ours: Path) -> Path:
    world.target.mkdir()
    return world.target


def ours_alone(world: World, ours: Path) -> Path:
    return Path(shutil.copytree(ours, world.target, symlinks=True))


def ours_and_foreign(world: World, ours: Path) -> Path:
    put(ours_alone(world, ours), {**MINE, "work/mine/text.txt": "mine", "runs/mine.txt": "mine"})
    return world.target


def foreign(world: World, ours: Path) -> Path:
    put(world.target, {**MINE, "index.html": "mine", "index.md": "mine", "work/a/b.txt": "mine"})
    return world.target


def a_file(world: World, ours: Path) -> Path:
    world.target.write_text("mine")
    return world.target


def linked(place: Place) -> Place:
    def make(world: World, ours: Path) -> Path:
        place(world, ours)
        link = world.base / "out" / "link"
        link.symlink_to(world.target)
        return link

    return make


def on_a_mount(files: str) -> Place:
    def make(world: World, ours: Path) -> Path:
        world.target.mkdir()
        mount("-t", "tmpfs", "tmpfs", str(world.target))
        if "ours" in files:
            shutil.copytree(ours, world.target, symlinks=True, dirs_exist_ok=True)
        if "foreign" in files:
            put(world.target, MINE)
        return world.target

    return make


def bound(world: World, ours: Path) -> Path:
    """A folder of the same file system, mounted at a second place."""
    shutil.copytree(ours, world.base / "disk", symlinks=True)
    world.target.mkdir()
    mount("--bind", str(world.base / "disk"), str(world.target))
    return world.target


def with_a_mount_in_it(world: World, ours: Path) -> Path:
    ours_alone(world, ours)
    (world.target / "mounted").mkdir()
    mount("-t", "tmpfs", "tmpfs", str(world.target / "mounted"))
    put(world.target / "mounted", MINE)
    return world.target


def read_only(place: Place) -> Place:
    def make(world: World, ours: Path) -> Path:
        path = place(world, ours)
        out = str(world.base / "out")
        mount("--bind", out, out)
        mount("-o", "remount,ro,bind", out)
        return path

    return make


def at(name: Callable[[World], Path]) -> Place:
    return lambda world, ours: name(world)


# what is there, and whether a site may take its place
PLACES: dict[str, Place] = {
    "missing": missing,
    "empty": empty,
    "ours": ours_alone,
    "ours and foreign": ours_and_foreign,
    "foreign": foreign,
    "a file": a_file,
    "link to empty": linked(empty),
    "link to ours": linked(ours_alone),
    "link to ours and foreign": linked(ours_and_foreign),
    "link to foreign": linked(foreign),
    "link to a file": linked(a_file),
    "link to nowhere": linked(missing),
    "mount, empty": on_a_mount("nothing"),
    "mount, ours": on_a_mount("ours"),
    "mount, ours and foreign": on_a_mount("ours and foreign"),
    "mount, foreign": on_a_mount("foreign"),
    "mount of the same disk": bound,
    "a mount in ours": with_a_mount_in_it,
    "read-only, missing": read_only(missing),
    "read-only, ours": read_only(ours_alone),
    "working folder": at(lambda world: world.work),
    "working folder, as a dot": at(lambda world: Path()),
    "above the working folder": at(lambda world: Path("..")),
    "store": at(lambda world: world.store),
    "store, spelled otherwise": at(lambda world: Path("x/../store")),
    "in the store": at(lambda world: world.store / "site"),
    "in the store's runs": at(lambda world: world.store / "runs" / "site"),
    "corpus": at(lambda world: world.corpus),
    "above the corpus": at(lambda world: world.corpus.parent),
    "below the corpus": at(lambda world: world.corpus / "site"),
    "configuration": at(lambda world: world.config),
    "above the configuration": at(lambda world: world.config.parent),
    "home": at(lambda world: world.home),
    "above home": at(lambda world: world.home.parent),
    "root": at(lambda world: Path("/")),
}
MOUNTED = {name for name in PLACES if "mount" in name or "read-only" in name}
ALLOWED = {
    "missing",
    "empty",
    "ours",
    "link to empty",
    "link to ours",
    "mount, empty",
    "mount, ours",
    "mount of the same disk",
}


def own_namespace() -> None:
    """What this process mounts from here on, nobody else sees.

    Raises:
        OSError: this user or this system may not.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(NEW_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    mount("--make-rprivate", "/")


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(0, done.stderr)


def everything(folder: Path) -> dict[str, str]:
    """Each file, link and folder below ``folder``: what it is and a digest of what it holds."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place) / name
            key = path.relative_to(folder).as_posix()
            if path.is_symlink():
                found[key] = f"link to {path.readlink()}"
            elif path.is_dir():
                found[key] = "folder"
            else:
                found[key] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
