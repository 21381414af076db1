"""docs/days.json: days that calendars get wrong, as our own calendar and the engine have them."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ports import Batch
from footfall.core.queries import Bucket
from footfall.core.reports import ReportQuery
from footfall.dialects.native.windows import Window, label, read_moment, starts
from footfall.store.store import ClickHouseStore

CORPUS = json.loads((Path(__file__).parent.parent.parent / "docs" / "days.json").read_text())
RECEIVED = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()) * 1000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000

each_day = pytest.mark.parametrize(
    ("number", "one"),
    list(enumerate(CORPUS, start=1)),
    ids=[f"{one['zone']} {one['day']}" for one in CORPUS],
)


def begins(one: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(one["begins"]).timestamp()) * 1000


def ends(one: dict[str, Any]) -> int:
    return begins(one) + int(one["hours"] * HOUR_MS)


def moments(one: dict[str, Any]) -> list[int]:
    """Just before the day, its first and last, and just after."""
    return [begins(one) - 1, begins(one), ends(one) - 1, ends(one)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    """An account for each day of the corpus."""
    numbers = itertools.count(first_id_at(RECEIVED))
    lines = [
        msgspec.json.encode(
            Event(
                id=next(numbers),
                account=number,
                kind=EventKind.OPEN,
                source="native",
                delay=RECEIVED - at,
                verdict=Verdict.COUNTED,
            )
        )
        for number, one in enumerate(CORPUS, start=1)
        for at in moments(one)
    ]
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('days')}", 400_000_000)
    opened.insert(Batch("days", 1, len(lines), b"\n".join(lines) + b"\n"))
    yield opened
    opened.close()


@each_day
def test_a_day_begins_and_ends_when_the_corpus_says(number: int, one: dict[str, Any]) -> None:
    zone = one["zone"]
    assert read_moment(one["day"], "since", zone) == begins(one)
    window = Window(begins(one), ends(one), zone)
    days = [begins(one)] if one["hours"] else []
    if one["hours"]:
        assert list(starts(window, Bucket.DAY, 1)) == days
    wide = Window(begins(one) - 3 * DAY_MS, ends(one) + 3 * DAY_MS, zone)
    labels = [label(start, Bucket.DAY, zone) for start in starts(wide, Bucket.DAY, 1)]
    assert labels.count(one["day"]) == bool(one["hours"])
    quarters = list(starts(window, Bucket.QUARTER_HOUR, 1))
    assert len(quarters) == one["hours"] * 4


@each_day
@pytest.mark.parametrize("source", ["rollup_account", "events"])
def test_the_engine_counts_the_first_and_the_last_moment_into_the_day(
    store: ClickHouseStore, number: int, one: dict[str, Any], source: str
) -> None:
    edge = 0 if source == "rollup_account" else 1  # not on a quarter-hour
    report = store.report(
        ReportQuery(
            account=number,
            occurred_since=(begins(one) - 4 * DAY_MS) // 900_000 * 900_000 + edge,
            occurred_until=(ends(one) + 4 * DAY_MS) // 900_000 * 900_000,
            bucket=Bucket.DAY,
            zone=one["zone"],
        )
    )
    assert report.table == source
    counted = {
        label(group.start or 0, Bucket.DAY, one["zone"]): group.counts.counted
        for group in report.groups
    }
    if one["hours"]:
        assert counted[one["day"]] == 2
    else:
        assert one["day"] not in counted
    assert sum(counted.values()) == 4


@pytest.mark.parametrize(
    ("week_start", "day"), [(1, "2026-03-23"), (6, "2026-03-28"), (7, "2026-03-29")]
)
def test_a_week_begins_on_the_day_that_was_asked_for(
    store: ClickHouseStore, week_start: int, day: str
) -> None:
    """The week of the Sunday on which Berlin's clocks go forward."""
    one = CORPUS[0]
    report = store.report(
        ReportQuery(
            account=1,
            occurred_since=begins(one),
            occurred_until=ends(one),
            bucket=Bucket.WEEK,
            week_start=week_start,
            zone=one["zone"],
        )
    )
    shown = [label(group.start or 0, Bucket.WEEK, one["zone"]) for group in report.groups]
    assert shown == [day]
    window = Window(begins(one), ends(one), one["zone"])
    assert list(starts(window, Bucket.WEEK, week_start)) == [report.groups[0].start]


@pytest.mark.parametrize(
    "one",
    [one for one in CORPUS if "hours_begin" in one],
    ids=lambda one: f"{one['zone']} {one['day']}",
)
def test_hours_of_a_day_on_which_the_clocks_change_begin_when_the_corpus_says(
    store: ClickHouseStore, one: dict[str, Any]
) -> None:
    zone = one["zone"]
    found = list(starts(Window(begins(one), ends(one), zone), Bucket.HOUR, 1))
    shown = [label(start, Bucket.HOUR, zone) for start in found]
    assert [f"{text[11:16]}{text[19:]}" for text in shown] == one["hours_begin"]
    report = store.report(
        ReportQuery(
            account=CORPUS.index(one) + 1,
            occurred_since=begins(one),
            occurred_until=ends(one),
            bucket=Bucket.HOUR,
            zone=zone,
        )
    )
    assert [group.start for group in report.groups] == [found[0], found[-1]]
