"""Which runs `neuronario prune` keeps, and why: restic's semantics.

A run is kept if any rule keeps it. ``daily: 14`` keeps the newest run of each of the last 14
calendar days (UTC) *that have runs*; weekly and monthly likewise; while a rule is not used up, it
keeps the oldest run as well, so that the history reaches back as far as it can. A run dated after
now is kept whatever the rules say: the clock, not the run, is suspect. Runs that something still
points at are kept too: the cells of a recorded sweep, which use up no rule, among them. Where the
rest is over the byte budget, the oldest are thinned.

Thinning takes away a run's arrays and pages and leaves its description, so that the history keeps
its line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from jobs.config.schema import RetentionConfig
from jobs.store.store import RunRow

Action = Literal["keep", "thin", "remove"]
Bucket = Callable[[datetime], tuple[int, ...]]

BUCKETS: tuple[tuple[str, Bucket], ...] = (
    ("daily", lambda time: (time.year, time.month, time.day)),
    ("weekly", lambda time: tuple(time.isocalendar()[:2])),
    ("monthly", lambda time: (time.year, time.month)),
)


@dataclass(frozen=True)
class Decision:
    """What becomes of one run."""

    run: str
    action: Action
    reasons: tuple[str, ...]  # why it is kept; for the others why not
    bytes: int  # freed by the action

    def __str__(self) -> str:
        """``keep    000012-1a2b3c4d  last 10, daily``."""
        return f"{self.action:<7} {self.run}  {', '.join(self.reasons)}"


def decide(rows: Sequence[RunRow], policy: RetentionConfig, now: datetime) -> list[Decision]:
    """Say for every run, oldest first, what becomes of it.

    Args:
        rows: all runs of the store, from :func:`jobs.store.store.list_runs`.
        policy: the rules.
        now: the present, with its time zone.
    """
    # by the counter, not by the clock: a clock that was set back does not change the order
    newest_first = sorted(rows, key=lambda row: row.run, reverse=True)
    reasons = {row.run: _pointed_at(row, rows) + _suspect(row, now) for row in newest_first}
    by_rule = _by_rules(newest_first, policy, now)
    decisions: list[Decision] = []
    for row in reversed(newest_first):
        why = (*reasons[row.run], *by_rule[row.run])
        if why:
            decisions.append(Decision(row.run, "keep", why, 0))
        else:
            decisions.append(Decision(row.run, "remove", ("no rule keeps it",), row.bytes))
    return _within_budget(decisions, rows, reasons, policy)


def _pointed_at(row: RunRow, rows: Sequence[RunRow]) -> tuple[str, ...]:
    """Why a run must stay whole whatever the calendar says."""
    reasons: list[str] = []
    whole = [other for other in rows if other.status == "ok"]
    whole = [other for other in whole if not other.swept] or whole
    latest = max(whole, key=lambda other: other.run, default=None)
    if latest is not None:
        if row.run == latest.run:
            reasons.append("latest")
        if row.run == latest.parent:
            reasons.append("parent of latest")
    if row.sweep and row.status == "ok":
        reasons.append(f"sweep {row.sweep}")
    reasons += ["baseline" if name == "baseline" else f"tag {name}" for name in row.references]
    return tuple(reasons)


def _suspect(row: RunRow, now: datetime) -> tuple[str, ...]:
    if row.status.startswith("broken"):
        return ("broken: for a person to look at",)
    time = _time(row)
    if time is None:
        return ("has no date",)
    return ("dated in the future",) if time > now else ()


def _by_rules(
    newest_first: Sequence[RunRow], policy: RetentionConfig, now: datetime
) -> dict[str, tuple[str, ...]]:
    left = {
        "last": policy.last,
        "daily": policy.daily,
        "weekly": policy.weekly,
        "monthly": policy.monthly,
    }
    seen: dict[str, tuple[int, ...]] = {}
    counted = {row.run: time for row in newest_first if (time := _countable(row, now))}
    if not all(row.swept for row in newest_first if row.run in counted):
        counted = {row.run: counted[row.run] for row in newest_first if _own(row, counted)}
    oldest = min(counted, default="")
    kept: dict[str, tuple[str, ...]] = {}
    for row in newest_first:
        reasons: list[str] = []
        time = counted.get(row.run)
        if row.status == "failed" and left["last"] > 0:
            reasons.append("recent failure")
        if time is not None:
            if left["last"] > 0:
                left["last"] -= 1
                reasons.append(f"last {policy.last}")
            for rule, bucket in BUCKETS:
                if left[rule] > 0 and (seen.get(rule) != bucket(time) or row.run == oldest):
                    reasons.append(rule if seen.get(rule) != bucket(time) else f"oldest {rule}")
                    seen[rule] = bucket(time)
                    left[rule] -= 1
        kept[row.run] = tuple(reasons)
    return kept


def _own(row: RunRow, counted: Mapping[str, datetime]) -> bool:
    """Whether a run uses up the rules: a sweep's own do not push out those of jobs."""
    return row.run in counted and not row.swept


def _countable(row: RunRow, now: datetime) -> datetime | None:
    """When the run was finished, if it uses up the rules: not failed, broken or ahead of now."""
    time = _time(row)
    return time if row.status in ("ok", "thinned") and time is not None and time <= now else None


def _within_budget(
    decisions: list[Decision],
    rows: Sequence[RunRow],
    pointed_at: dict[str, tuple[str, ...]],
    policy: RetentionConfig,
) -> list[Decision]:
    """Thin the oldest runs that nothing points at until the store fits its byte budget."""
    row_of = {row.run: row for row in rows}
    total = sum(row_of[item.run].bytes for item in decisions if item.action == "keep")
    result: list[Decision] = []
    for item in decisions:
        row = row_of[item.run]
        if (
            total > policy.max_bytes
            and item.action == "keep"
            and row.status == "ok"
            and not pointed_at[item.run]
        ):
            total -= row.thinnable_bytes
            reason = f"over the budget of {policy.max_bytes:,} bytes"
            result.append(
                replace(item, action="thin", reasons=(reason,), bytes=row.thinnable_bytes)
            )
        else:
            result.append(item)
    return result


def _time(row: RunRow) -> datetime | None:
    try:
        time = datetime.fromisoformat(row.finished)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
