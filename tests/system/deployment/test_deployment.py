"""Unattended: the workflow, the systemd units, the cron line, and the page that explains them."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from jobs.cli.main import cli
from report.compare.gate_file import read_gate
from tests.support.deployment import DEPLOYMENT, OPERATING, WORKFLOW, step_named, steps, workflow


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


def test_pull_requests_are_tested_with_nothing_to_steal():
    text = (WORKFLOW.parent / "tests.yml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert set(document[True]) == {"pull_request", "push"}  # YAML 1.1 reads `on` as a truth value
    assert document["permissions"] == {}
    assert (
        "secrets." not in text and "github.token" not in text and "pull_request_target" not in text
    )
    for job in document["jobs"].values():
        assert job["permissions"] == {"contents": "read"} and job["timeout-minutes"] <= 60
        assert any(step.get("run") == ".ci/run" for step in job["steps"])
    pinned = re.findall(r"uses: (\S+)", text)
    assert pinned and all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one) for one in pinned)


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
    """Every call of neuronario in a shell text, without redirections and what follows.

    What a shell or GitHub would work out, ``$((A + 1))`` and ``${{ a.b }}``, is read as 1.
    """
    text = re.sub(r"\$\(\(.*?\)\)|\$\{\{.*?\}\}", "1", text)
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
