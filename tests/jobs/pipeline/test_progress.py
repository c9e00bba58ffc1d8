"""What a job prints: on a terminal, without one, quietly, and after a failure."""

import io
import re

import pytest

from jobs.model.history import EpochRecord
from jobs.pipeline.progress import ProgressDisplay
from jobs.printable import printable, quoted


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Clock:
    """Advances by ten seconds a look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 10.0
        return self.now


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch, 1.25, 1.8, 2.5, 0.1, 0.001)


def train(progress: ProgressDisplay, epochs: int = 3) -> None:
    with progress, progress.stage("train"):
        progress.epochs(epochs)
        for epoch in range(1, epochs + 1):
            progress.epoch(record(epoch))


def test_without_a_terminal_one_plain_line_per_epoch() -> None:
    stream = io.StringIO()
    train(ProgressDisplay(stream=stream, clock=Clock()))
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if line.startswith("epoch")] == [
        "epoch 1/3  loss 1.2500 nats  held-out 2.500 bits per character  20 s left",
        "epoch 2/3  loss 1.2500 nats  held-out 2.500 bits per character  10 s left",
        "epoch 3/3  loss 1.2500 nats  held-out 2.500 bits per character  0 s left",
    ]
    assert len(lines) == 4, "three epochs and the stage"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", stream.getvalue())


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    train(ProgressDisplay(stream=stream))
    shown = stream.getvalue()
    assert "held-out 2.500 bits per character" in shown
    assert "\x1b[" in shown
    assert "3/3" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "\x1b[?25h" in shown, "the cursor is shown again"


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    train(ProgressDisplay(stream=stream))
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", stream.getvalue()), "no colour codes"


def test_quiet_prints_nothing_on_success() -> None:
    stream = io.StringIO()
    train(ProgressDisplay(stream=stream, quiet=True))
    assert stream.getvalue() == ""


def test_quiet_shows_the_end_of_the_log_on_failure() -> None:
    stream = io.StringIO()
    progress = ProgressDisplay(stream=stream, quiet=True)
    with pytest.raises(ValueError, match="broken"), progress, progress.stage("train"):
        progress.epochs(100)
        for epoch in range(1, 101):
            progress.epoch(record(epoch))
        raise ValueError("broken")
    progress.failed()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 40
    assert "epoch 100/100" in lines[-2]
    assert lines[-1].endswith("train: ended by ValueError")


def test_the_log_has_everything_with_times() -> None:
    progress = ProgressDisplay(stream=io.StringIO(), quiet=True)
    train(progress)
    lines = progress.log_text().splitlines()
    assert len(lines) == 5
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in lines)


def test_others_are_told_what_the_job_does() -> None:
    told: list[str] = []
    train(ProgressDisplay(stream=io.StringIO(), on_change=told.append))
    assert told == ["train", *(f"train, epoch {epoch} of 3" for epoch in (1, 2, 3))]


def test_status_is_one_line_even_when_quiet() -> None:
    stream = io.StringIO()
    progress = ProgressDisplay(stream=stream, quiet=True, clock=Clock())
    with progress.stage("train"):
        progress.epochs(5)
        progress.epoch(record(2))
        progress.show_status()
    assert stream.getvalue() == (
        "train, epoch 2 of 5, loss 1.2500 nats  held-out 2.500 bits per character, 30 s left\n"
    )


def test_a_resumed_training_counts_only_its_own_epochs_for_the_time_left() -> None:
    stream = io.StringIO()
    progress = ProgressDisplay(stream=stream, clock=Clock())
    with progress.stage("train"):
        progress.epochs(10, done=8)
        progress.epoch(record(9))
    assert "continues after epoch 8 of 10" in stream.getvalue()
    assert "epoch 9/10" in stream.getvalue()
    assert "10 s left" in stream.getvalue()


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J",
        "\r\n::set-output name=a::b",
        "::error::x",
        "  ::add-mask::x",
        "##[command]ls",
        "\u202eabc",
        "\x9b31m",
        "\x07",
        "\u2066x",
    ],
)
def test_no_line_obeys_a_text(hostile: str) -> None:
    stream = io.StringIO()
    ProgressDisplay(stream=stream).note(f"{hostile}")
    shown = stream.getvalue()
    assert shown.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown


def test_corpus_text_is_quoted_ascii_and_short() -> None:
    assert quoted("a\x1b é😀") == r"'a\x1b \xe9\U0001f600'"
    assert len(quoted("é" * 1_000)) < 300


def test_printable_leaves_ordinary_text_alone() -> None:
    assert printable("epoch 1: é C:\\x::y") == "epoch 1: é C:\\x::y"


def test_a_long_epoch_reports_inside_once_a_minute() -> None:
    stream, doing = io.StringIO(), []
    progress = ProgressDisplay(stream=stream, on_change=doing.append, clock=Clock())
    with progress, progress.stage("train"):
        progress.epochs(3)
        for taken in range(100, 1_000, 100):  # ten seconds each
            progress.steps(1, taken, 1_000)
        progress.epoch(record(1))
    lines = [line for line in stream.getvalue().splitlines() if line.startswith("epoch")]
    assert lines[0] == "epoch 1 of 3, step 700 of 1,000"
    assert len(lines) == 2, "one line inside, one for the epoch"
    assert "train, epoch 1 of 3, step 100 of 1,000" in doing
