"""What is seen of the import of TensorFlow, tried with a stand-in for it."""

import os
import subprocess
import sys

import pytest

from jobs.machine.runtime import lacks_avx
from tests.support.places import ROOT

GREETING = "import os\nos.write(2, b'a greeting from C++\\n')\n"
PROGRAM = """
import sys
from jobs.cli.main import guarded
from jobs.machine import tensorflow_start as module
module.check_packages = lambda names: None
{}
sys.exit(guarded(module.start_tensorflow))
"""


def start(folder, tensorflow, before=""):
    (folder / "tensorflow.py").write_text(tensorflow)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before)],
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "NEURONARIO_CACHE": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_greetings_are_not_seen(tmp_path):
    done = start(tmp_path, GREETING)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_graphics_cards_are_hidden_before_tensorflow_looks_for_them(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")  # as a batch system sets it
    done = start(tmp_path, "import os\nos.write(1, os.environ['CUDA_VISIBLE_DEVICES'].encode())\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "-1", "")


def test_a_process_that_trains_on_a_card_sees_that_one_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere")
    said = "print(*(os.environ[name] for name in ('CUDA_VISIBLE_DEVICES', 'XLA_FLAGS')))\n"
    start_it = (
        "from functools import partial\n"
        "from jobs.machine.graphics_card import GraphicsCard\n"
        "card = GraphicsCard('Card', '580', 'GPU-aa', 1, 1)\n"
        "module.start_tensorflow = partial(module.start_tensorflow, card)\n"
    )
    done = start(tmp_path, f"import os\n{said}", start_it)
    address, *flags = done.stdout.split()
    assert (done.returncode, done.stderr, address) == (0, "", "GPU-aa")
    assert flags[0] == "--xla_dump_to=/nowhere"  # the user's own stay
    assert "--xla_gpu_deterministic_ops=true" in flags


def test_an_abort_leaves_its_words(tmp_path):
    done = start(tmp_path, GREETING + "os.abort()\n")
    assert done.returncode == -6
    assert "a greeting from C++" in done.stderr


def test_a_failed_import_is_one_line(tmp_path):
    done = start(tmp_path, GREETING + "raise ImportError('libx.so: not found')\n")
    assert done.returncode == 78
    assert done.stderr.splitlines()[-1].startswith("neuronario: tensorflow is installed but cannot")
    assert "Traceback" not in done.stderr


def test_anything_else_shows_the_words_and_the_traceback(tmp_path):
    done = start(tmp_path, GREETING + "raise RuntimeError('unforeseen')\n")
    assert done.returncode == 1
    assert "a greeting from C++" in done.stderr and "unforeseen" in done.stderr


def test_without_a_second_process_the_import_goes_on(tmp_path):
    done = start(tmp_path, GREETING, "sys.executable = '/nowhere'")
    assert (done.returncode, done.stderr) == (0, "a greeting from C++\n")


def test_a_processor_without_avx_is_named_before(tmp_path):
    done = start(tmp_path, GREETING, "module.lacks_avx = lambda: True")
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1 and "no AVX instructions" in done.stderr


@pytest.mark.parametrize(
    ("text", "machine", "lacks"),
    [
        ("flags\t\t: fpu sse2 avx avx2\n", "x86_64", False),
        ("flags\t\t: fpu sse2\n", "x86_64", True),
        ("model name\t: x\n", "x86_64", False),  # it does not say
        ("flags\t\t: fpu sse2\n", "aarch64", False),
    ],
)
def test_flags_of_the_processor(tmp_path, monkeypatch, text, machine, lacks):
    monkeypatch.setattr("platform.machine", lambda: machine)
    (tmp_path / "cpuinfo").write_text(text)
    assert lacks_avx(tmp_path / "cpuinfo") == lacks


def test_no_folder_for_temporary_files_says_what_to_do(tmp_path):
    program = """
import sys, tempfile
from jobs.cli.main import guarded
tempfile._candidate_tempdir_list = lambda: ["/nowhere"]
sys.exit(guarded(tempfile.TemporaryFile))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 73
    assert len(done.stderr.splitlines()) == 1 and "TMPDIR" in done.stderr
