"""Days of any IANA zone, from the rollups, against Python's own calendar."""

import itertools
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import received_at
from footfall.core.ports import Batch
from footfall.core.queries import TrackerReportQuery
from footfall.store.store import ClickHouseStore

# Between these, the zones' rules of Python's and the engine's data agree; a year has both of the
# clock changes of each hemisphere.
FIRST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
ZONES = [
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "America/St_Johns",  # half an hour
    "Asia/Kathmandu",  # three quarters
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Chatham",  # three quarters, and changes
    "Pacific/Kiritimati",  # 14 hours ahead
    "Pacific/Pago_Pago",  # 11 behind
    "Africa/Cairo",
    "America/Santiago",  # days begin at 1 o'clock when the clock goes forward at midnight
    "Asia/Tehran",
]
_accounts = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('zones')}", 400_000_000)
    yield opened
    opened.close()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    zone=some.sampled_from(ZONES),
    seconds=some.lists(some.integers(FIRST, LAST), min_size=1, max_size=60),
)
def test_every_event_falls_on_the_day_that_its_zone_has(
    store: ClickHouseStore, zone: str, seconds: list[int]
) -> None:
    account = next(_accounts)
    events = [
        Event(
            id=number + 1,
            account=account,
            tracker=1,
            kind=EventKind.SCAN,
            source="test",
            delay=received_at(number + 1) - (second * 1000 + 999),
            verdict=Verdict.COUNTED,
        )
        for number, second in enumerate(seconds)
    ]
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    store.insert(Batch(f"zones-{account}", 0, len(events), lines))
    answer = store.tracker_report(
        TrackerReportQuery(
            account=account,
            tracker=1,
            kind=EventKind.SCAN,
            since=FIRST * 1000,
            until=(LAST + 900) * 1000,
            zone=zone,
        )
    )
    calendar = zoneinfo.ZoneInfo(zone)
    days = Counter(datetime.fromtimestamp(one, calendar).strftime("%Y-%m-%d") for one in seconds)
    assert answer.series == sorted(days.items())
    assert answer.total == len(seconds)
