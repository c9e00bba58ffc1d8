"""What each verb's help says of its exit codes; the table of all is in README.md."""

import click

from jobs.errors import ExitCode

MEANING = {
    ExitCode.OK: "done, or nothing to do",
    ExitCode.USAGE: "wrong usage",
    ExitCode.DIFFERENT: "a gate failed, or differences were found",
    ExitCode.UNSOUND: "training unsound",
    ExitCode.BAD_DATA: "bad data",
    ExitCode.NO_INPUT: "no such file or run",
    ExitCode.CANNOT_CREATE: "cannot create, or what is there is not ours",
    ExitCode.IO_ERROR: "I/O error, full disk included",
    ExitCode.LOCKED: "another job holds the lock, or another worker is lost",
    ExitCode.NO_PERMISSION: "no permission",
    ExitCode.BAD_CONFIG: "configuration or installation invalid",
}
ALWAYS = (0, 2, 74)  # of every verb: it prints an answer
READS = (65, 66, 77, 78)  # a configuration, a store
WRITES = (73, 75)
OF_VERB: dict[str, tuple[int, ...]] = {
    "run": (4, *READS, *WRITES),
    "import": (*READS, *WRITES),
    "train": (4, *READS, *WRITES),
    "sweep": (4, *READS, *WRITES),
    "collect": (*READS, *WRITES),
    "sample": READS,
    "export": (*READS, 73),
    "trace": (*READS, 73),
    "measure": (*READS, *WRITES),
    "report": (*READS, 73),
    "site": (*READS, *WRITES),
    "diff": (3, *READS),
    "list": READS,
    "show": READS,
    "check": READS,
    "prune": (*READS, *WRITES),
    "tag": (*READS, *WRITES),
    "untag": (*READS, *WRITES),
    "baseline": (*READS, *WRITES),
    "status": READS,
    "config": READS,
    "config check": (*READS, 73),
    "config show": (66, 77, 78),
    "serve": (66, 73, 77, 78),
    "doctor": (),
}


def exit_codes(codes: tuple[int, ...]) -> str:
    """The last paragraph of a help."""
    known = sorted({*ALWAYS, *codes})
    listed = "; ".join(f"{code} {MEANING[ExitCode(code)]}" for code in known)
    return f"Exit codes: {listed}; 1 a bug; 128+N signal N."


def add_exit_codes(group: click.Group, before: str = "") -> None:
    """Let the help of each verb of ``group`` end with its exit codes."""
    for name, command in group.commands.items():
        full = f"{before}{name}"
        command.epilog = exit_codes(OF_VERB.get(full, READS))
        if isinstance(command, click.Group):
            add_exit_codes(command, f"{full} ")
