"""Pages by cursor against a plain list, with events arriving in between."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ports import Batch
from footfall.core.queries import EventQuery, Order
from footfall.store.store import ClickHouseStore

_accounts = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('cursors')}", 400_000_000)
    yield opened
    opened.close()


def insert(store: ClickHouseStore, account: int, ids: list[int], trackers: list[int]) -> None:
    events = [
        Event(
            id=number,
            account=account,
            tracker=tracker,
            kind=EventKind.SCAN,
            source="test",
            verdict=Verdict.COUNTED,
        )
        for number, tracker in zip(ids, trackers, strict=True)
    ]
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    store.insert(Batch(f"cursors-{account}-{ids[0]}", 0, len(events), lines))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    trackers=some.lists(some.integers(1, 3), min_size=1, max_size=80),
    order=some.sampled_from(list(Order)),
    tracker=some.sampled_from([None, 1, 3]),
    limit=some.integers(1, 30),
)
def test_pages_hold_every_event_once_in_order(
    store: ClickHouseStore, trackers: list[int], order: Order, tracker: int | None, limit: int
) -> None:
    account = next(_accounts)
    ids = list(range(1, len(trackers) + 1))
    insert(store, account, ids, trackers)
    wanted = [
        one for one, of in zip(ids, trackers, strict=True) if tracker is None or of == tracker
    ]
    seen: list[int] = []
    cursor = None
    for arrival in itertools.count(1_000):
        page = store.events(
            EventQuery(account=account, tracker=tracker, order=order, cursor=cursor, limit=limit)
        )
        assert len(page.events) <= limit
        seen += [event.id for event in page.events]
        cursor = page.cursor
        if cursor is None or arrival > 1_100:
            break
        insert(store, account, [arrival], [tracker or 1])
    old = [one for one in seen if one < 1_000]
    assert old == (wanted if order is Order.ASCENDING else wanted[::-1])
    assert len(seen) == len(set(seen))
