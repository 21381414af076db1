"""The raw stream at its limit: more rows than a page has, and rows that are gone."""

from collections.abc import Iterator

import pytest

from footfall.core.accounts import Account, AgeBy, Privacy
from footfall.core.calendar import DAY_MS
from footfall.core.errors import InvalidRequest
from footfall.core.ids import first_id_at, from_text
from footfall.core.queries import EventFilter
from footfall.dialects.everflow.filters import Among
from footfall.dialects.everflow.stream import (
    ROWS_MAX,
    Cursor,
    count_of,
    page_of,
    read_cursor,
    which,
)
from footfall.dialects.everflow.zones import Span
from footfall.jobs.deletion import policy
from tests.dialects.everflow import Network, as_filters, refused
from tests.support.running import PHONE, RunningServer

MORE = 37
NOW = 1_800_000_000_000


@pytest.fixture(scope="module")
def full(server: RunningServer) -> Iterator[Network]:
    """A network with more impressions than fit a page, numbered by `sub1`."""
    network = Network(server)
    sent = [
        {"references": {"sub1": str(number), "affiliate": str(number % 2)}, "user_agent": PHONE}
        for number in range(ROWS_MAX + MORE)
    ]
    network.ingest(*sent[:ROWS_MAX])
    network.ingest(*sent[ROWS_MAX:])
    yield network
    network.close()


def test_a_page_has_the_newest_ten_thousand_and_says_that_there_are_more(full: Network) -> None:
    page = full.ask().json()
    numbers = [int(row["sub1"]) for row in page["impressions"]]
    assert numbers == list(range(ROWS_MAX + MORE - 1, MORE - 1, -1))
    assert page["incomplete_results"] is True
    assert page["total_count"] == ROWS_MAX + MORE
    ids = [row["transaction_id"] for row in page["impressions"]]
    assert ids == sorted(ids, reverse=True)


def test_a_cursor_goes_on_without_a_gap_also_while_impressions_come(full: Network) -> None:
    first = full.ask().json()
    full.impression(sub1="later")
    second = full.ask(cursor=first["cursor"]).json()
    assert [int(row["sub1"]) for row in second["impressions"]] == list(range(MORE - 1, -1, -1))
    assert second["incomplete_results"] is False
    assert second["total_count"] == ROWS_MAX + MORE
    assert second["cursor"] == ""


def test_a_page_that_is_just_full_is_complete(full: Network) -> None:
    exclusions = as_filters([("sub1", "later"), *(("sub1", number) for number in range(MORE))])
    page = full.ask(query={"exclusions": exclusions}).json()
    assert len(page["impressions"]) == page["total_count"] == ROWS_MAX
    assert (page["incomplete_results"], page["cursor"]) == (False, "")


@pytest.mark.parametrize(
    "cursor", ["x", "0" * 13, "0" * 13 + "-x", "z" * 13 + "-1", "0" * 13 + "-1\n", "-1", " "]
)
def test_a_cursor_that_was_made_up_is_refused(full: Network, cursor: str) -> None:
    assert "cursor" in refused(full.ask(cursor=cursor), 400)


# ── which events are asked for ────────────────────────────────────────────────────────────────


def kept(raw_days: int | None, age_by: AgeBy = AgeBy.RECEIVED, now: int = NOW) -> EventFilter:
    account = Account(
        id=3,
        name="Ads",
        email="ads@example.org",
        privacy=Privacy.FULL,
        created_at=0,
        raw_days=raw_days,
        age_by=age_by,
    )
    return policy.kept(account, now)


def test_what_is_older_than_raw_events_are_kept_is_not_asked_for() -> None:
    span = Span(NOW - 20 * DAY_MS, NOW - 10 * DAY_MS)
    assert which(kept(7), span, {}).since == NOW - 7 * DAY_MS
    assert which(kept(None), span, {}).since is None
    assert which(kept(36_500), span, {}).since == 0
    by_occurrence = which(kept(15, AgeBy.OCCURRED), span, {})
    assert (by_occurrence.since, by_occurrence.occurred_since) == (None, NOW - 15 * DAY_MS)


def test_conditions_become_values_that_are_there_or_are_not() -> None:
    conditions = {"offer": Among(frozenset("21")), "sub1": Among(frozenset("a"), True)}
    wanted = which(kept(None), Span(1, 2), conditions)
    assert wanted.values == {"offer": ("1", "2")}
    assert wanted.without == {"sub1": ("a",)}
    assert (wanted.occurred_since, wanted.occurred_until) == (1, 2)
    assert page_of(wanted, Cursor(5, 9)).cursor == 5


def test_a_total_is_the_rollups_of_whole_quarter_hours_and_the_events_of_the_rest() -> None:
    conditions = {"offer": Among(frozenset("2")), "sub1": Among(frozenset("a"), True)}
    quarter = NOW // 900_000 * 900_000
    span = Span(quarter - DAY_MS - 1_000, quarter + DAY_MS)
    wanted = which(kept(None), span, conditions)
    newest = first_id_at(quarter + 5_000) + 7
    whole, rest = count_of(wanted, newest, quarter + 6_000)
    assert whole is not None
    assert (whole.since, whole.until) == (quarter - DAY_MS, quarter)
    assert (whole.values, whole.without) == (wanted.values, wanted.without)
    bounds = [(one.occurred_since, one.occurred_until, one.below) for one in rest]
    assert bounds == [
        (span.since, quarter - DAY_MS, newest + 1),
        (quarter, quarter + DAY_MS, newest + 1),
    ]
    # Counts outlive events: where some of these are gone, the events are counted.
    shortened = which(kept(1, now=quarter), Span(quarter - 9 * DAY_MS, quarter), conditions)
    whole, (only,) = count_of(shortened, newest, quarter + 6_000)
    assert whole is None
    assert (only.since, only.below) == (shortened.since, newest + 1)


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = Cursor(123_456_789, 10_037)
    assert read_cursor(cursor.write()) == cursor
    assert read_cursor("") is read_cursor(None) is None
    assert from_text(cursor.write()[:13]) == 123_456_789
    with pytest.raises(InvalidRequest):
        read_cursor(cursor.write().upper())
