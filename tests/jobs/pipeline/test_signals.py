"""Signals are answered at once, whatever the main thread does and whoever else has threads."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, threading, time
import numpy  # its threads were started before, and block no signal
from jobs.pipeline.signals import answer_signals

def ended(number):
    print("ended", number, flush=True)

other = threading.Thread(target=time.sleep, args=(60,), daemon=True)
other.start()
answer_signals(ended, lambda: print("progress", flush=True))
print("ready", flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    ctypes.CDLL(None).sleep(60)  # as a compiled epoch: no step of the interpreter in between
"""


def started(program: str, **keywords: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        **keywords,  # type: ignore[call-overload]
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ending_signals_give_128_and_their_number(number: signal.Signals) -> None:
    process = started(PROGRAM)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert out == f"ended {int(number)}\n"
    assert process.returncode == 128 + number


def test_progress_is_told_and_the_job_goes_on() -> None:
    process = started(PROGRAM)
    assert process.stdout is not None
    for _ in range(3):
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "progress\n"
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    process = started(PROGRAM, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    assert process.stdout.readline() == "progress\n"
    assert process.poll() is None
    process.kill()
    process.wait()
