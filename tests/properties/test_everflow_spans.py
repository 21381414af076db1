"""Which moments Everflow's `from` and `to` mean, where clocks change and where they do not."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.core.errors import InvalidRequest
from footfall.dialects.everflow.zones import ZONES, Span, read_span

CHANGES: Final = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ("Pacific/Chatham", datetime(2026, 9, 26, 14, tzinfo=UTC)),
]
"""Zones and the moments, UTC, at which their clocks change."""


@settings(max_examples=300, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    minute=st.integers(-180, 180),
    length=st.integers(0, 200),
)
def test_no_moment_that_a_clock_shows_within_a_span_is_left_out(
    change: tuple[str, datetime], minute: int, length: int
) -> None:
    name, moment = change
    zone = ZoneInfo(name)
    at = moment
    clock = at.astimezone(zone).replace(tzinfo=None)
    first = clock + timedelta(minutes=minute)
    last = first + timedelta(minutes=length)
    span = read_span(f"{first:%Y-%m-%d %H:%M:%S}", f"{last:%Y-%m-%d %H:%M:%S}", zone)
    # Every half minute of a day around the change, with what the clock shows then.
    moments = [at + timedelta(seconds=30 * step) for step in range(-1440, 1440)]
    shown = [(one, one.astimezone(zone).replace(tzinfo=None, second=0)) for one in moments]
    from_first = [one for one, local in shown if local >= first]
    until_last = [one for one, _ in shown if one.astimezone(zone).replace(tzinfo=None) <= last]
    expected = [one for one in moments if from_first[0] <= one <= until_last[-1]]
    found = [one for one in moments if span.since <= one.timestamp() * 1000 < span.until]
    assert found == expected


@settings(max_examples=300, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    quarter=st.integers(-16, 16),
    lengths=st.tuples(st.integers(0, 16), st.integers(0, 16)),
)
def test_spans_by_quarters_that_adjoin_add_up(
    change: tuple[str, datetime], quarter: int, lengths: tuple[int, int]
) -> None:
    name, moment = change
    clock = moment.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    first = clock + timedelta(minutes=15 * quarter)
    middle = first + timedelta(minutes=15 * lengths[0])
    last = middle + timedelta(minutes=15 * lengths[1])
    ends = [f"{one:%Y-%m-%d %H:%M:%S}" for one in (first, middle, last)]
    spans = [
        read_span(start, end, ZoneInfo(name), by_quarters=True)
        for start, end in ((ends[0], ends[1]), (ends[1], ends[2]), (ends[0], ends[2]))
    ]
    assert spans[0].until == spans[1].since
    assert Span(spans[0].since, spans[1].until) == spans[2]


@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("2026-03-01 12:30:00", "2026-03-01T12:30:00Z"),
        ("2026-03-01 12:30:01", "2026-03-01T12:30:02Z"),
        ("2026-03-01 12:29:59", "2026-03-01T12:30:00Z"),
        ("2026-03-01 12:31:00", "2026-03-01T12:31:01Z"),
        ("2026-03-01 23:59:59", "2026-03-02T00:00:00Z"),
        ("2026-03-02 00:00:00", "2026-03-02T00:00:00Z"),
        ("2026-03-01", "2026-03-02T00:00:00Z"),
    ],
)
def test_by_quarters_a_time_at_which_one_begins_is_the_end(end: str, until: str) -> None:
    span = read_span("2026-03-01", end, ZoneInfo("UTC"), by_quarters=True)
    assert span.until == datetime.fromisoformat(until).timestamp() * 1000


@given(
    days=st.integers(0, 30),
    seconds=st.integers(0, 86_399),
    zone=st.sampled_from([*ZONES]),
    whole=st.booleans(),
)
def test_fourteen_days_pass_whatever_the_clocks_do_and_no_second_more(
    days: int, seconds: int, zone: int, whole: bool
) -> None:
    first = datetime(2026, 10, 20, tzinfo=UTC)
    last = first + timedelta(days=days, seconds=0 if whole else seconds)
    form = "%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S"
    asked = (first.strftime(form), last.strftime(form), ZoneInfo(ZONES[zone]))
    if last - first <= timedelta(days=14):
        assert read_span(*asked).since < read_span(*asked).until
    else:
        with pytest.raises(InvalidRequest, match="14 days"):
            read_span(*asked)
