"""What the verbs that need no TensorFlow import, is light: named here, timed by the benchmarks."""

import subprocess
import sys

import pytest

HEAVY = {"tensorflow", "keras", "mkdocs", "scipy.stats", "scipy.optimize", "scipy.sparse"}
VERBS = {
    "--help, list": "jobs.cli.main, jobs.cli.listing",
    "report": "jobs.cli.main, jobs.pipeline.reports, report.make_report",
    "diff": (
        "jobs.cli.main, jobs.cli.store_commands, jobs.pipeline.reports, report.cross_run_pages"
    ),
}


@pytest.mark.parametrize("modules", VERBS.values(), ids=VERBS)
def test_nothing_heavy_is_imported(modules):
    program = f"import sys, {modules}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert HEAVY.isdisjoint(run.stdout.decode().split())
