import errno
import os
import stat

import pytest

from jobs.disk import exchange as publish
from jobs.disk.exchange import (
    clear_workspace,
    exchange,
    new_folder,
    prepare_workspace,
    publish_folder,
    unreadable,
)
from jobs.disk.mark import contents, foreign_files, read_mark
from jobs.disk.replaceable import Place, replaceable
from jobs.errors import ExitCode, NeuronarioError
from tests.support.command_line import tree


def folder(path, content):
    path.mkdir(parents=True)
    (path / "index.html").write_text(content)
    return path


def content(path):
    return (path / "index.html").read_text()


@pytest.fixture(params=["exchange in one step", "two renames"])
def way(request, monkeypatch):
    if request.param == "two renames":
        monkeypatch.setattr(publish, "exchange_names", lambda first, second: False)
    return request.param


@pytest.fixture
def place(tmp_path):
    """A site that nobody has published yet."""
    return Place(tmp_path / "site")


def publish_site(place, files):
    """Publish ``files`` as a job does."""
    prepare_workspace(place)
    clear_workspace(place)
    for name, text in files.items():
        path = new_folder(place) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    publish_folder(place)
    place.workspace.rmdir()


FIRST = {"index.html": "one", "assets/a.css": "a", "diff/old.html": "gone tomorrow"}
SECOND = {"index.html": "two", "assets/b.css": "b"}


def test_new_takes_the_place_of_the_old(place, way):
    live, new = folder(place.folder, "old"), folder(new_folder(place), "new")
    exchange(new, live)
    assert content(live) == "new"
    assert not list(place.workspace.iterdir())


def test_first_site(place, way):
    publish_site(place, FIRST)
    assert content(place.folder) == "one"
    assert [path.name for path in place.folder.parent.iterdir()] == ["site"]


def test_this_system_exchanges_in_one_step(tmp_path):
    first, second = folder(tmp_path / "a", "a"), folder(tmp_path / "b", "b")
    if not publish.exchange_names(first, second):
        pytest.skip("no renameat2 with RENAME_EXCHANGE here")
    assert (content(first), content(second)) == ("b", "a")


def test_a_failed_rename_leaves_the_old_site(place, monkeypatch):
    live, new = folder(place.folder, "old"), folder(new_folder(place), "new")
    monkeypatch.setattr(publish, "exchange_names", lambda first, second: False)
    rename = type(live).rename

    def failing(path, target):
        if path == new:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(type(live), "rename", failing)
    with pytest.raises(NeuronarioError) as caught:
        exchange(new, live)
    assert caught.value.code == ExitCode.IO_ERROR
    assert content(live) == "old"


def test_crash_between_the_two_renames_is_mended(place):
    folder(place.workspace / "old", "old")
    clear_workspace(place)
    assert content(place.folder) == "old"
    assert not list(place.workspace.iterdir())


def test_crash_before_the_old_site_was_deleted_is_mended(place):
    folder(place.workspace / "old", "old")
    folder(place.folder, "new")
    clear_workspace(place)
    assert content(place.folder) == "new"
    assert not list(place.workspace.iterdir())


def test_a_crash_among_the_entries_loses_none(tmp_path):
    place = Place(folder(tmp_path / "site", "old"), inside="it is a mount point")
    (place.workspace / "old" / "assets").mkdir(parents=True)
    (place.workspace / "old" / "assets" / "kept.css").write_text("mine")
    clear_workspace(place)
    assert (place.folder / "assets" / "kept.css").read_text() == "mine"


def test_a_workspace_that_is_not_ours_is_refused(place):
    place.workspace.mkdir()
    (place.workspace / "thesis.txt").write_text("mine")
    with pytest.raises(NeuronarioError, match="not ours") as caught:
        prepare_workspace(place)
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert tree(place.workspace) == {"thesis.txt": b"mine"}


@pytest.fixture(params=["", "it is a mount point"], ids=["whole", "entries"])
def published(request, tmp_path, way):
    """A first site, exchanged as a whole or entry by entry."""
    (tmp_path / "site").mkdir()
    place = Place(tmp_path / "site", inside=request.param)
    publish_site(place, FIRST)
    return place


def test_the_mark_lists_what_was_published(published):
    assert set(read_mark(published.folder)) == set(FIRST)
    assert foreign_files(published.folder, read_mark(published.folder)) == []


def test_what_the_new_site_has_not_is_gone(published):
    publish_site(published, SECOND)
    assert contents(published.folder) == sorted(SECOND)
    assert set(read_mark(published.folder)) == set(SECOND)


def test_files_of_the_users_stay(published):
    site = published.folder
    (site / "CNAME").write_text("example.org")
    (site / "CNAME").chmod(0o640)
    (site / ".well-known").mkdir()
    (site / ".well-known" / "security.txt").write_text("us")
    (site / "assets" / "own.css").write_text("mine")
    (site / "link").symlink_to("/nowhere")
    keep = ("CNAME", ".well-known", "assets/own.css", "link")
    judged = replaceable(site, "the site", keep=keep)
    assert sorted(judged.kept) == [".well-known/security.txt", "CNAME", "assets/own.css", "link"]
    publish_site(Place(site, judged.kept, published.inside), SECOND)
    after = {**SECOND, "CNAME": "example.org", ".well-known/security.txt": "us"}
    after["assets/own.css"] = "mine"
    assert tree(site).keys() - {".neuronario.json"} == after.keys()
    assert all((site / name).read_text() == text for name, text in after.items())
    assert str((site / "link").readlink()) == "/nowhere"
    assert stat.S_IMODE((site / "CNAME").stat().st_mode) == 0o640
    assert set(read_mark(site)) == set(SECOND)  # theirs do not become ours


def test_a_page_of_theirs_wins_over_ours(published):
    site = published.folder
    (site / "index.html").write_text("my own front page")
    kept = replaceable(site, "the site", keep=["index.html"]).kept
    publish_site(Place(site, kept, published.inside), SECOND)
    assert content(site) == "my own front page"
    assert set(read_mark(site)) == {"assets/b.css"}


@pytest.mark.parametrize("mask", [0o077, 0o777, 0])
def test_everybody_may_read_whatever_the_umask(place, mask):
    before = os.umask(mask)
    try:
        if mask != 0o777:  # then not even this test could write
            publish_site(place, FIRST)
    finally:
        os.umask(before)
    for path in place.folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)
    assert unreadable(place.folder) == ""


def test_a_folder_that_others_cannot_enter_is_named(tmp_path):
    (tmp_path / "site").mkdir(mode=0o700)
    assert "chmod o+rx" in unreadable(tmp_path / "site")


def test_empty_folders_are_not_published(place):
    prepare_workspace(place)
    (new_folder(place) / "empty" / "inner").mkdir(parents=True)
    (new_folder(place) / "index.html").write_text("one")
    publish_folder(place)
    assert contents(place.folder) == ["index.html"]
