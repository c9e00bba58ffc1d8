"""What several system tests need."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.support.places import ROOT


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers, processes of their own that speak over TCP."""
    pytest.importorskip("distributed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    environment["TMPDIR"] = str(tmp_path / "temporary")
    (tmp_path / "temporary").mkdir()
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"env": environment, "cwd": tmp_path, "stdout": subprocess.DEVNULL}
    quiet["stderr"] = subprocess.DEVNULL
    listen = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    processes = [subprocess.Popen([*dask, "scheduler", *listen], **quiet)]
    try:
        end = time.monotonic() + 60
        while not file.exists() and time.monotonic() < end:
            time.sleep(0.1)
        worker = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file", str(file)]
        processes += [subprocess.Popen([*dask, "worker", *worker], **quiet) for _ in range(2)]
        yield json.loads(file.read_text())["address"], processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()
