"""Files that want to run code, fill the memory or read other files; and models that do not fit.

Each is refused with 65 and its reason, in little memory; an audit hook sees that nothing is run and
no other file is opened. How long it takes: ``python -m tests.benchmarks.imports hostile``.
"""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from jobs.errors import ExitCode, NeuronarioError
from jobs.model_files import (  # noqa: F401
    keras_file,
    npz_file,
    pytorch_file,
    safetensors_file,
    tensorflow_file,
)
from jobs.model_files.read_model import read_model
from tests.support import checkpoint_files as tables
from tests.support import model_files as made
from tests.support.hostile_models import HOSTILE
from tests.support.places import ROOT


class Watch:
    """An audit hook that is on for a while; hooks cannot be taken off again."""

    def __init__(self):
        self.on, self.seen = False, []
        sys.addaudithook(self.hook)

    def hook(self, event, arguments):
        if self.on and event.split(".")[0] in ("os", "subprocess", "socket", "pickle", "ctypes"):
            self.seen.append((event, arguments))
        if self.on and event in ("open", "exec", "compile", "import"):
            self.seen.append((event, arguments))


WATCH = Watch()
"".encode("cp437")  # zip names: this codec is loaded at its first use


def refusal(path):
    with pytest.raises(NeuronarioError) as caught:
        read_model(path)
    assert caught.value.code == ExitCode.BAD_DATA
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
    return str(caught.value)


def own(opened, path):
    """Whether it is the file itself, by its name or by its handle."""
    shard = str(path).removesuffix(".index") + ".data-00000-of-00001"
    return isinstance(opened, int) or opened in (str(path), shard)


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_by_name_and_nothing_happens(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write, reason = HOSTILE[name]
    path = write(tmp_path)
    before = sorted(tmp_path.iterdir())
    WATCH.seen.clear()
    tracemalloc.start()
    WATCH.on = True
    try:
        message = refusal(path)
    finally:
        WATCH.on = False
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert reason in message, message
    touched = [seen for seen in WATCH.seen if not (seen[0] == "open" and own(seen[1][0], path))]
    assert [seen for seen in touched if seen[0] != "import"] == []
    assert sorted(tmp_path.iterdir()) == before  # nothing ran that left a file
    assert peak < 100_000_000  # before any array of the size that the file claims is made


def test_all_of_them_in_one_process_stay_small(tmp_path):
    """Peak memory of a process that reads every one, in real bytes."""
    paths = []
    for number, (write, _) in enumerate(HOSTILE.values()):
        (tmp_path / str(number)).mkdir()
        paths.append(str(write(tmp_path / str(number))))
    program = (
        "import re, sys\nfrom pathlib import Path\n"
        "from jobs.errors import NeuronarioError\n"
        "from jobs.model_files.read_model import read_model\n"
        "for path in sys.argv[1:]:\n    try:\n"
        "        read_model(Path(path)); print('read', path)\n"
        "    except NeuronarioError as error:\n        assert error.code == 65\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(peak)"  # not getrusage: it remembers the process that started this one
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *paths],
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 200_000  # kB; a line for a file that was read is no number


def test_links_and_folders_are_no_files(tmp_path):
    path = made.write_keras(tmp_path / "m.keras")
    (tmp_path / "link").symlink_to(path)
    assert "symbolic link" in refusal(tmp_path / "link")
    assert "not a file" in refusal(tmp_path)
    assert read_model(path).model.sizes == (4, 3)


def test_changed_bytes_never_give_a_traceback(tmp_path):
    """Copies of each format with some bytes changed: read or refused, nothing else."""
    random = np.random.default_rng(0)
    files = [
        made.write_keras(tmp_path / "a.keras"),
        made.write_keras_hdf5(tmp_path / "a.h5"),
        made.write_pytorch(tmp_path / "a.pt", made.pytorch_arrays()),
        made.write_safetensors(tmp_path / "a.safetensors", made.pytorch_arrays()),
        tables.write_checkpoint(tmp_path, tables.arrays_of(made.keras_arrays())),
    ]
    refused = 0
    (tmp_path / "changed.data-00000-of-00001").write_bytes(
        (tmp_path / "ckpt.data-00000-of-00001").read_bytes()
    )
    for file in files:
        plain = file.read_bytes()
        for _ in range(75):
            data = bytearray(plain)
            for place in random.integers(0, min(len(data), 4_000), 4):
                data[place] = random.integers(256)
            path = tmp_path / "changed.index"
            path.write_bytes(data)
            try:
                read_model(path)
            except NeuronarioError as error:
                assert error.code == ExitCode.BAD_DATA
                refused += 1
    assert refused > 50
