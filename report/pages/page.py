"""One file of the docs folder."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A Markdown page or a picture: what it is called below the docs folder, and its bytes."""

    path: str  # with slashes: neurons/l2/n17.md
    data: bytes

    @property
    def text(self) -> str:
        """The page as text; a picture raises UnicodeDecodeError."""
        return self.data.decode("utf-8")


def markdown_page(path: str, text: str) -> Page:
    """A page of ``text``, in UTF-8."""
    return Page(path, text.encode("utf-8"))
