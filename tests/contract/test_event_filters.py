"""What the event store gives for each condition of a filter, and its counts."""

import itertools
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import pytest

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter, EventQuery, Like, Order
from footfall.core.reports import counting
from footfall.store.maintenance.parts import RAW_TABLES
from footfall.store.store import ClickHouseStore
from tests.conftest import in_words

_numbers = itertools.count(1)
DAY_MS = 86_400_000
MIDNIGHT = 1_790_000_000_000 // 86_400_000 * 86_400_000


def count(store: ClickHouseStore, wanted: EventFilter) -> int:
    return store.report(counting(wanted)).totals.events


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('filters')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def account(store: ClickHouseStore) -> int:
    """An account with six scans at two doors, a second apart, and an open of an e-mail."""
    number = next(_numbers)
    scans = [
        Event(
            id=id_at(place),
            account=number,
            tracker=1 + place % 2,
            kind=EventKind.SCAN,
            source="doors",
            verdict=Verdict.BOT if place == 5 else Verdict.COUNTED,
            reader=f"door-{place % 2}",
            scan_status="failed" if place < 2 else "successful",
        )
        for place in range(6)
    ]
    opened = Event(
        id=id_at(6),
        account=number,
        kind=EventKind.OPEN,
        source="mail",
        verdict=Verdict.COUNTED,
        delay=3_600_000,  # it happened an hour before we were told
    )
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in [*scans, opened])
    store.insert(Batch(f"filters-{number}", 0, 7, lines))
    return number


def id_at(place: int) -> int:
    return MIDNIGHT - EPOCH_MS + place * 1000 << TIME_SHIFT


@pytest.mark.parametrize(
    ("conditions", "places"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6]),
        ({"sources": ("mail",)}, [6]),
        ({"kinds": (EventKind.SCAN,), "verdicts": (Verdict.COUNTED,)}, [0, 1, 2, 3, 4]),
        ({"tracker": 2}, [1, 3, 5]),
        ({"tracker": 2, "values": {"scan_status": ("failed",)}}, [1]),
        ({"values": {"reader": ("door-0", "door-1")}}, [0, 1, 2, 3, 4, 5]),
        ({"values": {"reader": ("door-0",), "scan_status": ("successful",)}}, [2, 4]),
        ({"values": {"reader": ()}}, []),
        ({"values": {"reader": ("it's \\ odd",)}}, []),
        ({"ids": (id_at(3), id_at(5), 12)}, [3, 5]),
        ({"since": MIDNIGHT + 2000, "until": MIDNIGHT + 4000}, [2, 3]),
        ({"since": 0}, [0, 1, 2, 3, 4, 5, 6]),
        ({"without": {"reader": ("door-0",)}}, [1, 3, 5, 6]),
        ({"without": {"reader": ("door-0",), "scan_status": ("failed",)}}, [3, 5, 6]),
        ({"without": {"reader": ()}}, [0, 1, 2, 3, 4, 5, 6]),
        ({"not_ids": (id_at(3), 12)}, [0, 1, 2, 4, 5, 6]),
        ({"above": id_at(2), "below": id_at(5)}, [3, 4]),
        ({"above": -1, "below": 1 << 62}, [0, 1, 2, 3, 4, 5, 6]),
        ({"occurred_since": MIDNIGHT + 2000, "occurred_until": MIDNIGHT + 4000}, [2, 3]),
        ({"occurred_until": MIDNIGHT}, [6]),
        ({"occurred_since": MIDNIGHT - 3_594_000, "occurred_until": MIDNIGHT + 1000}, [0, 6]),
        ({"likes": (Like(f"%{id_at(4)}"),)}, [4]),
        ({"likes": (Like("% 00:00:0_", "UTC", negated=True),)}, [6]),
        ({"likes": (Like("2026-09-21 01:__:%", "Europe/Amsterdam"),)}, [6]),
    ],
)
def test_events_are_those_for_which_every_condition_holds(
    store: ClickHouseStore, account: int, conditions: dict[str, object], places: list[int]
) -> None:
    query = EventQuery(account=account, order=Order.ASCENDING, **conditions)  # type: ignore[arg-type]
    assert [one.id for one in store.events(query).events] == [id_at(place) for place in places]
    assert count(store, EventFilter(account=account, **conditions)) == len(places)  # type: ignore[arg-type]


def test_an_offset_leaves_out_what_comes_first(store: ClickHouseStore, account: int) -> None:
    query = EventQuery(account=account, order=Order.ASCENDING, offset=2, limit=3)
    page = store.events(query)
    assert [one.id for one in page.events] == [id_at(2), id_at(3), id_at(4)]
    assert page.cursor == id_at(4)
    after = msgspec.structs.replace(query, cursor=id_at(2), offset=1)
    assert [one.id for one in store.events(after).events] == [id_at(4), id_at(5), id_at(6)]


def test_counts_are_grouped_by_the_columns_asked_for(store: ClickHouseStore, account: int) -> None:
    wanted = EventFilter(account=account, sources=("doors",))
    report = store.report(counting(wanted, ("scan_status", "reader")))
    assert {group.values: group.counts.events for group in report.groups} == {
        ("failed", "door-0"): 1,
        ("failed", "door-1"): 1,
        ("successful", "door-0"): 2,
        ("successful", "door-1"): 2,
    }


def test_no_count_holds_another_accounts_events(store: ClickHouseStore, account: int) -> None:
    report = store.report(counting(EventFilter(account=account + 100_000), ("kind",)))
    assert (report.groups, report.totals.events) == ([], 0)


# ── far into a list ───────────────────────────────────────────────────────────────────────────

LONG: Final = 4_000


def place_id(place: int) -> int:
    """Eleven hours, one of which is quiet."""
    seconds = 12 * (place + (300 if place > 1_000 else 0))
    return (MIDNIGHT - EPOCH_MS + seconds * 1_000 << TIME_SHIFT) + place % 3


@pytest.fixture(scope="module")
def long_account(store: ClickHouseStore) -> tuple[int, list[Event]]:
    """An account with events over eleven hours, some of them quiet, of two trackers."""
    number = next(_numbers)
    events = [
        Event(
            id=place_id(place),
            account=number,
            tracker=1 + place % 2,
            kind=EventKind.OPEN if place % 3 else EventKind.SCAN,
            source="mail",
            verdict=Verdict.COUNTED,
            reader=f"door-{place % 5}",
        )
        for place in range(LONG)
    ]
    for start in range(0, LONG, 1_500):
        some = events[start : start + 1_500]
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in some)
        store.insert(Batch(f"long-{number}-{start}", 0, len(some), lines))
    return number, events


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, lambda _: True),
        ({"tracker": 2}, lambda one: one.tracker == 2),
        ({"kinds": (EventKind.OPEN,)}, lambda one: one.kind is EventKind.OPEN),
        ({"values": {"reader": ("door-1", "door-2")}}, lambda one: one.reader[-1] in "12"),
        ({"since": MIDNIGHT + 5_000_000}, lambda one: one.occurred_at >= MIDNIGHT + 5_000_000),
        ({"until": MIDNIGHT + 9_000_000}, lambda one: one.occurred_at < MIDNIGHT + 9_000_000),
        (
            {"since": MIDNIGHT + 3_600_000, "until": MIDNIGHT + 7_200_000, "tracker": 1},
            lambda one: one.tracker == 1 and 3_600_000 <= one.occurred_at - MIDNIGHT < 7_200_000,
        ),
        ({"above": place_id(700)}, lambda one: one.id > place_id(700)),
        (
            {"above": place_id(700), "below": place_id(3_000), "since": MIDNIGHT},
            lambda one: place_id(700) < one.id < place_id(3_000),
        ),
        (
            {"above": place_id(700), "below": place_id(705)},
            lambda one: place_id(700) < one.id < place_id(705),
        ),
        ({"above": place_id(3_000), "below": place_id(700)}, lambda _: False),
        ({"above": 1 << 62}, lambda _: False),
        ({"sources": ("nobody",)}, lambda _: False),
    ],
    ids=in_words,
)
def test_a_page_far_into_a_list_is_what_counting_would_find(
    store: ClickHouseStore,
    long_account: tuple[int, list[Event]],
    conditions: dict[str, object],
    holds: Callable[[Event], bool],
    order: Order,
) -> None:
    account, events = long_account
    wanted = sorted(one.id for one in events if holds(one))
    if order is Order.DESCENDING:
        wanted.reverse()
    for offset in (0, 999, 1_001, 1_500, 1_501, len(wanted) - 1, len(wanted), LONG + 5):
        if offset < 0:
            continue
        query = EventQuery(
            account=account,
            order=order,
            offset=offset,
            limit=7,
            **conditions,  # type: ignore[arg-type]
        )
        page = store.events(query)
        assert [one.id for one in page.events] == wanted[offset : offset + 7], offset
        assert (page.cursor is None) == (offset + 7 >= len(wanted))
        after = msgspec.structs.replace(query, cursor=wanted[2] if wanted else 5)
        found = [one.id for one in store.events(after).events]
        assert found == wanted[3 + offset : 10 + offset], offset
    matching = EventFilter(account=account, **conditions)  # type: ignore[arg-type]
    assert count(store, matching) == len(wanted)
    by_kind = store.report(counting(matching, ("kind",))).groups
    assert sum(group.counts.events for group in by_kind) == len(wanted)


def test_counts_and_far_pages_lose_what_is_expired_and_erased(store: ClickHouseStore) -> None:
    account = next(_numbers)
    events = [
        Event(
            id=(MIDNIGHT - EPOCH_MS - DAY_MS + place * 60_000 << TIME_SHIFT),
            account=account,
            tracker=account * 100 + place % 2,
            kind=EventKind.SCAN,
            source="mail",
            verdict=Verdict.COUNTED,
        )
        for place in range(2 * 1_440)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"expired-{account}", 0, len(events), lines))
    store.remover().expire(EventFilter(account=account, until=MIDNIGHT))
    assert count(store, EventFilter(account=account)) == 1_440
    erased = EventFilter(account=account, trackers=(account * 100,))
    store.remover().rebuild_counts(erased)
    store.remover().remove(erased)
    assert count(store, EventFilter(account=account)) == 720
    query = EventQuery(account=account, order=Order.ASCENDING, offset=1_001)
    assert store.events(query).events == []
    assert count(store, EventFilter(account=account, values={"reader": ("",)})) == 720


def test_rows_go_although_no_part_was_seen_to_hold_them(store: ClickHouseStore) -> None:
    """The engine renames a part when it has rewritten it. When that happens in the middle of a look
    at the parts, the part is in none of the two halves of the answer."""
    account = next(_numbers)
    event = Event(
        id=MIDNIGHT - EPOCH_MS << TIME_SHIFT,
        account=account,
        tracker=account,
        kind=EventKind.SCAN,
        source="mail",
        verdict=Verdict.COUNTED,
    )
    store.insert(Batch(f"renamed-{account}", 0, 1, msgspec.json.encode(event) + b"\n"))
    for table in RAW_TABLES:
        going = "account = {account:UInt32}"
        store.remover()._delete(table, going, {"account": account})
    assert store.events(EventQuery(account=account)).events == []
    assert store.events(EventQuery(account=account, tracker=account)).events == []
