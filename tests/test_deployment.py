"""Unattended: the workflow, the systemd units, the cron line, and the page that explains them.

The workflow's shell steps are run as they stand, against a repository on this disk.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from jobs.cli import cli
from report.compare.gate_file import read_gate
from tests.command_line import ROOT
from tests.tiny_run import PAGES, tiny_content, tiny_inputs

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


# --- what the files say ---------------------------------------------------------------------


def test_the_linter_of_workflows_has_nothing_to_say():
    linter = Path(sys.executable).with_name("zizmor")
    if not linter.exists():
        pytest.skip("zizmor is not installed: make test installs it")
    done = subprocess.run(
        [linter, "--offline", "--no-progress", "--quiet", "--persona=pedantic", WORKFLOW.parent],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_by_commit_with_the_version_beside_it():
    used = [line for line in WORKFLOW.read_text().splitlines() if re.search(r"\buses:", line)]
    assert len(used) == sum("uses" in step for step in steps()) == 5
    for line in used:
        assert re.search(r"uses: actions/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_only_the_jobs_that_need_it_may_write():
    document = workflow()
    assert document["permissions"] == {}
    granted = {name: job["permissions"] for name, job in document["jobs"].items()}
    assert granted == {
        "build": {"contents": "write"},
        "deploy": {"pages": "write", "id-token": "write"},
        "gate": {},
    }
    assert step_named("Run").keys().isdisjoint({"env"}), "training never sees the token"
    with_token = [step["name"] for step in steps() if "github.token" in str(step.get("env"))]
    assert with_token == ["Fetch the history of runs", "Keep the history of runs"]


def test_strangers_cannot_start_it_and_it_always_ends():
    document = workflow()
    assert set(document["on"]) == {"schedule", "workflow_dispatch"}
    assert document["concurrency"]["cancel-in-progress"] is False
    assert all(job["timeout-minutes"] <= 75 for job in document["jobs"].values())


def test_nothing_is_pasted_into_a_shell():
    assert not [step["run"] for step in steps() if "${{" in step.get("run", "")]


def commands_in(text):
    """Every call of neuronario in a shell text, without redirections and what follows."""
    for line in re.sub(r"^\s*#.*$", "", text, flags=re.M).replace("\\\n", " ").splitlines():
        for call in re.findall(r"(?:^|[\s/])neuronario ([a-z][^|&;>#)]*)", line):
            yield shlex.split(call)


def console_blocks(text):
    return "\n".join(re.findall(r"^```(?:console|cron|ini|yaml)\n(.*?)^```", text, re.S | re.M))


def understood(arguments):
    """Parse ``arguments`` with the command tree; raises click.UsageError where it cannot."""
    command, context = cli, click.Context(cli, info_name="neuronario")
    while isinstance(command, click.Group):
        name, command, arguments = command.resolve_command(context, list(arguments))
        context = click.Context(command, info_name=name, parent=context)
    command.make_context(context.info_name, list(arguments), parent=context.parent)


@pytest.mark.parametrize(
    ("source", "at_least"),
    [
        ("\n".join(step.get("run", "") for step in steps()), 3),
        ((DEPLOYMENT / "neuronario.service").read_text(), 1),
        ((DEPLOYMENT / "neuronario.cron").read_text(), 1),
        (console_blocks(OPERATING.read_text(encoding="utf-8")), 12),
    ],
    ids=["workflow", "systemd", "cron", "operating.md"],
)
def test_every_command_and_option_exists(source, at_least):
    found = list(commands_in(source))
    assert len(found) >= at_least
    for arguments in found:
        understood(arguments)


@pytest.mark.parametrize("wrong", ["runn --quiet", "run --silent", "diff a b c"])
def test_a_command_that_does_not_exist_is_noticed(wrong):
    with pytest.raises(click.UsageError):
        understood(wrong.split())


def test_the_example_of_gates_is_valid():
    gate = read_gate(DEPLOYMENT / "gate.yml")
    assert gate.max_bpc_increase and gate.min_matched and gate.same_inputs == ["probe"]


def test_systemd_accepts_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for name in ("neuronario.service", "neuronario.timer"):
        text = (DEPLOYMENT / name).read_text()
        # verify wants the program to exist; it is installed elsewhere here
        text = text.replace("/opt/neuronario/.venv/bin/neuronario", sys.executable)
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_units_and_cron_line_are_quiet_and_agree():
    service = (DEPLOYMENT / "neuronario.service").read_text()
    (cron,) = [
        line
        for line in (DEPLOYMENT / "neuronario.cron").read_text().splitlines()
        if not line.startswith("#")
    ]
    command = "/opt/neuronario/.venv/bin/neuronario run --quiet --config /etc/neuronario.yml"
    assert f"ExecStart={command}\n" in service and "SuccessExitStatus=75\n" in service
    fields = cron.split(None, 5)
    assert fields[:5] == ["23", "3", "*", "*", "*"] and fields[5].endswith(command)
    assert "%" not in cron, "cron would read it as the end of the line"
    assert "OnCalendar=*-*-* 03:23\n" in (DEPLOYMENT / "neuronario.timer").read_text()


# --- the steps that keep the history ----------------------------------------------------------


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
            '-c "from jobs.cli import main; main()" "$@"\n'
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
        from jobs.published_history import keep_line
        from jobs.store import commit_run

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


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


@pytest.fixture
def kept(runner):
    """A repository whose history holds one run."""
    tip = runner.fetch()
    assert tip == ""
    runner.first = runner.add_run(0)
    (runner.store / "work").mkdir(exist_ok=True)
    (runner.store / "work" / "checkpoint").write_text("large")
    code, said, _ = runner.keep(tip)
    assert code == 0, said
    return runner


def test_history_goes_from_machine_to_machine_byte_for_byte(kept):
    before = {path: path.read_bytes() for path in kept.store.rglob("*") if path.is_file()}
    kept.clean()
    tip = kept.fetch()
    assert tip == kept.branch()
    after = {path: path.read_bytes() for path in kept.store.rglob("*") if path.is_file()}
    assert after and after == {
        path: data for path, data in before.items() if path.name not in ("checkpoint", "lock")
    }
    second = kept.add_run(1)
    assert kept.keep(tip)[0] == 0
    assert kept.kept() == [kept.first, second]
    assert git("-C", kept.remote, "rev-list", "--count", BRANCH) == "1"


def test_nothing_new_makes_no_new_commit(kept):
    before = kept.branch()
    kept.clean()
    assert kept.keep(kept.fetch())[0] == 0
    assert kept.branch() == before


def test_a_repository_that_does_not_answer_is_not_a_first_run(kept):
    kept.clean()
    kept.remote.rename(kept.hosting / "away")
    code, said, outputs = kept.run("Fetch the history of runs")
    assert (code, outputs) == (75, {}), said
    assert "::error::" in said


@pytest.mark.parametrize(("times", "code"), [(1, 0), (4, 0), (5, 75)])
def test_rejected_pushes_are_tried_again_and_lose_nothing(kept, times, code):
    kept.clean()
    tip = kept.fetch()
    second = kept.add_run(1)
    kept.reject(times)
    assert kept.keep(tip)[0] == code
    assert kept.kept() == [kept.first, second][: 2 if code == 0 else 1]


def test_a_history_that_somebody_else_changed_is_left_alone(kept):
    kept.clean()
    tip = kept.fetch()
    kept.add_run(1)
    tree = git("-C", kept.remote, "rev-parse", f"{BRANCH}^{{tree}}")
    other = git("-C", kept.remote, "commit-tree", "-m", "other", tree)
    git("-C", kept.remote, "update-ref", f"refs/heads/{BRANCH}", other)
    code, said, _ = kept.keep(tip)
    assert (code, kept.branch()) == (75, other), said


def test_a_branch_that_was_removed_meanwhile_is_made_again(kept):
    kept.clean()
    tip = kept.fetch()
    second = kept.add_run(1)
    git("-C", kept.remote, "update-ref", "-d", f"refs/heads/{BRANCH}")
    assert kept.keep(tip)[0] == 0
    assert kept.kept() == [kept.first, second]


def test_a_store_that_lost_its_history_is_not_kept(kept):
    before = kept.branch()
    kept.clean()
    tip = kept.fetch()
    shutil.rmtree(kept.store)
    kept.add_run(1)
    code, said, _ = kept.keep(tip)
    assert (code, kept.branch()) == (65, before), said
    assert "::error::the store lacks runs" in said


def test_a_pruned_run_may_go_because_its_line_stays(kept):
    from jobs.prune import remove_run

    kept.clean()
    tip = kept.fetch()
    second = kept.add_run(1)
    remove_run(kept.store, kept.first)
    code, said, _ = kept.keep(tip)
    assert (code, kept.kept()) == (0, [second]), said


def test_a_damaged_store_is_not_kept(kept):
    before = kept.branch()
    kept.clean()
    tip = kept.fetch()
    (kept.store / "runs" / kept.first / "sample.npz").write_bytes(b"")
    assert kept.keep(tip)[0] == 65
    assert kept.branch() == before


@pytest.mark.parametrize(
    ("answer", "step", "recorded"), [(0, 0, "0"), (3, 0, "3"), (65, 1, "65"), (1, 1, "1")]
)
@pytest.mark.parametrize("own_gate", [True, False])
def test_a_red_gate_still_publishes_and_other_failures_do_not(
    runner, answer, step, recorded, own_gate
):
    program = runner.folder / ".venv" / "bin" / "neuronario"
    program.write_text(f'#!/bin/sh\necho "$@" >> asked\nexit {answer}\n')
    if own_gate:
        (runner.folder / "gate.yml").write_text("max_label_changes: 1\n")
    code, _, outputs = runner.run("Changes and gate")
    assert (code, outputs) == (step, {"code": recorded})
    gate = re.search(r"--gate (\S+)", (runner.folder / "asked").read_text())[1]
    assert read_gate(runner.folder / gate).max_label_changes == (1 if own_gate else None)
    assert (gate == "gate.yml") == own_gate


def test_the_gate_job_waits_for_publishing_and_is_red():
    gate = workflow()["jobs"]["gate"]
    assert gate["needs"] == ["build", "deploy"] and "== '3'" in gate["if"]
    done = subprocess.run(["bash", "-e", "-c", gate["steps"][0]["run"]], check=False)
    assert done.returncode == 3


# --- pages under git --------------------------------------------------------------------------


def test_a_word_diff_marks_the_characters_whose_colour_changed(tmp_path):
    (pattern,) = re.findall(
        r"^# git config diff\.activation\.wordRegex '(.*)'$",
        (ROOT / ".gitattributes").read_text(),
        re.M,
    )
    assert pattern in OPERATING.read_text(encoding="utf-8")
    git("init", "--quiet", tmp_path)
    git("-C", tmp_path, "config", "diff.activation.wordRegex", pattern)
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    page = tmp_path / "report" / "neurons" / "l1" / "n0.md"
    page.parent.mkdir(parents=True)
    old = (
        '  mean: 0.52\n<span class="p9">a</span>'
        '<span class="p9 w"> </span><span class="p7">b</span>\n'
    )
    page.write_text(old)
    git("-C", tmp_path, "add", ".")
    page.write_text(old.replace("0.52", "0.53").replace('"p9 w"', '"p11 w"'))
    shown = git("-C", tmp_path, "diff", "--word-diff")
    assert "mean: [-0.52-]{+0.53+}" in shown
    assert (
        '<span class="p9">a</span>[-<span class="p9 w"> </span>-]{+<span class="p11 w"> </span>+}'
        '<span class="p7">b</span>' in shown
    )


def test_the_pattern_fits_the_pages_as_they_are_written():
    from report.pages import build_pages
    from tests.tiny_view import tiny_view

    (pattern,) = re.findall(r"wordRegex '(.*)'$", (ROOT / ".gitattributes").read_text(), re.M)
    span = re.compile(pattern.split("|")[0])
    page = next(
        page for page in build_pages(tiny_view(sizes=(2, 1))) if page.path.startswith("neurons/l1")
    )
    assert len(span.findall(page.text)) >= 100
