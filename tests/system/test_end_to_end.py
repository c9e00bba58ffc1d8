"""One whole job through the real command line, TensorFlow and MkDocs; then what follows from it."""

import json
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from tests.support.command_line import Answer, neuronario, tree, write_config
from tests.support.host_name import names_host


@dataclass(frozen=True)
class Job:
    folder: Path
    answer: Answer

    @property
    def run(self) -> Path:
        return next((self.folder / "runs" / "runs").iterdir())


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("job")
    write_config(folder)
    return Job(folder, neuronario(folder, "run"))


def test_leaves_a_run_and_a_site(job):
    assert job.answer.code == 0, job.answer.err
    assert job.answer.out.strip() == job.run.name
    site = job.folder / "site"
    pages = {path.name for path in (site / "neurons" / "l1").iterdir()}
    assert {f"n{index}.html" for index in range(6)} <= pages
    assert (site / "neurons" / "l2" / "n4.html").is_file()
    assert all((site / name).is_file() for name in ("index.html", "sample.html", "run.html"))
    assert not list(job.folder.glob("site.*"))


def test_a_page_holds_the_sample_character_for_character(job):
    sample = (job.run / "sample.txt").read_text(encoding="utf-8")
    assert len(sample) == 120
    page = (job.folder / "site" / "neurons" / "l2" / "n3.html").read_text(encoding="utf-8")
    block = re.search(r'<div class="act"[^>]*>(.*?)</div>', page, re.DOTALL)[1]
    spans = re.findall(r"<span[^>]*>(.*?)</span>", block, re.DOTALL)
    assert [unescape(span) for span in spans] == list(sample)


def test_says_nothing_that_a_log_would_obey(job):
    assert "\r" not in job.answer.err and "\x1b" not in job.answer.err
    epochs = [line for line in job.answer.err.splitlines() if line.startswith("epoch ")]
    assert len(epochs) == 2


def test_a_second_start_has_nothing_to_do(job):
    before = tree(job.folder / "site")
    again = neuronario(job.folder, "run", "--quiet")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert tree(job.folder / "site") == before
    assert len(list((job.folder / "runs" / "runs").iterdir())) == 1


def test_equal_inputs_give_equal_bytes(job, tmp_path):
    write_config(tmp_path)
    other = Job(tmp_path, neuronario(tmp_path, "run", "--quiet"))
    assert other.answer == Answer(0, "", "")
    ours, theirs = tree(job.run), tree(other.run)
    for name in ("volatile.json", "run.log", "MANIFEST.json"):
        manifest = json.loads(ours["MANIFEST.json"])["content_id"]
        assert manifest == json.loads(theirs["MANIFEST.json"])["content_id"]
        if name != "MANIFEST.json":
            del ours[name], theirs[name]
    del ours["MANIFEST.json"], theirs["MANIFEST.json"]
    assert ours == theirs
    ours, theirs = tree(job.folder / "site"), tree(tmp_path / "site")
    # the history says when; the list of what is ours has its digest
    for name in ("history.html", "sitemap.xml.gz", ".neuronario.json"):
        del ours[name], theirs[name]
    assert ours == theirs


def test_list_show_sample_and_report_read_the_run(job, tmp_path):
    rows = json.loads(neuronario(job.folder, "list", "--json").out)
    assert [row["status"] for row in rows] == ["ok"]
    shown = neuronario(job.folder, "show", "latest")
    assert rows[0]["run"] in shown.out and "unigram bits per character" in shown.out
    text = neuronario(job.folder, "sample", "latest", "--characters", "40", "--seed", "5")
    assert (text.code, len(text.out)) == (0, 40)
    report = neuronario(job.folder, "report", "latest", "--out", str(tmp_path))
    assert report.code == 0, report.err
    written = tree(tmp_path)
    del written[".neuronario.json"]  # the list of what is ours
    assert written == tree(job.run / "pages")


def test_the_published_pages_keep_private_things_private(job):

    published = b"".join(tree(job.folder / "site").values())
    for secret in (str(job.folder), str(Path.home())):
        assert secret.encode() not in published
    assert not names_host(tree(job.folder / "site"))


def test_a_changed_report_setting_renders_without_training(job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    write_config(folder)
    assert neuronario(folder, "run", "--quiet").code == 0
    write_config(folder, report={"alignment": "predict"})
    explained = neuronario(folder, "run", "--explain")
    assert explained.out.strip() == 'report.alignment: "read" -> "predict" (report again)'
    again = neuronario(folder, "run")
    assert again.code == 0, again.err
    assert "train:" not in again.err and "epoch" not in again.err
    runs = json.loads(neuronario(folder, "list", "--json").out)
    assert runs[1]["rendered_from"] == runs[0]["run"]


def test_the_site_and_the_command_line_say_what_changed(job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("next")
    write_config(folder)
    assert neuronario(folder, "run", "--quiet").code == 0
    assert not (folder / "site" / "diff").exists()
    write_config(folder, training={"learning_rate": 0.01})
    assert neuronario(folder, "run", "--quiet").code == 0
    page = (folder / "site" / "diff" / "previous.html").read_text(encoding="utf-8")
    assert "training.learning_rate" in unescape(page)
    assert neuronario(folder, "diff", "latest", "latest", "--exit-code") == Answer(0, "", "")
    answer = neuronario(folder, "diff", "--exit-code", "--json")
    assert answer.code == 3
    assert json.loads(answer.out)["inputs"][0]["key"] == "training.learning_rate"
    (folder / "gate.yml").write_text("same_inputs: [training]\n")
    gated = neuronario(folder, "diff", "--gate", "gate.yml")
    assert gated.code == 3 and "same_inputs" in gated.err
    assert neuronario(folder, "check").code == 0
    history = (folder / "site" / "history.html").read_text(encoding="utf-8")
    assert all(run.name in history for run in (folder / "runs" / "runs").iterdir())


def test_the_window_regime_of_the_notebook_runs_through(tmp_path):
    write_config(
        tmp_path,
        training={"regime": "window", "loss": "last", "epochs": 12, "batch": 8, "chunk": 50},
        report={"alignment": "predict"},
    )
    answer = neuronario(tmp_path, "run")
    assert answer.code == 0, answer.err
    page = (tmp_path / "site" / "neurons" / "l1" / "n0.html").read_text(encoding="utf-8")
    assert "predicted" in page


def test_an_unsound_training_is_kept_as_failed_and_leaves_the_site_alone(tmp_path):
    write_config(tmp_path, training={"learning_rate": 100.0, "clip_norm": 0.0})
    answer = neuronario(tmp_path, "run")
    assert answer.code == 4
    assert answer.err.strip().splitlines()[-1].startswith("neuronario: after 2 epochs")
    assert not (tmp_path / "site").exists()
    assert [row["status"] for row in json.loads(neuronario(tmp_path, "list", "--json").out)] == [
        "failed"
    ]
