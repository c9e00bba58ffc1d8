import os

import pytest

from jobs.disk.mark import digests, write_mark
from jobs.disk.replaceable import (
    Neighbour,
    Place,
    check_apart,
    is_kept,
    replaceable,
    user_places,
)
from jobs.errors import ExitCode, NeuronarioError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "project" / "texts").mkdir(parents=True)
    (tmp_path / "project" / "texts" / "book.txt").write_text("once")
    return tmp_path / "project"


def refused(action, words):
    with pytest.raises(NeuronarioError, match=words) as caught:
        action()
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert "\n" not in str(caught.value)


def apart(place, neighbour, may_hold=False):
    check_apart(place, "the site", [Neighbour("the thing", neighbour, may_hold)])


@pytest.mark.parametrize("spelling", ["{}", "{}/", "{}/x/..", "{}/./.", "{}/../project"])
def test_places_are_compared_and_not_names(folder, spelling, monkeypatch):
    place = type(folder)(spelling.format(folder))
    refused(lambda: apart(place, folder), "it is the thing")
    monkeypatch.chdir(folder)
    refused(lambda: apart(place, type(folder)()), "it is the thing")


def test_through_links(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    refused(lambda: apart(tmp_path / "link", folder), "it is the thing")
    refused(lambda: apart(folder, tmp_path / "link"), "it is the thing")
    refused(lambda: apart(tmp_path / "link", folder / "texts" / "book.txt"), "it holds the thing")
    # the link lies in the site, what it leads to does not
    (folder / "texts" / "far.txt").symlink_to(tmp_path / "elsewhere")
    refused(lambda: apart(folder / "texts", folder / "texts" / "far.txt"), "it holds the thing")


def test_above_and_below(folder):
    refused(lambda: apart(folder, folder / "texts"), "it holds the thing")
    refused(lambda: apart(folder / "new", folder), "it lies in the thing")
    apart(folder / "new", folder, may_hold=True)
    apart(folder / "new", folder / "texts")
    apart(folder / "text", folder / "texts")  # names that begin alike


def test_the_root_and_what_does_not_exist(folder):
    refused(lambda: check_apart(type(folder)("/"), "the site", []), "the root")
    refused(lambda: check_apart(folder / "../../../../../../..", "the site", []), "the root")
    refused(lambda: apart(folder / "a" / "b", folder / "a"), "it lies in")


def test_places_of_every_user(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder.parent))
    refused(lambda: check_apart(folder, "the site", user_places()), "it is the working folder")
    refused(lambda: check_apart(folder.parent, "the site", user_places()), "the working folder")
    monkeypatch.chdir("/")
    refused(lambda: check_apart(folder.parent, "the site", user_places()), "it is your home")
    check_apart(folder, "the site", user_places())
    monkeypatch.setenv("HOME", "/")
    assert [place.name for place in user_places()] == ["the working folder"]


def ours(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in {"index.html": "ours", **files}.items():
        (folder / name).write_text(text)
    write_mark(folder, digests(folder, ["index.html"]))
    return folder


def test_missing_empty_and_ours(folder):
    assert replaceable(folder / "new", "the site") == Place(folder / "new")
    (folder / "empty").mkdir()
    assert replaceable(folder / "empty", "the site") == Place(folder / "empty")
    assert replaceable(ours(folder / "site"), "the site") == Place(folder / "site")


def test_a_link_means_its_target(folder, tmp_path):
    (tmp_path / "link").symlink_to(ours(folder / "site"))
    assert replaceable(tmp_path / "link", "the site").folder == folder / "site"
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    refused(lambda: replaceable(tmp_path / "dangling", "the site"), "leads nowhere")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    refused(lambda: replaceable(tmp_path / "circle", "the site"), "leads nowhere")


def test_foreign_files_are_refused_by_name(folder):
    refused(lambda: replaceable(folder, "the site"), "did not put there: texts/book.txt")
    site = ours(folder / "site", CNAME="example.org")
    refused(lambda: replaceable(site, "the site"), "also holds CNAME,.*site.keep")
    (site / "index.html").write_text("changed by hand")
    refused(lambda: replaceable(site, "the site", keep=["CNAME"]), "also holds index.html")


def test_kept_files_are_listed(folder):
    site = ours(folder / "site", CNAME="example.org")
    (site / ".well-known").mkdir()
    assert replaceable(site, "the site", keep=["CNAME", ".well-known/"]).kept == (
        ".well-known/",
        "CNAME",
    )
    # a folder that nobody has published to, with nothing but what is to stay
    assert replaceable(folder / "texts", "the site", keep=["*.txt"]).kept == ("book.txt",)


def test_many_names_are_cut_short(folder):
    site = ours(folder / "site", **{f"f{number}": "" for number in range(9)})
    refused(lambda: replaceable(site, "the site"), "f0, f1, f2, f3, f4 and 4 more")


def test_a_file_is_no_folder(folder):
    book = folder / "texts" / "book.txt"
    refused(lambda: replaceable(book, "the site"), "a file is there")
    refused(lambda: replaceable(book / "site", "the site"), r"book\.txt is no folder")


def test_an_earlier_version_is_recognised(folder):
    assert replaceable(folder, "the site", earlier=lambda _: []) == Place(folder)
    refused(lambda: replaceable(folder, "the site", earlier=lambda _: ["x"]), "also holds x")
    refused(lambda: replaceable(folder, "the site", earlier=lambda _: None), "did not put there")


def test_contents_are_exchanged_where_the_folder_cannot_be(folder, monkeypatch):
    site = ours(folder / "site")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder and access(path, mode))
    place = replaceable(site, "the site")
    assert "cannot be written" in place.inside and place.workspace.parent == site
    with pytest.raises(NeuronarioError, match="Permission denied") as caught:
        replaceable(folder / "new", "the site")
    assert caught.value.code == ExitCode.NO_PERMISSION


@pytest.mark.parametrize(
    ("name", "keep", "kept"),
    [
        ("CNAME", ["CNAME"], True),
        ("assets/CNAME", ["CNAME"], False),
        (".well-known/acme/x", [".well-known"], True),
        (".well-known/acme/x", [".well-known/acme/"], True),
        ("google12.html", ["google*.html"], True),
        ("index.html", ["google*.html"], False),
        ("empty/", ["empty"], True),
        ("robots.txt", [], False),
    ],
)
def test_patterns_of_what_is_kept(name, keep, kept):
    assert is_kept(name, keep) == kept
