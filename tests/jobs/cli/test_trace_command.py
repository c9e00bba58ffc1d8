"""``neuronario trace`` as a user calls it, against the NumPy oracle."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open

from jobs.errors import ExitCode
from jobs.model.network import network_from_arrays
from jobs.store.store import commit_run
from tests.support.command_line import ROOT, neuronario
from tests.support.oracle import rows_of_text
from tests.support.tiny_run import ALPHABET, PAGES, tiny_content, tiny_inputs

TEXT = "<a>\té\n😀<<a\u202e>\n" * 4  # ">" is not in the alphabet
KNOWN = [sign for sign in TEXT if sign in ALPHABET]
WINDOW = 5
STATES = ("hidden", "cell", "input_gate", "forget_gate", "output_gate")


def store_of(folder, regime):
    """A store with one run, whose network's states move."""
    content = tiny_content()
    random = np.random.default_rng(1)
    network = network_from_arrays(
        {
            name: random.normal(0.0, 0.8, array.shape).astype(np.float32)
            for name, array in content.network.arrays().items()
        },
        content.network.cells,
    )
    training = {"regime": regime, "window": WINDOW, "stride": 3}
    plain = content.config.model_dump(by_alias=True)
    config = type(content.config).model_validate(
        {**plain, "training": {**plain["training"], **training}}
    )
    run = commit_run(
        folder / "runs", replace(content, config=config, network=network), PAGES, tiny_inputs()
    )
    (folder / "text.txt").write_bytes(TEXT.encode())
    return run


def trace(folder, *arguments):
    return neuronario(
        folder, "trace", "latest", "--store", "runs", "--text", "text.txt", "--out", *arguments
    )


def check_arrays(read, run, regime):
    """Every array that ``read(name)`` gives against the oracle."""
    ids = [ALPHABET.index(sign) for sign in KNOWN]
    rows = rows_of_text(run.network, ids, [], regime, WINDOW)
    np.testing.assert_array_equal(read("ids"), ids)
    for number in (1, 2):
        for index, state in enumerate(STATES):
            expected = [row[0][number - 1][index] for row in rows]
            np.testing.assert_allclose(
                read(f"layer{number}.{state}"), expected, atol=1e-5, err_msg=state
            )
        for state in ("hidden", "cell"):
            assert not read(f"layer{number}.before.{state}").any()
    np.testing.assert_allclose(read("probabilities"), [row[1] for row in rows], atol=1e-5)
    np.testing.assert_allclose(read("before.probabilities").sum(), 1.0, atol=1e-6)


def check_description(description, run, read, regime):
    assert description["run"] == run.id
    assert description["regime"] == regime
    assert description["window"] == (WINDOW if regime == "window" else 0)
    assert description["alphabet"] == list(ALPHABET)
    assert description["text"]["name"] == "text.txt"
    assert description["text"]["characters"] == len(TEXT)
    assert "after reading" in description["alignment"]
    for name, facts in description["arrays"].items():
        array = read(name)
        assert (facts["dtype"], facts["shape"]) == (array.dtype.name, list(array.shape)), name


def test_stream_as_npy_unknown_characters_left_out(tmp_path):
    run = store_of(tmp_path, "stream")
    answer = trace(tmp_path, "a/trace", "--unknown", "skip")
    assert answer.code == 0, answer.err
    assert f"{len(KNOWN)} of {len(KNOWN)} characters traced" in answer.err
    folder = tmp_path / "a" / "trace"

    def read(name):
        return np.load(folder / f"{name}.npy", allow_pickle=False)

    check_arrays(read, run, "stream")
    assert "".join(TEXT[place] for place in read("positions")) == "".join(KNOWN)
    description = json.loads((folder / "trace.json").read_text())
    check_description(description, run, read, "stream")
    assert description["text"]["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    count = TEXT.count(">")
    assert description["unknown"] == {
        "treatment": "skip",
        "replacement": None,
        "characters": count,
        "distinct": 1,
    }
    files = {path.name for path in folder.iterdir()}
    assert files == {"trace.json", *(f"{name}.npy" for name in description["arrays"])}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["trace"]


def test_windows_as_safetensors_unknown_characters_replaced(tmp_path, monkeypatch):
    run = store_of(tmp_path, "window")
    (tmp_path / "trace").mkdir()  # an empty folder is no obstacle
    answer = trace(tmp_path, "trace", "--unknown", "replace", "é", "--safetensors", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    monkeypatch.setattr(
        "tests.jobs.cli.test_trace_command.KNOWN",
        [sign if sign in ALPHABET else "é" for sign in TEXT],
    )
    assert [path.name for path in (tmp_path / "trace").iterdir()] == ["trace.safetensors"]
    with safe_open(tmp_path / "trace" / "trace.safetensors", "np") as file:
        check_arrays(file.get_tensor, run, "window")
        description = json.loads(file.metadata()["description"])
        check_description(description, run, file.get_tensor, "window")
        assert set(file.keys()) == set(description["arrays"])
        assert "positions" not in description["arrays"]  # row t is character t


@pytest.mark.parametrize(
    ("arguments", "text", "code", "words"),
    [
        (
            [],
            "a<\n<é €x\nx",
            ExitCode.BAD_DATA,
            ["U+20AC '\\u20ac' once, at line 2, column 4", "U+0078 'x' 2 times, first at line 2,",
             "4 characters (3 distinct)", "--unknown skip", "text.txt"],
        ),
        (["--unknown", "skip"], "xyz", ExitCode.BAD_DATA, ["no character to trace"]),
        ([], "", ExitCode.BAD_DATA, ["no character to trace"]),
        (["--unknown", "replace", "x"], "a", ExitCode.USAGE, ["'x' is not in the alphabet"]),
        (["--unknown", "replace"], "a", ExitCode.USAGE, ["replace and one character"]),
        (["--unknown", "drop"], "a", ExitCode.USAGE, ["replace and one character"]),
        (["--encoding", "klingon"], "a", ExitCode.USAGE, ["no encoding of that name"]),
        (["--encoding", "ascii"], "é", ExitCode.BAD_DATA, ["not valid ascii", "set --encoding"]),
        ([], None, ExitCode.NO_INPUT, ["no such file"]),
    ],
)  # fmt: skip
def test_each_error_is_one_line_and_leaves_nothing(tmp_path, arguments, text, code, words):
    store_of(tmp_path, "stream")
    (tmp_path / "text.txt").unlink()
    if text is not None:
        (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    answer = trace(tmp_path, "trace", *arguments)
    assert answer.code == code, answer.err
    # an encoding that does not fit is followed by a line for each likely one
    assert all(word in answer.err for word in words), answer.err
    assert "Traceback" not in answer.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_there_is_never_overwritten(tmp_path, kind):
    store_of(tmp_path, "stream")
    target = tmp_path / "trace"
    if kind == "folder":
        target.mkdir()
        (target / "mine").write_text("x")
    elif kind == "file":
        target.write_text("x")
    else:
        (tmp_path / "elsewhere").mkdir()
        target.symlink_to("elsewhere")
    answer = trace(tmp_path, "trace", "--unknown", "skip")
    assert answer.code == ExitCode.CANNOT_CREATE
    assert answer.err.startswith("neuronario: trace")
    assert answer.err.count("\n") == 1
    assert target.is_symlink() == (kind == "link")


def test_ended_by_a_signal_nothing_is_left(tmp_path):
    store_of(tmp_path, "stream")
    (tmp_path / "text.txt").write_text("a<é\n" * 2_000_000, encoding="utf-8")
    program = "from jobs.cli.main import main; main()"
    arguments = ["trace", "latest", "--store", "runs", "--text", "text.txt", "--out", "trace"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "NEURONARIO_CACHE": ""},
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not (staged := list(tmp_path.glob(".trace.*.tmp"))) and time.monotonic() < end:
        time.sleep(0.01)
    assert staged
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "nothing was written" in told
    assert not list(tmp_path.glob(".trace.*"))
    assert not (tmp_path / "trace").exists()
