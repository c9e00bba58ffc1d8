"""What ``corpus.path`` may name: files, folders, patterns, links, lists, standard input."""

import os
from pathlib import Path

import pytest

from jobs.corpus.sources import find_sources
from jobs.errors import ExitCode, NeuronarioError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.txt", "deep/c.txt", "deep/d.md", ".hidden"):
        path = tmp_path / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(folder: Path, *paths: str) -> list[str]:
    found = find_sources(paths, folder)
    return [os.path.relpath(one.path, folder / "texts") if one.path else "-" for one in found]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["texts/b.txt"], ["b.txt"]),
        (["texts/b.txt", "texts/a.txt", "-"], ["b.txt", "a.txt", "-"]),
        (["texts"], ["a.txt", "b.txt", "deep/c.txt", "deep/d.md"]),
        (["texts/*.txt"], ["a.txt", "b.txt"]),
        (["texts/**/*.txt"], ["a.txt", "b.txt", "deep/c.txt"]),
        (["texts/b.txt", "texts/*.txt"], ["b.txt", "a.txt"]),  # each file once
        (["texts/missing.txt"], ["missing.txt"]),  # opening it says so
    ],
)
def test_files_in_a_stable_order(folder: Path, paths: list[str], found: list[str]) -> None:
    assert names(folder, *paths) == found


def test_a_file_whose_name_looks_like_a_pattern(folder: Path) -> None:
    (folder / "texts/[1].txt").write_text("x")
    assert names(folder, "texts/[1].txt") == ["[1].txt"]


def test_a_named_link_is_followed(folder: Path) -> None:
    (folder / "link").symlink_to("texts/a.txt")
    assert find_sources(("link",), folder)[0].follow_links
    (folder / "also").symlink_to("texts")
    assert len(find_sources(("also",), folder)) == 4


@pytest.mark.parametrize("paths", [("texts",), ("texts/*",)])
@pytest.mark.parametrize("target", ["a.txt", "deep", "nowhere"])
def test_a_link_that_is_only_met_is_refused(
    folder: Path, paths: tuple[str, ...], target: str
) -> None:
    (folder / "texts/zlink").symlink_to(target)
    if paths == ("texts/*",) and target != "a.txt":
        pytest.skip("a pattern leaves folders out")
    with pytest.raises(NeuronarioError, match="symbolic link inside") as caught:
        find_sources(paths, folder)
    assert caught.value.code == ExitCode.BAD_DATA


@pytest.mark.parametrize("path", ["texts/*.xml", "empty"])
def test_nothing_found(folder: Path, path: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(NeuronarioError, match=r"no file matches|without files") as caught:
        find_sources((path,), folder)
    assert caught.value.code == ExitCode.NO_INPUT
