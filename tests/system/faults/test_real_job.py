"""The real job, TensorFlow and MkDocs included, killed at random times."""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.machine.runtime import KERNEL_VARIABLES
from jobs.store.check import check_store
from jobs.store.lock import holder
from jobs.store.store import list_runs, read_run
from tests.support.command_line import neuronario, tree, write_config
from tests.support.places import ROOT
from tests.system.faults.conftest import ALL
from tests.system.faults.job import TALLY

KILLS = 12
DATED = ("history.html", "sitemap.xml.gz")  # say when the run was finished
# cron's surroundings, but for what decides which kernels NumPy adds with, and so last digits
SURROUNDINGS = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
SURROUNDINGS |= {name: value for name, value in os.environ.items() if name in KERNEL_VARIABLES}


def site_digest(folder: Path) -> str:
    """Digest of a site without the dates in it; "" if there is none."""
    if not folder.exists():
        return ""
    files = {name: data for name, data in tree(folder).items() if name not in DATED}
    missing = [name for name in DATED if not (folder / name).is_file()]
    return hashlib.sha256(repr((sorted(files.items()), missing)).encode()).hexdigest()


@pytest.mark.skipif(not ALL, reason="takes two minutes; FAULTS=all runs it")
def test_the_real_job_killed_at_random_times(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    write_config(whole, training={"epochs": 40})
    began = time.monotonic()
    assert neuronario(whole, "run", "--quiet").code == 0
    duration = time.monotonic() - began
    content_id = read_run(whole / "runs").manifest.content_id
    new_site = site_digest(whole / "site")

    generator, killed = random.Random(5), 0
    for number in range(KILLS):
        folder = tmp_path / f"killed{number}"
        folder.mkdir()
        write_config(folder, training={"epochs": 40})
        process = subprocess.Popen(
            [sys.executable, "-c", "from jobs.cli.main import main; main()", "run", "--quiet"],
            cwd=folder,
            env=SURROUNDINGS,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            process.wait(generator.uniform(0.1, 1.0) * duration)
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        _, said = process.communicate()
        TALLY.cases += 1
        TALLY.tracebacks += "Traceback" in said
        assert "Traceback" not in said
        whole_site = site_digest(folder / "site") in ("", new_site)
        TALLY.half_sites += not whole_site
        assert whole_site, "no site, or the whole one"
        lost = bool(check_store(folder / "runs"))
        TALLY.data_lost += lost
        assert not lost
        assert holder(folder / "runs") is None
        again = neuronario(folder, "run", "--quiet")
        assert (again.code, again.err) == (0, "")
        assert [row.content_id for row in list_runs(folder / "runs")] == [content_id]
        assert site_digest(folder / "site") == new_site
    assert killed > KILLS / 2, "most kills hit the job, not its end"
