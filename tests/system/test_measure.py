"""`neuronario measure` end to end: the same bytes however the shards were counted."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from jobs.corpus.shards import SHARD
from jobs.corpus.synthetic import generate
from jobs.errors import ExitCode
from jobs.pipeline.measure_plan import own_text
from jobs.pipeline.reports import large_text
from jobs.store.run_names import read_run
from tests.support.command_line import neuronario, tree, write_config
from tests.support.places import ROOT

SIZE = 2 * SHARD + 20_000  # three shards
LINE = ("measure", "latest", "--store", "../runs", "--text", "../large.xml", "--unknown", "skip")
WAIT = 300  # seconds, on a busy machine


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a run, a large text, and its measures made in one process."""
    folder = tmp_path_factory.mktemp("made")
    write_config(folder)
    answer = neuronario(folder, "sweep", *sweep_of(folder), "--quiet")
    assert answer.code == 0, answer.err
    (folder / "large.xml").write_text(generate("xml", SIZE, 5).text, encoding="utf-8")
    answer = measure(folder, "serial")
    assert answer.code == 0, answer.err
    assert "sentences tell" in answer.out and "3 shards counted" in answer.out, answer.out
    assert "characters measured" in answer.err
    return folder


def sweep_of(folder):
    (folder / "sweep.yml").write_text("config: neuronario.yml\nseeds: [0]\n")
    return ("sweep.yml",)


def measure(folder, name, *arguments, text=None):
    place = folder / name
    place.mkdir(exist_ok=True)
    line = [*LINE, "--config", "../neuronario.yml", *arguments]
    if text is not None:
        line[line.index("../large.xml")] = text
    return neuronario(place, *line, "--out", "out")


def start(folder, name, *arguments, **keywords):
    """The same, not waited for."""
    place = folder / name
    place.mkdir(exist_ok=True)
    line = [*LINE, "--config", "../neuronario.yml", *arguments, "--out", "out"]
    return subprocess.Popen(
        [sys.executable, "-c", "from jobs.cli.main import main; main()", *line],
        cwd=place,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **keywords,
    )


def parts(folder, name):
    return sorted((folder / name / "out" / ".neuronario.work").glob("*.npz"))


def wait_for_a_part(folder, name, process):
    end = time.monotonic() + WAIT
    while not parts(folder, name):
        assert process.poll() is None and time.monotonic() < end, process.communicate()[1]
        time.sleep(0.02)


def same(made, name):
    assert tree(made / name / "out") == tree(made / "serial" / "out")


def test_the_figures_are_those_of_a_trace_of_the_whole(made):
    out = made / "serial" / "out"
    summary = json.loads((out / "measures.json").read_text())
    units = [json.loads(line) for line in (out / "units.jsonl").read_text().splitlines()]
    traced = neuronario(
        made, "trace", "latest", "--store", "runs", "--text", "large.xml", "--unknown", "skip",
        "--out", "trace", "--quiet",
    )  # fmt: skip
    assert traced.code == 0, traced.err
    hidden = np.concatenate(
        [np.load(made / "trace" / f"layer{number}.hidden.npy") for number in (1, 2)], 1
    )
    ids = np.load(made / "trace" / "ids.npy")
    probabilities = np.load(made / "trace" / "probabilities.npy", mmap_mode="r")
    assert summary["measured_characters"] == len(ids) == len(hidden)
    given = np.asarray(probabilities[np.arange(len(ids) - 1), ids[1:]], np.float64)
    bits = -np.log2(given).mean()
    assert summary["bits"]["per_character"] == pytest.approx(bits, rel=1e-4)
    assert summary["bits"]["predicted"] == len(ids) - 1
    low, high = summary["bits"]["interval"]
    assert low < bits < high
    assert summary["seams"]["count"] == 2 and summary["seams"]["largest_difference"] < 1e-4
    names = [f"L{layer}N{unit}" for layer, size in ((1, 6), (2, 5)) for unit in range(size)]
    assert [one["unit"] for one in units] == names
    for place, one in enumerate(units):
        assert one["mean"] == pytest.approx(hidden[:, place].mean(dtype=np.float64), abs=1e-4)
        assert one["maximum"] == pytest.approx(hidden[:, place].max(), abs=1e-4)
        top = one["high"][0]
        assert hidden[top["place"], place] == pytest.approx(top["state"], abs=1e-4)
    told = [one["sentence"] for one in units if one["sentence"]]
    assert len(told) == len(units)
    assert all(one["r2"] is None or one["r2"] < 1 for one in told)
    for name, facts in summary["arrays"].items():
        array = np.load(out / f"{name}.npy", allow_pickle=False)
        assert (facts["dtype"], facts["shape"]) == (array.dtype.name, list(array.shape)), name
        assert facts["meaning"]


def test_what_is_there_is_not_made_again(made):
    before = tree(made / "serial" / "out")
    answer = measure(made, "serial")
    assert answer.code == 0 and "unchanged: out" in answer.out, answer.out
    assert tree(made / "serial" / "out") == before
    assert not (made / "serial" / "out" / ".neuronario.work").exists()


def test_a_killed_worker_changes_no_byte(made):
    process = start(made, "two", "--workers", "2")
    wait_for_a_part(made, "two", process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    os.kill(workers[0], signal.SIGKILL)
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 0, err
    assert "a worker was ended from outside" in err
    assert "3 shards counted" in out
    same(made, "two")


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_job_goes_on_with_what_is_finished(made, number):
    name = number.name
    process = start(made, name)
    wait_for_a_part(made, name, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=WAIT)
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert number == signal.SIGKILL or "counted and kept" in err
    kept = len(parts(made, name))
    assert 1 <= kept < 3
    assert [path.name for path in (made / name / "out").iterdir()] == [".neuronario.work"]
    answer = measure(made, name, "--workers", "2")
    assert f"{3 - kept} shards counted" in answer.out, answer.err
    same(made, name)


def test_a_full_disk_is_one_line_and_the_next_start_goes_on(made):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))

    process = start(made, "full", preexec_fn=limit)
    _, err = process.communicate(timeout=WAIT)
    assert process.returncode == ExitCode.IO_ERROR, err
    assert err.splitlines()[-1].startswith("neuronario: File too large while writing")
    assert "Traceback" not in err
    assert not (made / "full" / "out").exists()
    assert measure(made, "full", "--quiet").code == 0
    same(made, "full")


def test_without_the_run_s_own_text_sentences_are_left_out_and_it_says_so(made):
    run = read_run(made / "runs", "latest")
    corpus, missing = own_text(run, made / "neuronario.yml")
    assert missing == "" and corpus is not None
    object.__setattr__(run.card, "sha256", "0" * 64)
    assert own_text(run, None) == (None, "the run's own text has changed since")
    asked = large_text(run, None)
    assert asked.sentences == 0 < large_text(read_run(made / "runs", "latest"), corpus).sentences
    assert any(one is not None for one in asked.questions.labels)


@pytest.mark.parametrize(
    ("arguments", "text", "code", "words"),
    [
        (("--unknown", "fail"), "€<a>", 65, ["U+20AC", "line 1, column 1", "--unknown skip"]),
        ((), "", 65, ["no character to measure"]),
        ((), None, 66, ["no such file"]),
        (("--workers", "2", "--scheduler", "tcp://a:1"), "<a>", 2, ["not both"]),
        (("--unknown", "replace", "€"), "<a>", 2, ["'\\u20ac' is not in the alphabet"]),
        (("--scheduler", "tcp://127.0.0.1:1"), "<a>", 74, ["no scheduler answers there"]),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(made, tmp_path, arguments, text, code, words):
    if "--scheduler" in arguments:
        pytest.importorskip("distributed")
    path = tmp_path / "text.txt"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    answer = measure(made, tmp_path.name, *arguments, text=str(path))
    assert answer.code == code, answer.err
    assert all(word in answer.err for word in words), answer.err
    assert "Traceback" not in answer.err
    assert not list((made / tmp_path.name).iterdir())


def test_a_folder_that_is_not_ours_is_refused_before_anything_is_counted(made):
    (made / "foreign" / "out").mkdir(parents=True)
    (made / "foreign" / "out" / "mine").write_text("x")
    answer = measure(made, "foreign")
    assert answer.code == ExitCode.CANNOT_CREATE and answer.err.count("\n") == 1
    assert [path.name for path in (made / "foreign" / "out").iterdir()] == ["mine"]


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_leaves_the_same_bytes(made, cluster):
    address, workers = cluster
    process = start(made, "cluster", "--scheduler", address)
    wait_for_a_part(made, "cluster", process)
    workers[0].kill()
    _, err = process.communicate(timeout=WAIT)
    assert process.returncode == 0, err
    same(made, "cluster")
