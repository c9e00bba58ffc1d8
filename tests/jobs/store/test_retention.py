"""Which runs are kept: tables that read like restic's golden policies."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config.schema import RetentionConfig
from jobs.store.retention import decide
from jobs.store.store import RunRow

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def row(number: int, finished: str, **facts: object) -> RunRow:
    return RunRow(
        **{
            "run": f"{number:06d}-00000000",
            "status": "ok",
            "finished": finished,
            "bytes": 100,
            "thinnable_bytes": 90,
            "parent": f"{number - 1:06d}-00000000",
            **facts,
        }
    )


def policy(last: int = 1, daily: int = 0, weekly: int = 0, monthly: int = 0) -> RetentionConfig:
    return RetentionConfig(last=last, daily=daily, weekly=weekly, monthly=monthly)


def table(rows: list[RunRow], rules: RetentionConfig, now: datetime = NOW) -> str:
    """One line per run: action, number, reasons."""
    return "\n".join(
        f"{item.action} {int(item.run[:6])}: {', '.join(item.reasons)}"
        for item in decide(rows, rules, now)
    )


def lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


# twice a day around midnight, over a week and a month boundary
TWICE = [
    row(1, "2026-01-31T01:00:00Z"),
    row(2, "2026-02-01T01:00:00Z"),
    row(3, "2026-02-01T23:59:59Z"),
    row(4, "2026-02-02T00:00:00Z"),
    row(5, "2026-03-01T12:00:00Z"),
    row(6, "2026-03-02T12:00:00Z"),
    row(7, "2026-03-09T08:00:00Z"),
    row(8, "2026-03-10T08:00:00Z"),
]


def test_last() -> None:
    assert table(TWICE[4:], policy(last=3)) == lines(
        """
        remove 5: no rule keeps it
        keep 6: last 3
        keep 7: parent of latest, last 3
        keep 8: latest, last 3
        """
    )


def test_daily_keeps_the_newest_of_each_day() -> None:
    assert table(TWICE, policy(daily=6)) == lines(
        """
        remove 1: no rule keeps it
        remove 2: no rule keeps it
        keep 3: daily
        keep 4: daily
        keep 5: daily
        keep 6: daily
        keep 7: parent of latest, daily
        keep 8: latest, last 1, daily
        """
    )


def test_weekly_uses_calendar_weeks() -> None:
    # 1 February and 1 March 2026 are Sundays: 3 and 4, 5 and 6 are in different weeks
    assert table(TWICE, policy(weekly=4)) == lines(
        """
        remove 1: no rule keeps it
        remove 2: no rule keeps it
        remove 3: no rule keeps it
        keep 4: weekly
        keep 5: weekly
        keep 6: weekly
        keep 7: parent of latest
        keep 8: latest, last 1, weekly
        """
    )


def test_monthly_keeps_the_oldest_while_it_has_counts_left() -> None:
    assert table(TWICE, policy(monthly=5)) == lines(
        """
        keep 1: monthly
        remove 2: no rule keeps it
        remove 3: no rule keeps it
        keep 4: monthly
        remove 5: no rule keeps it
        remove 6: no rule keeps it
        keep 7: parent of latest
        keep 8: latest, last 1, monthly
        """
    )
    assert "keep 2: oldest monthly" in table(TWICE[1:], policy(monthly=3))


def test_a_run_is_kept_by_any_rule() -> None:
    assert table(TWICE, policy(last=2, daily=1, weekly=2, monthly=2)) == lines(
        """
        remove 1: no rule keeps it
        remove 2: no rule keeps it
        remove 3: no rule keeps it
        keep 4: monthly
        remove 5: no rule keeps it
        keep 6: weekly
        keep 7: parent of latest, last 2
        keep 8: latest, last 2, daily, weekly, monthly
        """
    )


def test_future_dates_are_never_removed_and_use_up_nothing() -> None:
    rows = [
        *TWICE[5:7],
        row(8, "2036-01-01T00:00:00Z"),
        row(9, "2026-03-10T08:00:00Z", parent=None),
    ]
    assert table(rows, policy(last=2)) == lines(
        """
        remove 6: no rule keeps it
        keep 7: last 2
        keep 8: dated in the future
        keep 9: latest, last 2
        """
    )


def test_references_broken_undated_and_failed_runs() -> None:
    rows = [
        row(1, "2026-01-01T00:00:00Z", references=("baseline",)),
        row(2, "2026-01-02T00:00:00Z", references=("paper", "x")),
        row(3, "", status="broken: MANIFEST.json"),
        row(4, "not a date"),
        row(5, "2026-01-05T00:00:00Z", status="failed"),
        row(6, "2026-01-06T00:00:00Z", status="thinned"),
        row(7, "2026-03-01T00:00:00Z"),
        row(8, "2026-03-02T00:00:00Z"),
        row(9, "2026-03-03T00:00:00Z", status="failed"),
    ]
    assert table(rows, policy()) == lines(
        """
        keep 1: baseline
        keep 2: tag paper, tag x
        keep 3: broken: for a person to look at
        keep 4: has no date
        remove 5: no rule keeps it
        remove 6: no rule keeps it
        keep 7: parent of latest
        keep 8: latest, last 1
        keep 9: recent failure
        """
    )


def test_a_clock_that_was_set_back_does_not_change_the_order() -> None:
    rows = [row(1, "2026-03-09T00:00:00Z"), row(2, "2026-03-01T00:00:00Z", parent=None)]
    assert table(rows, policy()) == lines(
        """
        remove 1: no rule keeps it
        keep 2: latest, last 1
        """
    )


def test_days_are_those_of_utc() -> None:
    rows = [
        row(1, "2026-03-01T23:30:00-02:00"),  # 2 March in UTC
        row(2, "2026-03-02T09:00:00"),
        row(3, "2026-03-03T09:00:00Z", parent=None),
    ]
    assert "remove 1" in table(rows, policy(daily=2))


def test_the_budget_thins_the_oldest_that_nothing_points_at() -> None:
    rows = [
        row(1, "2026-03-01T00:00:00Z", references=("baseline",)),
        row(2, "2026-03-02T00:00:00Z"),
        row(3, "2026-03-03T00:00:00Z", status="thinned", bytes=10, thinnable_bytes=0),
        row(4, "2026-03-04T00:00:00Z"),
        row(5, "2026-03-05T00:00:00Z"),
        row(6, "2026-03-06T00:00:00Z"),
    ]
    rules = RetentionConfig(last=10, daily=0, weekly=0, monthly=0, max_bytes=340)
    assert table(rows, rules) == lines(
        """
        keep 1: baseline, last 10
        thin 2: over the budget of 340 bytes
        keep 3: last 10
        thin 4: over the budget of 340 bytes
        keep 5: parent of latest, last 10
        keep 6: latest, last 10
        """
    )


def test_nothing_in_nothing_out() -> None:
    assert decide([], policy(), NOW) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-400, 40), max_size=25),
    st.integers(1, 5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(100, 3_000),
)
def test_what_holds_for_every_policy(
    days: list[int], last: int, daily: int, weekly: int, monthly: int, budget: int
) -> None:
    rows = [
        row(number, (NOW + timedelta(days=day)).isoformat())
        for number, day in enumerate(days, start=1)
    ]
    rules = RetentionConfig(
        last=last, daily=daily, weekly=weekly, monthly=monthly, max_bytes=budget
    )
    decisions = decide(rows, rules, NOW)
    assert [item.run for item in decisions] == [item.run for item in rows]
    by_run = {item.run: item for item in decisions}
    if rows:
        assert by_run[rows[-1].run].action == "keep", "the latest is always kept"
    for one, day in zip(rows, days, strict=True):
        if day > 0:
            assert by_run[one.run].action == "keep", "a future date is never removed"
    removed = {item.run for item in decisions if item.action == "remove"}
    again = decide([one for one in rows if one.run not in removed], rules, NOW)
    assert not [item for item in again if item.action == "remove"], "pruning twice removes no more"
    assert all(item.reasons for item in decisions)


@pytest.mark.parametrize("finished", ["2026-02-30T00:00:00Z", "9999-12-31T23:59:59-23:00", "é"])
def test_dates_that_are_none(finished: str) -> None:
    assert decide([row(1, finished)], policy(), NOW)[0].action == "keep"
