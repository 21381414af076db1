"""Days that are not over: drawn up to now, and compared with as much of the days before."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some
from playwright.sync_api import Locator, Request

from tests.browser.functions import Functions
from tests.browser.walking import Dashboard


@pytest.fixture(scope="module")
def moments() -> Iterator[Functions]:
    with Functions("moments.ts") as functions:
        yield functions


def asked(dashboard: Dashboard, path: str) -> dict[str, Any]:
    """The report of the chart of a page."""

    def is_compared(request: Request) -> bool:
        return request.url.endswith("/reports") and '"compare"' in (request.post_data or "")

    with dashboard.page.expect_request(is_compared) as sent:
        dashboard.page.goto(f"/dashboard{path}")
    return dict(json.loads(sent.value.post_data or ""))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")


def rows(dashboard: Dashboard) -> Locator:
    dashboard.page.get_by_role("button", name="As a table").click()
    return dashboard.page.get_by_role("region", name="Over time").get_by_role("row")


def test_today_ends_now_and_is_compared_with_as_much_of_yesterday(dashboard: Dashboard) -> None:
    report = asked(dashboard, "/?days=1&zone=UTC")
    began, ends = moment(report["since"]), moment(report["until"])
    before, until = (moment(report["compare"][name]) for name in ("since", "until"))
    assert (began - before).days == 1
    assert ends - began == until - before
    dashboard.page.get_by_text("Dashed end: not over yet").wait_for()
    hours = rows(dashboard)
    hours.last.get_by_text("so far").wait_for()
    begun = -(-(ends - began).total_seconds() // 3600)
    assert hours.count() - 1 in (begun, begun + 1)  # The next may have begun since.
    assert not dashboard.is_wider_than_screen()


def test_the_last_day_of_a_longer_range_is_dashed_on_every_page_with_a_chart(
    dashboard: Dashboard,
) -> None:
    for path, row in (("/programmes", "main table a"), ("/offers", "main table a")):
        dashboard.page.goto(f"/dashboard{path}?days=7&zone=UTC")
        dashboard.page.locator(row).first.click()
        dashboard.page.get_by_text("Dashed end: not over yet").wait_for()
    report = asked(dashboard, "/?days=7&zone=UTC")
    began, ends = moment(report["since"]), moment(report["until"])
    before, until = (moment(report["compare"][name]) for name in ("since", "until"))
    assert (began - before).days == 7
    assert ends - began == until - before
    assert rows(dashboard).count() == 1 + 7


def test_days_that_are_over_are_compared_with_the_whole_days_before(dashboard: Dashboard) -> None:
    report = asked(dashboard, "/?since=2026-10-01&until=2026-10-16&zone=UTC")
    assert (report["until"], report["compare"]) == ("2026-10-16", "previous")
    rows(dashboard).last.wait_for()
    assert dashboard.page.get_by_text("so far").count() == 0
    assert dashboard.page.get_by_text("Dashed end").count() == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=some.integers(1, 400),
    elapsed=some.floats(0.001, 0.999),
    start=some.dates(date(2020, 1, 1), date(2030, 1, 1)),
    zone=some.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"]),
)
def test_days_that_are_not_over_are_compared_up_to_the_same_time_of_the_clock(
    moments: Functions, days: int, elapsed: float, start: date, zone: str
) -> None:
    end = start + timedelta(days=days)
    assume(start.day != 1 or end.day != 1)
    local = datetime.combine(start, time()) + timedelta(seconds=int(days * 86_400 * elapsed))
    now, before = (shown_once(one, zone) for one in (local, local - timedelta(days=days)))
    milliseconds = int(now.timestamp()) * 1000
    found = moments("elapsed", start.isoformat(), end.isoformat(), zone, milliseconds)
    assert moment(found["until"]) == now
    assert moment(found["compare"]["until"]) == before
    first = moment(found["compare"]["since"]).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert first == datetime.combine(start, time()) - timedelta(days=days)


def shown_once(local: datetime, zone: str) -> datetime:
    """The moment at which the clocks of the zone show this, unless they show it twice or never."""
    first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    assume(first.utcoffset() == second.utcoffset())
    return first


@pytest.mark.parametrize(
    ("since", "until", "now", "before"),
    [
        ("2026-11-01", "2026-12-01", "2026-11-15T10:30", ("2026-10-01", "2026-10-15T10:30")),
        ("2026-03-01", "2026-04-01", "2026-03-31T10:30", ("2026-02-01", "2026-03-01")),
        ("2026-01-01", "2027-01-01", "2026-05-01T00:01", ("2025-01-01", "2025-05-01T00:01")),
        ("2026-01-01", "2026-03-01", "2026-02-01T00:01", ("2025-11-01", "2025-12-01T00:01")),
    ],
)
def test_months_that_are_not_over_are_compared_with_the_months_before(
    moments: Functions, since: str, until: str, now: str, before: tuple[str, str]
) -> None:
    begin, end = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in before)
    milliseconds = int(moment(f"{now}+00:00").timestamp()) * 1000
    found = moments("elapsed", since, until, "UTC", milliseconds)["compare"]
    assert [moment(found[one]) for one in ("since", "until")] == [begin, end]


@pytest.mark.parametrize("now", ["2026-10-31T23:59", "2026-12-01T00:01"])
def test_days_that_are_over_or_to_come_have_not_elapsed_in_part(
    moments: Functions, now: str
) -> None:
    milliseconds = int(moment(f"{now}+00:00").timestamp()) * 1000
    assert moments("elapsed", "2026-11-01", "2026-12-01", "UTC", milliseconds) is None
