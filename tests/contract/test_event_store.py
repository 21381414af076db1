"""What every event store promises (`core.ports.EventStore`), on the real engine."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from footfall.core.errors import StoreUnavailable
from footfall.core.events import COLUMNS, Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import (
    AdCounts,
    AdQuery,
    Bucket,
    Dimension,
    EventFilter,
    EventQuery,
    Order,
    TrackerReportQuery,
)
from footfall.store.maintenance.parts import RAW_TABLES
from footfall.store.store import ClickHouseStore

DAY_MS = 86_400_000
MIDNIGHT = 1_790_035_200_000  # 2026-09-22 00:00 UTC
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('store')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def account() -> int:
    """An account that no other test uses."""
    return next(_numbers)


def event(account: int, number: int, at: int = MIDNIGHT, **fields: object) -> Event:
    facts = {
        "id": (at - EPOCH_MS << TIME_SHIFT) + number,
        "account": account,
        "tracker": 1,
        "kind": EventKind.SCAN,
        "source": "test",
        "verdict": Verdict.COUNTED,
        **fields,
    }
    return Event(**facts)  # type: ignore[arg-type]


def batch_of(events: list[Event], token: str | None = None) -> Batch:
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    return Batch(token or f"batch-{next(_numbers)}", 0, len(events), lines)


def report(account: int, **fields: object) -> TrackerReportQuery:
    facts = {
        "account": account,
        "tracker": 1,
        "kind": EventKind.SCAN,
        "since": MIDNIGHT - 30 * DAY_MS,
        "until": MIDNIGHT + DAY_MS,
        **fields,
    }
    return TrackerReportQuery(**facts)  # type: ignore[arg-type]


def ads(account: int, store: ClickHouseStore) -> AdCounts:
    query = AdQuery(account=account, since=MIDNIGHT - 30 * DAY_MS, until=MIDNIGHT + DAY_MS)
    groups = store.ad_report(query).groups
    return groups[0].counts if groups else AdCounts()


def test_every_field_of_an_event_comes_back_as_it_went_in(
    store: ClickHouseStore, account: int
) -> None:
    texts: dict[str, Any] = {
        name: f"ü '\"\\\n{name}"
        for name, value in zip(COLUMNS, msgspec.structs.astuple(event(account, 1)), strict=True)
        if value == "" and name != "ip"
    }
    full = event(account, 1, delay=-5, visitor=(1 << 32) - 1, asn=64_496, ip="::1", **texts)
    store.insert(batch_of([full]))
    assert store.events(EventQuery(account=account)).events == [full]


@pytest.mark.parametrize(
    "ip", ["", "192.0.2.7", "255.255.255.255", "0.0.0.0", "2001:db8::ffff:1", "2001:db8:1::", "::1"]
)
def test_an_address_comes_back_as_it_was_written(
    store: ClickHouseStore, account: int, ip: str
) -> None:
    store.insert(batch_of([event(account, 1, ip=ip)]))
    assert [one.ip for one in store.events(EventQuery(account=account)).events] == [ip]


def test_a_batch_given_three_times_is_stored_and_counted_once(
    store: ClickHouseStore, account: int
) -> None:
    events = [event(account, n, country="NL", visitor=n) for n in range(1, 1001)]
    batch = batch_of(events)
    for _ in range(3):
        store.insert(batch)
    assert len(store.events(EventQuery(account=account, limit=2000)).events) == 1000
    answer = store.tracker_report(report(account, dimensions=(Dimension.COUNTRY,)))
    assert answer.total == 1000
    assert [(one.value, one.total) for one in answer.breakdowns[Dimension.COUNTRY]] == [
        ("NL", 1000)
    ]


def test_two_batches_with_the_same_events_are_both_stored(
    store: ClickHouseStore, account: int
) -> None:
    """The token names a batch, its content does not: two equal scans are two scans."""
    for _ in range(2):
        store.insert(batch_of([event(account, 1)]))
    assert store.tracker_report(report(account)).total == 2


def test_a_batch_that_spans_months_is_stored_once_too(store: ClickHouseStore, account: int) -> None:
    events = [event(account, n, at=MIDNIGHT - n * 40 * DAY_MS) for n in range(5)]
    batch = batch_of(events)
    store.insert(batch)
    store.insert(batch)
    assert len(store.events(EventQuery(account=account)).events) == 5
    assert store.tracker_report(report(account, since=0)).window == 5


@pytest.mark.parametrize("table", [*RAW_TABLES, "rollup", "rollup_account", "rollup_ads"])
def test_a_large_batch_becomes_one_part(store: ClickHouseStore, account: int, table: str) -> None:
    """One batch is one block in every table: it is there whole or not at all."""
    store.insert(
        batch_of(
            [
                event(account, n, tracker=n, visitor=n, offer="7", sub1=f"click-{n}")
                for n in range(50_000)
            ]
        )
    )
    with store._engine.reading() as client:
        blocks = client.query(
            f"SELECT uniqExact(_part) FROM {table} WHERE account = {{account:UInt32}}",
            parameters={"account": account},
        ).result_rows
    assert blocks == [(1,)]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("tracker", [None, 1])
def test_pages_neither_skip_nor_repeat_while_events_arrive(
    store: ClickHouseStore, account: int, order: Order, tracker: int | None
) -> None:
    numbers = range(1, 251)
    store.insert(batch_of([event(account, n, tracker=1 + n % 2) for n in numbers]))
    wanted = [n for n in numbers if tracker is None or 1 + n % 2 == tracker]
    seen: list[int] = []
    cursor = None
    for arrival in itertools.count(1000):
        query = EventQuery(account=account, tracker=tracker, order=order, cursor=cursor, limit=20)
        page = store.events(query)
        seen += [one.id - event(account, 0).id for one in page.events]
        if page.cursor is None or len(seen) >= len(wanted) + 20:
            break
        cursor = page.cursor
        store.insert(batch_of([event(account, arrival)]))
    assert [n for n in seen if n < 1000] == (wanted if order is Order.ASCENDING else wanted[::-1])


def test_events_are_filtered_by_kind_and_verdict(store: ClickHouseStore, account: int) -> None:
    store.insert(
        batch_of(
            [
                event(account, 1),
                event(account, 2, verdict=Verdict.BOT),
                event(account, 3, kind=EventKind.OPEN),
            ]
        )
    )
    bots = EventQuery(account=account, verdicts=(Verdict.BOT,))
    opens = EventQuery(account=account, kinds=(EventKind.OPEN, EventKind.CLICK))
    assert [one.verdict for one in store.events(bots).events] == [Verdict.BOT]
    assert [one.kind for one in store.events(opens).events] == [EventKind.OPEN]


def test_only_counted_events_count_and_the_others_are_told_apart(
    store: ClickHouseStore, account: int
) -> None:
    verdicts = [Verdict.COUNTED, Verdict.COUNTED, Verdict.BOT, Verdict.PREVIEW, Verdict.REFUSED]
    store.insert(batch_of([event(account, n, verdict=v) for n, v in enumerate(verdicts)]))
    answer = store.tracker_report(report(account))
    assert (answer.total, answer.window) == (2, 2)
    assert answer.verdicts == {
        Verdict.COUNTED: 2,
        Verdict.BOT: 1,
        Verdict.PREVIEW: 1,
        Verdict.REFUSED: 1,
    }


def test_a_window_bounds_series_and_breakdowns_but_not_the_lifetime(
    store: ClickHouseStore, account: int
) -> None:
    old, new = MIDNIGHT - 100 * DAY_MS, MIDNIGHT - 2 * DAY_MS
    store.insert(
        batch_of(
            [event(account, n, at=old, country="DE") for n in range(5)]
            + [event(account, n, at=new, country="NL") for n in range(3)]
        )
    )
    answer = store.tracker_report(report(account, dimensions=(Dimension.COUNTRY,)))
    assert (answer.total, answer.window) == (8, 3)
    assert answer.series == [("2026-09-20", 3)]
    assert [one.value for one in answer.breakdowns[Dimension.COUNTRY]] == ["NL"]
    assert answer.leaders == {Dimension.COUNTRY: "DE"}


def test_a_breakdown_has_the_top_values_and_ties_go_by_name(
    store: ClickHouseStore, account: int
) -> None:
    hosts = [f"h{n:02}.example" for n in range(12) for _ in range(1 + n // 3)]
    store.insert(batch_of([event(account, n, referrer_host=host) for n, host in enumerate(hosts)]))
    answer = store.tracker_report(report(account, dimensions=(Dimension.REFERRER_HOST,), top=4))
    assert [one.value for one in answer.breakdowns[Dimension.REFERRER_HOST]] == [
        "h09.example",
        "h10.example",
        "h11.example",
        "h06.example",
    ]


@pytest.mark.parametrize(
    ("zone", "labels"),
    [
        ("UTC", ["2026-09-21", "2026-09-22"]),
        ("Europe/Amsterdam", ["2026-09-22"]),
        ("Asia/Kathmandu", ["2026-09-22"]),
        ("America/New_York", ["2026-09-21"]),
    ],
)
def test_days_are_those_of_the_zone(
    store: ClickHouseStore, account: int, zone: str, labels: list[str]
) -> None:
    store.insert(
        batch_of([event(account, 1, at=MIDNIGHT - 60_000), event(account, 2, at=MIDNIGHT)])
    )
    assert [label for label, _ in store.tracker_report(report(account, zone=zone)).series] == labels


def test_the_hours_of_a_day_that_has_25_are_all_there(store: ClickHouseStore, account: int) -> None:
    # 2026-10-25 in Amsterdam begins at 22:00 UTC the evening before and lasts 25 hours.
    start = MIDNIGHT + 32 * DAY_MS + 22 * 3_600_000
    store.insert(batch_of([event(account, n, at=start + n * 3_600_000) for n in range(25)]))
    query = report(account, zone="Europe/Amsterdam", since=start, until=start + 2 * DAY_MS)
    days = store.tracker_report(query).series
    hours = store.tracker_report(msgspec.structs.replace(query, bucket=Bucket.HOUR)).series
    assert days == [("2026-10-25", 25)]
    assert len(hours) == 25
    assert [label for label, _ in hours].count("2026-10-25 02:00") == 2


def test_erasing_a_tracker_leaves_nothing_of_it_and_all_of_the_others(
    store: ClickHouseStore, account: int
) -> None:
    other = account + 1_000_000
    for owner in (account, other):
        store.insert(
            batch_of(
                [
                    event(
                        owner,
                        n,
                        tracker=1 + n % 2,
                        user_agent=f"erase-{owner}",
                        kind=EventKind.SCAN if n < 20 else EventKind.IMPRESSION,
                        offer="" if n < 20 else "7",
                    )
                    for n in range(50)
                ]
            )
        )
    erased = EventFilter(account=account, trackers=(1,))
    assert store.remover().rebuild_counts(erased) == 0
    store.remover().remove(erased)
    assert store.tracker_report(report(account)).total == 0
    assert len(store.events(EventQuery(account=account, tracker=1)).events) == 0
    assert len(store.events(EventQuery(account=account)).events) == 25
    assert store.tracker_report(report(account, tracker=2)).total == 10
    assert store.tracker_report(report(other)).total == 10
    assert ads(account, store).impressions == 15
    assert ads(other, store).impressions == 30


def test_expired_raw_events_go_and_their_rollups_stay(store: ClickHouseStore, account: int) -> None:
    clicks = {"kind": EventKind.CLICK, "offer": "7"}
    store.insert(
        batch_of(
            [
                event(account, n, at=MIDNIGHT - n // 2 * DAY_MS, **(clicks if n % 2 else {}))
                for n in range(20)
            ]
        )
    )
    expired = EventFilter(account=account, until=MIDNIGHT - 4 * DAY_MS)
    store.remover().expire(expired)
    assert len(store.events(EventQuery(account=account)).events) == 10
    assert store.tracker_report(report(account)).total == 10
    assert ads(account, store) == AdCounts(clicks=10)


def test_unique_visitors_are_estimated_over_any_window(
    store: ClickHouseStore, account: int
) -> None:
    many = [event(account, n, visitor=1 + n * 7919 % 3000) for n in range(6000)]
    later = [event(account, 9000 + n, at=MIDNIGHT + 900_000, visitor=1 + n) for n in range(50)]
    store.insert(batch_of(many))
    store.insert(batch_of([*later, event(account, 9999, verdict=Verdict.BOT, visitor=5000)]))
    whole = store.tracker_report(report(account, visitors=True)).visitors
    assert whole is not None
    assert abs(whole - 3000) < 3000 * 0.03
    quarter = report(account, visitors=True, since=MIDNIGHT + 900_000)
    assert store.tracker_report(quarter).visitors == 50
    assert store.tracker_report(report(account)).visitors is None


def test_no_account_sees_another(store: ClickHouseStore, account: int) -> None:
    store.insert(batch_of([event(account, 1, country="NL", offer="7", kind=EventKind.CLICK)]))
    stranger = account + 2_000_000
    assert store.events(EventQuery(account=stranger)).events == []
    assert store.events(EventQuery(account=stranger, tracker=1)).events == []
    assert store.tracker_report(report(stranger)).total == 0
    assert ads(stranger, store) == AdCounts()
    assert ads(account, store).clicks == 1


def test_migrations_can_be_run_again(store: ClickHouseStore) -> None:
    from footfall.store.migrate import migrate

    with store._engine.mutations() as client:
        migrate(client)
        client.command("TRUNCATE TABLE migrations")  # as if interrupted before it was noted
        migrate(client)


def test_what_an_insert_leaves_in_a_table_is_one_file(store: ClickHouseStore, account: int) -> None:
    batch = batch_of([event(account, 1, visitor=7, offer="7", kind=EventKind.CLICK)])
    store.insert(msgspec.structs.replace(batch, journal="packed", first=1, groups=1))
    with store._engine.reading() as client:
        views = client.query(
            "SELECT name FROM system.tables"
            " WHERE database = currentDatabase() AND engine = 'MaterializedView'"
        ).result_rows
        newest = client.query(
            "SELECT table, argMax(path, max_block_number) FROM system.parts"
            " WHERE active AND database = currentDatabase() GROUP BY table"
        ).result_rows
    files = {table: [file.name for file in Path(path).iterdir()] for table, path in newest}
    tables = {name.partition("_of_incoming")[0] for (name,) in views} - {"incoming"}
    assert len(tables) == 8
    for table in tables:
        assert files[table] == ["data.packed"], table


def test_an_engine_that_is_away_is_said_to_be_away() -> None:
    away = ClickHouseStore("clickhouse://127.0.0.1:9/default", 400_000_000)
    with pytest.raises(StoreUnavailable):
        away.insert(batch_of([event(1, 1)]))


def test_a_directory_that_cannot_hold_a_store_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = ClickHouseStore(f"chdb://{tmp_path}/file/store", 400_000_000)
    with pytest.raises(StoreUnavailable):
        blocked.check()


def test_a_page_has_the_fields_that_were_asked_for(store: ClickHouseStore, account: int) -> None:
    full = event(account, 1, country="NL", city="Utrecht", user_agent="Mozilla/5.0")
    store.insert(batch_of([full]))
    page = store.events(EventQuery(account=account, fields=("country", "reason")))
    assert page.events == [event(account, 1, country="NL")]
