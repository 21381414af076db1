"""Reports that are compared with another window: which one, and that nothing is left out of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.core.queries import Bucket
from footfall.dialects.native.comparisons import (
    COMPARISONS,
    compare_with,
    cut_buckets,
    pair_buckets,
)
from footfall.dialects.native.windows import Window, label, read_window, starts
from tests.native.places import ingest, refused, running
from tests.support.running import RunningServer

ZONE = "Europe/Berlin"
DAYS = [date(2024, 10, 25) + timedelta(days=number) for number in range(410)]
NOW = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 1000


def window(since: str, until: str, zone: str = ZONE) -> Window:
    return read_window(since, until, zone, NOW)


def compared(name: str, one: Window) -> tuple[str, str]:
    shown = compare_with(name, one).window.shown()
    return shown.since[:16], shown.until[:16]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One to three events a day, and one country of each month."""
    server = running(tmp_path_factory.mktemp("year"))
    countries = ["NL", "DE", "BE", "FR"]
    ingest(
        server,
        [
            {
                "kind": "open",
                "occurred_at": f"{day}T1{hour}:00:00Z",
                "country": countries[day.month % 4],
            }
            for day in DAYS
            for hour in range(1 + day.day % 3)
        ],
    )
    yield server
    server.close()


def report(server: RunningServer, **asked: Any) -> dict[str, Any]:
    response = server.client.post("/reports", json={"zone": ZONE, **asked})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize(
    ("name", "since", "until", "wanted"),
    [
        ("previous", "2025-11-01", "2025-12-01", ("2025-10-01T00:00", "2025-11-01T00:00")),
        ("previous", "2025-01-01", "2025-04-01", ("2024-10-01T00:00", "2025-01-01T00:00")),
        ("previous", "2025-11-03", "2025-11-10", ("2025-10-27T00:00", "2025-11-03T00:00")),
        ("previous", "2025-03-30", "2025-03-31", ("2025-03-29T00:00", "2025-03-30T00:00")),
        ("previous", "2025-11-05", "2025-11-05T14:15", ("2025-11-04T00:00", "2025-11-04T14:15")),
        (
            "previous",
            "2025-11-05T12:00",
            "2025-11-05T18:00",
            ("2025-11-05T06:00", "2025-11-05T12:00"),
        ),
        ("year", "2025-11-01", "2025-12-01", ("2024-11-01T00:00", "2024-12-01T00:00")),
        ("year", "2024-02-29", "2024-03-01", ("2023-02-28T00:00", "2023-03-01T00:00")),
        ("year", "2024-02-01", "2024-02-29", ("2023-02-01T00:00", "2023-03-01T00:00")),
        ("year", "2025-02-01", "2025-03-01", ("2024-02-01T00:00", "2024-03-01T00:00")),
        ("year_by_weekday", "2025-11-03", "2025-11-10", ("2024-11-04T00:00", "2024-11-11T00:00")),
    ],
)
def test_a_comparison_knows_the_calendar(
    name: str, since: str, until: str, wanted: tuple[str, str]
) -> None:
    assert compared(name, window(since, until)) == wanted


@settings(deadline=None)
@given(
    st.integers(0, 9_000),
    st.integers(1, 200),
    st.sampled_from(["UTC", ZONE, "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]),
    st.sampled_from([Bucket.HOUR, Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.YEAR]),
    st.sampled_from(sorted(COMPARISONS)),
)
def test_every_bucket_of_both_windows_is_compared_once(
    first: int, length: int, zone: str, bucket: Bucket, name: str
) -> None:
    since = date(2001, 1, 1) + timedelta(days=first)
    one = window(str(since), str(since + timedelta(days=length)), zone)
    other = compare_with(name, one)
    own = list(starts(one, bucket, 1))
    before = list(starts(other.window, bucket, 1))
    lines = pair_buckets(own, before, bucket, zone, other.shift)
    assert [start for start, _ in lines if start is not None] == own
    assert sorted(start for _, start in lines if start is not None) == before
    cut = cut_buckets(one, bucket, 1)
    assert cut <= {own[0], own[-1]}
    assert (own[0] in cut) or own[0] >= one.since


@pytest.mark.parametrize("fill", [True, False])
@pytest.mark.parametrize("compare", [*COMPARISONS, {"since": "2025-03-03", "until": "2025-05-11"}])
@pytest.mark.parametrize("bucket", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("by", [[], ["country"]])
def test_what_rows_were_before_adds_up_to_what_everything_was(
    year: RunningServer, by: list[str], bucket: str, compare: Any, fill: bool
) -> None:
    found = report(
        year,
        since="2025-11-01",
        until="2025-12-01",
        dimensions=[*by, {"time": bucket}],
        compare=compare,
        fill=fill,
    )
    rows, totals = found["rows"], found["totals"]
    beyond = found["other"]["previous"]["counted"] if found["other"] else 0
    before = [row["previous"] for row in rows if row["previous"]]
    assert sum(row["counted"] for row in rows) == totals["counted"] > 50
    assert sum(one["counted"] for one in before) + beyond == totals["previous"]["counted"] > 50
    assert found["complete"]
    times = [row["time"] for row in rows if row["time"]]
    assert len(set(times)) == len(times)


def test_each_bucket_has_its_own_time_and_cut_ones_are_partial(year: RunningServer) -> None:
    found = report(
        year,
        since="2025-11-01",
        until="2025-12-01",
        dimensions=[{"time": "week"}],
        compare="previous",
    )
    shown = [
        (row["time"], row.get("partial"), row["previous"]["time"], row["previous"].get("partial"))
        for row in found["rows"]
    ]
    assert shown == [
        ("2025-10-27", True, "2025-09-29", True),
        ("2025-11-03", None, "2025-10-06", None),
        ("2025-11-10", None, "2025-10-13", None),
        ("2025-11-17", None, "2025-10-20", None),
        ("2025-11-24", None, "2025-10-27", True),
    ]
    assert found["rows"][0]["counted"] == 5


def test_a_day_that_only_the_other_month_has_is_a_row(year: RunningServer) -> None:
    asked = {"since": "2025-11-01", "until": "2025-12-01", "dimensions": [{"time": "day"}]}
    rows = report(year, **asked, compare="previous")["rows"]
    assert len(rows) == 31
    assert rows[29]["time"][-5:] == "11-30"
    assert rows[29]["previous"]["time"] == "2025-10-30"
    assert rows[30] == {
        "time": None,
        "counted": 0,
        "previous": {"time": "2025-10-31", "counted": 2},
    }


def test_hours_are_compared_by_the_clock_where_it_changes() -> None:
    one = window("2025-03-30", "2025-03-31")
    other = compare_with("previous", one)
    pairs = pair_buckets(
        list(starts(one, Bucket.HOUR, 1)),
        list(starts(other.window, Bucket.HOUR, 1)),
        Bucket.HOUR,
        ZONE,
        other.shift,
    )
    shown = [[start and label(start, Bucket.HOUR, ZONE)[11:16] for start in pair] for pair in pairs]
    assert shown[1:4] == [["01:00", "01:00"], [None, "02:00"], ["03:00", "03:00"]]


@pytest.mark.parametrize("name", ["last", "previous_year", ""])
def test_another_comparison_is_refused_with_those_that_there_are(
    year: RunningServer, name: str
) -> None:
    error = refused(year.client.post("/reports", json={"since": "2025-11-01", "compare": name}))
    assert all(one in error for one in COMPARISONS)
    assert list(COMPARISONS) == list(year.client.get("/reports/schema").json()["compare"])


@pytest.mark.parametrize(
    ("bucket", "first"),
    [
        ("day", "2024-10-25"),
        ("week", "2024-10-21"),
        ("month", "2024-10-01"),
        ("year", "2024-01-01"),
    ],
)
def test_a_report_without_since_begins_at_the_first_event(
    year: RunningServer, bucket: str, first: str
) -> None:
    found = report(year, until="2025-12-01", dimensions=[{"time": bucket}])
    assert found["rows"][0]["time"] == found["window"]["since"][:10] == first
    assert found["rows"][0]["counted"] > 0
    every = report(year, since="2000-01-01", until="2025-12-01", dimensions=[{"time": bucket}])
    assert every["totals"] == found["totals"]
    assert len(every["rows"]) > len(found["rows"])


def test_a_report_without_since_by_hours_is_not_refused_for_years_without_events(
    year: RunningServer,
) -> None:
    found = report(year, until="2024-10-27", dimensions=[{"time": "hour"}])
    assert [len(found["rows"]), found["totals"]["counted"]] == [48, 5]
    before = report(year, until="2001-01-01", dimensions=[{"time": "day"}])
    assert [row["counted"] for row in before["rows"]] == [0]
    whole = report(year, until="2025-12-01T10:01:02")
    assert whole["window"]["since"][:10] == "2024-10-25"


def test_answers_name_the_metrics_that_are_sums_of_days(year: RunningServer) -> None:
    asked = {"since": "2025-11-01", "until": "2025-12-01"}
    assert report(year, **asked, metrics=["uniques", "counted"])["sums_of_days"] == ["uniques"]
    assert report(year, **asked, metrics=["counted"])["sums_of_days"] == []
    explained = year.client.post("/counts/explain", json=asked).json()
    assert explained["sums_of_days"] == ["uniques"]
    assert year.client.get("/reports/schema").json()["sums_of_days"] == ["uniques"]
