"""The workflow as it stands, and a machine on this disk that runs its shell steps."""

import os
import shutil
import subprocess
import sys

import yaml

from tests.support.places import ROOT
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs

WORKFLOW = ROOT / ".github" / "workflows" / "neuronario.yml"
DEPLOYMENT = ROOT / "jobs" / "deployment"
OPERATING = ROOT / "site_src" / "operating.md"
BRANCH = "neuronario-history"


def workflow():
    document = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    document["on"] = document.pop(True)  # YAML 1.1 reads the key `on` as a truth value
    return document


def steps():
    return [step for job in workflow()["jobs"].values() for step in job["steps"]]


def step_named(name):
    (found,) = [step for step in steps() if step.get("name") == name]
    return found


class Runner:
    """A checkout on a runner, and the repository that it belongs to."""

    def __init__(self, folder):
        self.folder = folder / "checkout"
        self.hosting = folder / "hosting"
        self.remote = self.hosting / "somebody" / "texts.git"
        self.clean()
        git("init", "--quiet", "--bare", self.remote)

    def clean(self):
        """A new machine: nothing is left of the run before."""
        for path in (self.folder, self.folder.parent / "temp"):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
        program = self.folder / ".venv" / "bin" / "neuronario"
        program.parent.mkdir(parents=True)
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" '
            '-c "from jobs.cli.main import main; main()" "$@"\n'
        )
        program.chmod(0o755)

    @property
    def store(self):
        return self.folder / "store"

    def run(self, name, **environment):
        """Run the step as GitHub would; returns its exit code, output and outputs."""
        output = self.folder.parent / "temp" / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step_named(name)["run"]],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder.parent / "temp"),
                "RUNNER_TEMP": str(self.folder.parent / "temp"),
                "GITHUB_SERVER_URL": self.hosting.as_uri(),
                "GITHUB_REPOSITORY": "somebody/texts",
                "GITHUB_OUTPUT": str(output),
                "HISTORY": workflow()["env"]["HISTORY"],
                "TOKEN": "secret-of-the-job",
                "RETRY_SECONDS": "0",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert "secret-of-the-job" not in done.stdout + done.stderr
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done.returncode, done.stdout + done.stderr, outputs

    def fetch(self):
        code, said, outputs = self.run("Fetch the history of runs")
        assert code == 0, said
        return outputs["tip"]

    def keep(self, tip):
        return self.run("Keep the history of runs", TIP=tip)

    def add_run(self, seed):
        from jobs.store.published_history import keep_line
        from jobs.store.store import commit_run

        run = commit_run(self.store, tiny_content(seed), PAGES, tiny_inputs(seed))
        keep_line(self.store, run.id, {"run": run.id})  # as publishing does
        return run.id

    def branch(self):
        """Commit of the history branch, "" without one."""
        return git(
            "-C", self.remote, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}"
        )

    def kept(self):
        """Names of the runs on the branch."""
        return git("-C", self.remote, "ls-tree", "--name-only", f"{BRANCH}:runs").split()

    def reject(self, times):
        """Let the repository refuse the next pushes."""
        (self.hosting / "left").write_text("x" * times)
        hook = self.remote / "hooks" / "pre-receive"
        left = self.hosting / "left"
        hook.write_text(f'#!/bin/sh\n[ -s "{left}" ] || exit 0\ntruncate -s -1 "{left}"\nexit 1\n')
        hook.chmod(0o755)


def git(*arguments):
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
