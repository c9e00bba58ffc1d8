import errno

import pytest

from jobs.disk import exchange as publish
from jobs.disk.exchange import exchange, recover
from jobs.errors import ExitCode, NeuronarioError


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


def test_new_takes_the_place_of_the_old(tmp_path, way):
    live, new = folder(tmp_path / "site", "old"), folder(tmp_path / "site.new", "new")
    exchange(new, live)
    assert content(live) == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]


def test_first_site(tmp_path, way):
    new = folder(tmp_path / "site.new", "new")
    exchange(new, tmp_path / "site")
    assert content(tmp_path / "site") == "new"
    assert not new.exists()


def test_this_system_exchanges_in_one_step(tmp_path):
    first, second = folder(tmp_path / "a", "a"), folder(tmp_path / "b", "b")
    if not publish.exchange_names(first, second):
        pytest.skip("no renameat2 with RENAME_EXCHANGE here")
    assert (content(first), content(second)) == ("b", "a")


def test_a_failed_rename_leaves_the_old_site(tmp_path, monkeypatch):
    live, new = folder(tmp_path / "site", "old"), folder(tmp_path / "site.new", "new")
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


def test_crash_between_the_two_renames_is_mended(tmp_path):
    folder(tmp_path / "site.old", "old")
    recover(tmp_path / "site")
    assert content(tmp_path / "site") == "old"
    assert not (tmp_path / "site.old").exists()


def test_crash_before_the_old_site_was_deleted_is_mended(tmp_path):
    folder(tmp_path / "site.old", "old")
    folder(tmp_path / "site", "new")
    recover(tmp_path / "site")
    assert content(tmp_path / "site") == "new"
    assert not (tmp_path / "site.old").exists()
