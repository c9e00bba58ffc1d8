"""What the verbs that need no TensorFlow import, is light: named here, timed by the benchmarks."""

import subprocess
import sys

import pytest

HEAVY = {"tensorflow", "keras", "mkdocs", "scipy.stats", "scipy.optimize", "scipy.sparse"}
VERBS = {
    "--help, list": "jobs.cli, jobs.listing",
    "report": "jobs.cli, jobs.pipeline, report.assembly",
    "diff": "jobs.cli, jobs.cli_store, jobs.pipeline, report.chronicle",
}


@pytest.mark.parametrize("modules", VERBS.values(), ids=VERBS)
def test_nothing_heavy_is_imported(modules):
    program = f"import sys, {modules}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert HEAVY.isdisjoint(run.stdout.decode().split())
