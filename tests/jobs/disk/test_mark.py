import pytest

from jobs.disk.mark import (
    MARK,
    WORK,
    both,
    contents,
    digests,
    foreign_files,
    is_complete,
    read_mark,
    write_mark,
)
from jobs.errors import ExitCode, NeuronarioError


@pytest.fixture
def folder(tmp_path):
    for name in ("index.html", "a/b.html", WORK + "/new/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "a" / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    return tmp_path


def test_contents_are_files_links_and_empty_folders(folder):
    (folder / MARK).write_text("")
    assert contents(folder) == ["a/b.html", "a/empty/", "index.html", "link"]


def test_only_unchanged_files_of_ours_are_ours(folder):
    write_mark(folder, digests(folder, ["index.html", "a/b.html", "gone"]))
    ours = read_mark(folder)
    assert foreign_files(folder, ours) == ["a/empty/", "link"]
    (folder / "a" / "b.html").write_text("changed")
    assert foreign_files(folder, ours) == ["a/b.html", "a/empty/", "link"]


def test_a_link_or_folder_in_place_of_our_file_is_foreign(folder):
    write_mark(folder, digests(folder, ["index.html", "a/b.html"]))
    text = (folder / "index.html").read_text()
    (folder / "index.html").unlink()
    (folder / "elsewhere").write_text(text)
    (folder / "index.html").symlink_to(folder / "elsewhere")
    assert "index.html" in foreign_files(folder, read_mark(folder))


def test_both_lists_are_allowed(folder):
    before = digests(folder, ["index.html"])
    (folder / "index.html").write_text("new")
    union = both(before, digests(folder, ["index.html", "a/b.html"]))
    assert len(union["index.html"]) == 2 and len(union["a/b.html"]) == 1


def test_no_mark(tmp_path):
    assert read_mark(tmp_path) is None
    assert read_mark(tmp_path / "missing") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1}', "\x00", "[" * 100_000])
def test_a_damaged_mark_vouches_for_nothing(tmp_path, text):
    (tmp_path / MARK).write_text(text)
    with pytest.raises(NeuronarioError, match="damaged") as caught:
        read_mark(tmp_path)
    assert caught.value.code == ExitCode.CANNOT_CREATE


def test_a_mark_that_was_edited_vouches_for_nothing(folder):
    write_mark(folder, digests(folder, ["index.html"]))
    text = (folder / MARK).read_text().replace('"index.html"', '"thesis.txt"')
    (folder / MARK).write_text(text)
    with pytest.raises(NeuronarioError, match="damaged"):
        read_mark(folder)


def test_a_link_in_place_of_the_mark_is_refused(folder):
    write_mark(folder, {})
    (folder / MARK).rename(folder / "elsewhere")
    (folder / MARK).symlink_to(folder / "elsewhere")
    with pytest.raises(NeuronarioError, match="damaged"):
        read_mark(folder)


def test_an_interrupted_exchange_is_told(folder):
    assert is_complete(folder)  # without a list none was begun
    write_mark(folder, {}, complete=False)
    assert not is_complete(folder) and read_mark(folder) == {}
    write_mark(folder, {})
    assert is_complete(folder)
