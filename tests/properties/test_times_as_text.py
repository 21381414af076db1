"""Times as text, in every form that is allowed, and text that is not a time."""

import contextlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.core.calendar import OffsetMissing, milliseconds, parse_time, read_time

offsets = some.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda one: timezone(timedelta(minutes=one))
)

FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001


@given(at=some.datetimes(FIRST, LAST, timezones=offsets))
def test_a_time_is_the_same_moment_in_every_form(at: datetime) -> None:
    expected = milliseconds(at)
    text = at.isoformat()
    assert parse_time(text) == expected
    assert parse_time(text.replace("T", "t")) == parse_time(text.replace("T", " ")) == expected
    assert parse_time(text.replace(".", ",")) == expected
    assert parse_time(text[:-3] + text[-2:]) == expected
    assert parse_time(text, "Europe/Amsterdam") == expected
    whole = at.replace(second=0, microsecond=0)
    assert parse_time(whole.isoformat(timespec="minutes")) == milliseconds(whole)
    if text.endswith("00:00"):
        assert parse_time(text[:-6] + "z") == parse_time(text[:-6] + "Z") == expected
    if text.endswith(":00"):
        assert parse_time(text[:-3]) == expected


@given(text=some.text(max_size=30) | some.from_regex(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*"))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    for zone in ("", "Europe/Amsterdam"):
        with contextlib.suppress(ValueError):
            assert isinstance(parse_time(text, zone), int)


@pytest.mark.parametrize(
    ("text", "zone", "the_same"),
    [
        ("1990-12-31T23:59:60Z", "", "1991-01-01T00:00:00Z"),
        ("1990-12-31T15:59:60.25-08:00", "", "1991-01-01T00:00:00.25Z"),
        ("2016-12-31T23:59:60", "UTC", "2017-01-01"),
        ("2017-01-01T00:59:60", "Europe/Amsterdam", "2017-01-01T00:00:00Z"),
        ("2026-07-03t14:05:09.1239z", "", "2026-07-03T14:05:09.123Z"),
        ("2026-07-03T14:05-0330", "", "2026-07-03T17:35:00Z"),
        ("2026-07-03", "Europe/Amsterdam", "2026-07-03T00:00+02"),
        ("2026-07-03 14:05", "Asia/Kathmandu", "2026-07-03T14:05:00+05:45"),
        ("1783087509123", "", "2026-07-03T14:05:09.123Z"),
    ],
)
def test_a_time_may_be_short_or_a_leap_second(text: str, zone: str, the_same: str) -> None:
    assert parse_time(text, zone) == parse_time(the_same, "UTC")


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026", "2026-07", "20260703", "2026-W27-5", "2026-184", "26-07-03"),
        *("2026-02-29", "2026-13-01", "2026-07-03T", "2026-07-03T14", "2026-07-03T1405"),
        *("2026-07-03T24:00Z", "2026-07-03T14:60Z", "2026-07-03T14:05:61Z"),
        *("2026-07-03T14:05:60Z", "2026-07-03T23:59:60Z", "2026-07-31T23:59:60+01:00"),
        *("2026-07-03T14:05:09 02:00", "2026-07-03T14:05+24:00", "2026-07-03T14:05+02:60"),
        *("2026-07-03x14:05Z", "2026-07-03T14:05:09.Z", "2026-07-03T14:05 Z", " 2026-07-03"),
        *("٢٠٢٦-٠٧-٠٣", "2026-07-03T14:05:09Z\n", "12345678901", "123456789012345", "-1"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(text, "UTC")


def test_a_time_without_an_offset_is_refused_where_no_zone_says_it() -> None:
    with pytest.raises(OffsetMissing, match="names no offset"):
        parse_time("2026-07-03T14:05:09")


@given(at=some.datetimes(FIRST, LAST, timezones=offsets))
def test_a_vendors_time_is_that_moment(at: datetime) -> None:
    assert read_time(f" {at.isoformat()} ") == milliseconds(at)


def test_a_vendors_time_without_an_offset_is_utc() -> None:
    here = read_time("2027-01-31T08:00:00.1239")
    assert here == read_time("2027-01-31T09:00:00.123+01:00") == 1_801_382_400_123


@pytest.mark.parametrize("text", ["yesterday", "12:00", "0001-01-01T00:00:00+01:00"])
def test_other_text_is_not_a_vendors_time(text: str) -> None:
    with pytest.raises(ValueError, match=text[:4]):
        read_time(text)
