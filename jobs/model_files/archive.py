"""Zip archives that nobody vouches for: sizes are judged before anything is read.

Frameworks store their weights uncompressed, so compressed members are refused: no archive can
become larger in memory than it is on disk.
"""

import io
import zipfile

from jobs.model_files.file_model import RefusedError

MOST_MEMBERS = 10_000
MOST_TEXT_BYTES = 8_000_000  # of a member that is parsed: JSON, a pickle, a list of characters


class Archive:
    """The members of a zip archive in memory, by name."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except _BAD as error:
            raise RefusedError(f"not a readable zip archive ({error})") from error
        if len(members) > MOST_MEMBERS:
            raise RefusedError(f"{len(members):,} members; at most {MOST_MEMBERS:,} are read")
        self._members = {member.filename: member for member in members}
        if len(self._members) != len(members):
            raise RefusedError("two members of one name")
        total = sum(member.file_size for member in members)
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED:
                raise RefusedError(
                    f"{member.filename!a} is compressed; save it without compression"
                )
        if total > len(data):  # members that overlap, or claim more than there is
            raise RefusedError(f"its members claim {total:,} bytes, the file has {len(data):,}")

    @property
    def names(self) -> list[str]:
        """Of all members."""
        return list(self._members)

    def read(self, name: str, most_bytes: int | None = None) -> bytes:
        """The bytes of one member, its checksum verified.

        Raises:
            RefusedError: no such member, damaged, encrypted, or larger than ``most_bytes``.
        """
        member = self._members.get(name)
        if member is None:
            raise RefusedError(f"holds no {name!a}")
        if most_bytes is not None and member.file_size > most_bytes:
            raise RefusedError(
                f"{name!a} has {member.file_size:,} bytes; at most {most_bytes:,} fit"
            )
        try:
            return self._zip.read(member)
        except _BAD as error:
            raise RefusedError(f"{name!a} cannot be read ({error})") from error


_BAD = (
    zipfile.BadZipFile,
    ValueError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    MemoryError,
    KeyError,
)
