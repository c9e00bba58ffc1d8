"""``python -m tests.system.faults.runner FOLDER SEED [STAGE]``: the stub job as its own program.

With a STAGE it creates ``FOLDER/there`` in that stage and sleeps, until a signal ends it.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

import jobs.pipeline.pipeline
import report.make_report
import report.site.build
from jobs.cli.main import guarded
from tests.system.faults.job import job, stub_stages

# stage -> where the function that runs in it is found
PAUSES: dict[str, tuple[Any, str]] = {
    "train": (jobs.pipeline.pipeline, "train_stage"),
    "trace": (jobs.pipeline.pipeline, "probe_stage"),
    "report": (report.make_report, "make_report"),
    "store": (jobs.pipeline.pipeline, "commit_run"),
    "site": (report.site.build, "check_site"),
}


def pause_in(stage: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    module, name = PAUSES[stage]
    function = getattr(module, name)

    def paused(*args: Any, **keywords: Any) -> Any:
        (folder / "there").touch()
        time.sleep(120)
        return function(*args, **keywords)

    patch.setattr(module, name, paused)


def main() -> None:
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    patch = pytest.MonkeyPatch()
    with tempfile.TemporaryDirectory() as resources:
        stub_stages(patch, Path(resources))
        if len(sys.argv) > 3:
            pause_in(sys.argv[3], folder, patch)
        code = guarded(job(folder, seed))
    sys.exit(code)


if __name__ == "__main__":
    main()
