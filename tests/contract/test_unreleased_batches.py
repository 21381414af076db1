"""A batch that is stored and still in the journal may come again: until it is released nothing is
removed and nothing is recomputed, or the tables would not know what they have of it."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import msgspec
import pytest

from footfall.core.errors import JournalUnavailable, StoreUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter, EventQuery
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.store import ClickHouseStore
from tests.contract.totals import totals_query

_numbers: Final = itertools.count(1)
AT: Final = 1_780_000_000_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('unreleased')}", 400_000_000)
    yield opened
    opened.close()


def batch_of(account: int, trackers: range) -> Batch:
    number = next(_numbers)
    lines = b"".join(
        msgspec.json.encode(
            Event(
                id=first_id_at(AT) + 1000 * number + tracker,
                account=account,
                tracker=tracker,
                kind=EventKind.SCAN,
                source="test",
                verdict=Verdict.COUNTED,
            )
        )
        + b"\n"
        for tracker in trackers
    )
    return Batch(f"unreleased-{number}", number, len(trackers), lines, False, "u", number, 1)


def full_disk(batch: Batch) -> None:
    raise JournalUnavailable("The disk is full.")


def trackers_of(store: ClickHouseStore, account: int) -> list[int]:
    return sorted(one.tracker for one in store.events(EventQuery(account=account)).events)


def total_of(store: ClickHouseStore, account: int) -> int:
    query = totals_query(account, tuple(range(1, 9)))
    return store.report(query).totals.events


def erase(store: ClickHouseStore, account: int) -> None:
    query = EventFilter(account=account, tracker=1)
    remover = store.remover()
    remover.rebuild_counts(query)
    remover.remove(query)


DELETIONS: Final[dict[str, Callable[[ClickHouseStore, int], None]]] = {
    "erasure": erase,
    "rows": lambda store, account: store.remover().remove(EventFilter(account=account, tracker=1)),
    "retention": lambda store, account: store.remover().expire(
        EventFilter(account=account, until=(AT // 86_400_000 + 1) * 86_400_000)
    ),
}


@pytest.mark.parametrize("deletion", DELETIONS)
def test_nothing_is_removed_until_the_journal_has_forgotten_the_batch(
    store: ClickHouseStore, deletion: str
) -> None:
    account = next(_numbers)
    batch = batch_of(account, range(1, 2))
    with pytest.raises(JournalUnavailable):
        store.insert(batch, full_disk)
    with pytest.raises(StoreUnavailable, match="the loader must finish it"):
        DELETIONS[deletion](store, account)
    store.insert(msgspec.structs.replace(batch, again=True), lambda _: None)
    assert trackers_of(store, account) == [1]
    DELETIONS[deletion](store, account)
    assert trackers_of(store, account) == []


def test_an_erasure_beside_the_loader_waits_for_the_release(store: ClickHouseStore) -> None:
    account = next(_numbers)
    released: list[str] = []
    erasing: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool:

        def release(batch: Batch) -> None:
            erasing.append(pool.submit(erase, store, account))
            with pytest.raises(TimeoutError):
                erasing[0].result(timeout=1)
            assert trackers_of(store, account) == [1, 2, 3]
            released.append(batch.token)

        store.insert(batch_of(account, range(1, 4)), release)
        erasing[0].result(timeout=60)
    assert len(released) == 1
    assert trackers_of(store, account) == [2, 3]
    assert total_of(store, account) == 2


def test_no_repair_copies_rows_of_a_batch_that_may_come_again(store: ClickHouseStore) -> None:
    account = next(_numbers)
    batch = batch_of(account, range(1, 3))
    with pytest.raises(JournalUnavailable):
        store.insert(batch, full_disk)
    with store.opened().mutations() as client:
        client.command(
            f"ALTER TABLE events_by_tracker DELETE WHERE account = {account}",
            settings={"mutations_sync": 1},
        )
    comparer = ClickHouseComparer(store.opened)
    hour = AT // 3_600_000
    found = comparer.compare(account, hour, hour + 1).differences
    assert found
    with pytest.raises(StoreUnavailable):
        comparer.repair(account, found)
    store.insert(msgspec.structs.replace(batch, again=True), lambda _: None)
    assert comparer.compare(account, hour, hour + 1).differences == []
