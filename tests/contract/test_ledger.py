"""The journal's ledger agrees with its groups, whatever happens to either."""

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.capture.event_counts import EventCounts
from footfall.core.calendar import HOUR_MS
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, first_id_at
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import HOURS_KEPT, SqliteLedger

WIDE = 1 << 30
FIRST_HOUR = EPOCH_MS // HOUR_MS
FOREVER = 1 << 40


def event(number: int, account: int = 1, source: str = "test", hour: int = 0) -> Event:
    return Event(
        id=first_id_at((FIRST_HOUR + hour) * HOUR_MS) + number,
        account=account,
        source=source,
        kind=EventKind.SCAN,
        verdict=Verdict.COUNTED,
    )


def written(path: Path) -> tuple[EventCounts, EventCounts]:
    """What the ledger says is journalled, and what of it is released; days as hours."""
    journalled, released = EventCounts(), EventCounts()
    for entry in SqliteLedger(path).read(None, 0, FOREVER).entries:
        place = (entry.account, entry.source, entry.hour)
        journalled[place] = journalled.get(place, 0) + entry.journalled
        released[place] = released.get(place, 0) + entry.released
    return journalled, released


def difference(one: EventCounts, other: EventCounts) -> dict[tuple[int, str, int], int]:
    return {place: events for place in one if (events := one[place] - other.get(place, 0))}


actions = some.lists(
    some.one_of(
        some.tuples(
            some.just("append"),
            some.lists(
                some.tuples(
                    some.integers(1, 2), some.sampled_from(["a", "ü'"]), some.integers(0, 2)
                ),
                min_size=1,
                max_size=4,
            ),
        ),
        some.tuples(some.sampled_from(["take", "release", "reopen"]), some.just([])),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions=actions)
def test_journalled_less_released_is_what_the_groups_hold(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, list[tuple[int, str, int]]]]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "journal.db"
    asked, given_back = EventCounts(), EventCounts()

    async def act() -> None:
        journal = SqliteJournal(path, WIDE, hold_seconds=60)
        batch, number = None, 0
        for action, events in actions:
            if action == "append":
                made = []
                for account, source, hour in events:
                    number += 1
                    made.append(event(number, account, source, hour))
                await journal.append(*made)
                for one in made:
                    asked.add(one.account, one.source, one.id)
            elif action == "take":
                batch = journal.take()
            elif action == "release" and batch is not None:
                journal.release(batch)
                for line in batch.lines.splitlines():
                    one = msgspec.json.decode(line, type=Event)
                    given_back.add(one.account, one.source, one.id)
                batch = None
            elif action == "reopen":
                journal.close()
                journal, batch = SqliteJournal(path, WIDE, hold_seconds=60), None
        journal.close()

    asyncio.run(act())
    journalled, released = written(path)
    assert journalled == asked
    assert {place: n for place, n in released.items() if n} == given_back
    assert SqliteLedger(path).waiting() == difference(journalled, released)


async def test_a_group_and_its_entry_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    """Every prefix of the write-ahead log is what a power cut may leave."""
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE, hold_seconds=60)
    await journal.append(event(1))
    started = (tmp_path / "journal.db-wal").stat().st_size
    for number in (2, 3, 4):
        await journal.append(event(number, hour=number))
    whole = (tmp_path / "journal.db-wal").read_bytes()
    for length in (*range(started, len(whole), 997), len(whole)):
        cut = tmp_path / f"cut-{length}"
        cut.mkdir()
        (cut / "journal.db").write_bytes(path.read_bytes())
        (cut / "journal.db-wal").write_bytes(whole[:length])
        journalled, _ = written(cut / "journal.db")
        assert journalled == SqliteLedger(cut / "journal.db").waiting()
    journal.close()


async def test_old_hours_become_days_and_no_event_is_lost_by_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE, hold_seconds=60)
    late = HOURS_KEPT + 48
    for number, hour in enumerate((0, 1, 23, 24, late)):
        await journal.append(event(number, hour=hour))
        batch = journal.take()
        assert batch is not None
        journal.release(batch)
    entries = SqliteLedger(path).read(1, 0, FOREVER).entries
    assert sorted((one.hours, one.hour - FIRST_HOUR, one.journalled) for one in entries) == [
        (1, late, 1),
        (24, 0, 3),
        (24, 24, 1),
    ]
    assert all(one.journalled == one.released for one in entries)
    # A promised event may be older than what was folded.
    await journal.append(event(7, hour=2))
    batch = journal.take()
    assert batch is not None
    journal.release(batch)
    journalled, released = written(path)
    assert journalled == released
    assert sum(journalled.values()) == 6
    journal.close()


async def test_a_journal_from_before_the_ledger_gets_one_and_says_from_when(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as old:
        old.executescript(
            "CREATE TABLE groups (sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
            " events INTEGER NOT NULL, last_id INTEGER NOT NULL, lines BLOB NOT NULL);"
            "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL,"
            " last_id INTEGER NOT NULL, sealed INTEGER);"
        )
        old.execute("INSERT INTO state VALUES (1, 'abc', 5, NULL)")
        waiting = event(1, hour=3)
        old.execute(
            "INSERT INTO groups (events, last_id, lines) VALUES (1, ?, ?)",
            (waiting.id, msgspec.json.encode(waiting)),
        )
    old.close()
    for _ in range(2):  # the second opening changes nothing
        journal = SqliteJournal(path, WIDE, hold_seconds=60)
        book = SqliteLedger(path).read(None, 0, FOREVER)
        assert (book.opened, book.opened_hour) == (1, FIRST_HOUR + 4)
        journal.close()
    journal = SqliteJournal(path, WIDE, hold_seconds=60)
    await journal.append(event(2, hour=4))
    batch = journal.take()
    assert batch is not None
    assert batch.events == 2
    journal.release(batch)
    (entry,) = SqliteLedger(path).read(None, 0, FOREVER).entries
    assert (entry.hour - FIRST_HOUR, entry.journalled, entry.released) == (4, 1, 1)
    journal.close()
