"""Where a job may write, in a user's folder with a configuration, a corpus and a store."""

import pytest

from jobs.config.file import load_config
from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline import checks
from jobs.pipeline.places import check_report, check_site, check_store, check_trace
from jobs.store.layout import prepare_store


@pytest.fixture
def user(tmp_path, monkeypatch):
    (tmp_path / "home" / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "home" / "work")
    for name, text in {
        "conf/my.yml": "corpus: {path: ../texts/a.txt}\n",
        "texts/a.txt": "a",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def refused(action, *arguments):
    with pytest.raises(NeuronarioError) as caught:
        action(*arguments)
    assert caught.value.code == ExitCode.CANNOT_CREATE
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (".", "it holds the store"),
        ("..", "it holds the store"),
        ("x/../runs", "it is the store"),
        ("runs/site", "it lies in the store"),
        ("../../conf", "it holds the configuration"),
        ("../../texts", "it holds the corpus"),
        ("../../texts/a.txt/site", "it lies in the corpus"),
        ("/", "the root"),
    ],
)
def test_a_site_lies_apart_from_what_is_the_users(user, place, words):
    path = user / "conf" / "my.yml"
    work = user / "home" / "work"
    message = refused(check_site, work / place, work / "runs", path, load_config(path))
    assert words in message and "\n" not in message


def test_a_site_below_the_working_folder(user):
    path = user / "conf" / "my.yml"
    work, store = user / "home" / "work", user / "runs"
    message = refused(check_site, work / ".", store, path, load_config(path))
    assert "it is the working folder" in message
    message = refused(check_site, work.parent, store, path, load_config(path))
    assert "it holds the working folder" in message
    check_site(user / "home" / "work" / "site", user / "runs", path, load_config(path))


def test_a_new_store_holds_nothing_of_the_users(user):
    path = user / "conf" / "my.yml"
    work = user / "home" / "work"
    assert "the working folder" in refused(check_store, work, path, load_config(path))
    check_store(work / "runs", path, load_config(path))
    prepare_store(work)  # one that is there stays usable
    check_store(work, path, load_config(path))


def test_reports_and_traces(user):
    work = user / "home" / "work"
    for check in (check_report, check_trace):
        assert "lies in the store" in refused(check, work / "runs" / "x", work / "runs")
        assert "the working folder" in refused(check, work, user / "runs")
        check(work / "new", work / "runs")


def test_the_places_of_a_configuration(user):
    path = user / "conf" / "my.yml"
    work = user / "home" / "work"
    assert checks.look_at_outputs(path) == [f"store: {work / 'runs'}", f"site: {work / 'site'}"]
    path.write_text("corpus: {path: ../texts/a.txt}\nsite: {directory: runs/site}\n")
    assert "lies in the store" in refused(checks.look_at_outputs, path)
