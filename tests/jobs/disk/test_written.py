import pytest

from jobs.disk.mark import MARK, read_mark
from jobs.disk.written import write_files
from jobs.errors import ExitCode, NeuronarioError
from tests.support.command_line import tree

FIRST = {"index.md": b"one", "neurons/l1/n0.md": b"a", "neurons/l1/n1.md": b"b"}
SECOND = {"index.md": b"two", "neurons/l1/n0.md": b"a"}


def written(folder):
    return {name: data for name, data in tree(folder).items() if name != MARK}


def write(folder, files, earlier=None):
    write_files(folder, files, "the report", earlier)


def refused(folder, words):
    before = tree(folder)
    with pytest.raises(NeuronarioError, match=words) as caught:
        write(folder, SECOND)
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert tree(folder) == before


def test_no_page_of_an_earlier_run_is_left_behind(tmp_path):
    folder = tmp_path / "a" / "report"
    write(folder, FIRST)
    assert written(folder) == FIRST
    write(folder, SECOND)
    assert written(folder) == SECOND
    assert set(read_mark(folder)) == set(SECOND)
    write(folder, {})
    assert [path.name for path in folder.iterdir()] == [MARK]


def test_other_files_beside_ours_stay(tmp_path):
    write(tmp_path, FIRST)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "neurons" / "notes.txt").write_text("mine")
    write(tmp_path, {"index.md": b"two"})
    assert written(tmp_path) == {
        "index.md": b"two",
        "notes.txt": b"mine",
        "neurons/notes.txt": b"mine",
    }


def test_a_strangers_page_is_not_overwritten(tmp_path):
    (tmp_path / "index.md").write_text("mine")
    refused(tmp_path, r"did not put there \(index.md\)")


def test_a_stranger_beside_ours_under_the_name_of_ours(tmp_path):
    write(tmp_path, {"run.md": b"run"})
    (tmp_path / "index.md").write_text("mine")
    refused(tmp_path, "holds index.md, which neuronario did not write")
    (tmp_path / "index.md").unlink()
    (tmp_path / "neurons").symlink_to(tmp_path / "run.md")
    refused(tmp_path, "holds neurons/l1/n0.md")


def test_a_page_that_somebody_changed_is_neither_overwritten_nor_removed(tmp_path):
    write(tmp_path, FIRST)
    (tmp_path / "neurons" / "l1" / "n1.md").write_text("with my remarks")
    refused(tmp_path, "n1.md, which neuronario did not write or somebody has changed")


def test_after_a_failure_the_next_call_finishes(tmp_path, monkeypatch):
    write(tmp_path, FIRST)
    with monkeypatch.context() as patch:

        def fail(path, data):
            raise NeuronarioError("disk full", ExitCode.IO_ERROR)

        patch.setattr("jobs.disk.written.write_bytes", fail)
        with pytest.raises(NeuronarioError, match="disk full"):
            write(tmp_path, SECOND)
    (tmp_path / "index.md").write_bytes(SECOND["index.md"])  # so far it came
    write(tmp_path, SECOND)
    assert written(tmp_path) == SECOND


def test_a_folder_of_an_earlier_version(tmp_path):
    (tmp_path / "index.md").write_text("old page")
    (tmp_path / "sample.md").write_text("old page")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, SECOND, lambda folder: ["notes.txt"])
    assert written(tmp_path) == {**SECOND, "notes.txt": b"mine"}
