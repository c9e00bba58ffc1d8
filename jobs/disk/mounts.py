"""What is mounted where, as Linux tells it; elsewhere nothing is known and nothing is said."""

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")


def mounts(table: Path = MOUNTS) -> list[tuple[Path, str]]:
    """Every mount point of this process and the type of its file system, oldest first."""
    try:
        lines = table.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    points = []
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) >= 5 and after:
            points.append((Path(_plain(fields[4])), after.split(" ")[0]))
    return points


def file_system(path: Path, table: Path = MOUNTS) -> str:
    """Type of the file system that ``path`` is on; "" where the system does not tell."""
    place, nearest, longest = path.resolve(), "", -1
    for point, kind in mounts(table):
        depth = len(point.parts)
        if depth >= longest and place.is_relative_to(point):
            nearest, longest = kind, depth
    return nearest


def mounted_below(folder: Path, table: Path = MOUNTS) -> Path | None:
    """A mount point that is ``folder`` itself or lies in it; None: there is none."""
    place = folder.resolve()
    points = [point for point, _ in mounts(table) if point.is_relative_to(place)]
    if os.path.ismount(place):
        points.append(place)
    return min(points, default=None, key=lambda point: len(point.parts))


def _plain(text: str) -> str:
    """A path of the table: blanks and other signs stand there as octal numbers."""
    for sign in " \t\n\\":
        text = text.replace(f"\\{ord(sign):03o}", sign)
    return text
