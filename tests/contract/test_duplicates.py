"""What a journal promises of ingested events (`capture.ports.IngestJournal`)."""

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event, EventKind, Verdict, members_of
from footfall.core.ids import first_id_at, received_at
from footfall.core.ingested import IngestedEvent, key_of
from footfall.journal.batches import BATCH_EVENTS_MAX
from footfall.journal.journal import SqliteJournal
from footfall.journal.keys import KEYS_AT_ONCE
from footfall.journal.scrubbing import INCREMENTAL

WIDE = 1 << 30
DAY_MS = 86_400_000
NOW = 1_790_000_000_000


def new_event(id: str, **fields: object) -> IngestedEvent:
    facts = {"kind": EventKind.SCAN, "source": "test", "verdict": Verdict.COUNTED, **fields}
    key = key_of(1, id) if id else b""
    return IngestedEvent(1, "native", key, NOW - 5, members_of({"account": 1, **facts}))


def drain(journal: SqliteJournal) -> list[Event]:
    found: list[Event] = []
    while (batch := journal.take()) is not None:
        found += [msgspec.json.decode(line, type=Event) for line in batch.lines.splitlines()]
        journal.release(batch)
    return found


def keys_in(path: Path) -> int:
    with sqlite3.connect(path) as other:
        ((keys,),) = other.execute("SELECT count(*) FROM ingested_keys").fetchall()
    return int(keys)


async def test_a_told_event_gets_its_id_and_delay_and_a_repetition_the_first_id(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE)
    first = first_id_at(NOW)
    ids = [first, first + 1, first + 2, first + 3]
    firsts = await journal.append_ingested(
        ids, [new_event("a"), new_event("b"), new_event("a"), new_event("")]
    )
    assert firsts == {first + 2: first}
    assert await journal.append_ingested([first + 9], [new_event("b")]) == {first + 9: first + 1}
    events = drain(journal)
    assert [(one.id, one.delay) for one in events] == [(id, 5) for id in (*ids[:2], ids[3])]
    assert journal.backlog().events == 0
    journal.close()


async def test_a_commit_of_repetitions_alone_writes_no_event(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE)
    first = first_id_at(NOW)
    await journal.append_ingested([first], [new_event("a")])
    position = journal.position()
    await asyncio.gather(*(journal.append_ingested([first + n], [new_event("a")]) for n in (1, 2)))
    assert journal.position() == position
    assert len(drain(journal)) == 1
    journal.close()


async def test_many_large_bodies_at_once_do_not_become_one_group(tmp_path: Path) -> None:
    """The engine takes a group whole, in memory."""
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE)
    first = first_id_at(NOW)
    bodies = [range(first + start, first + start + 10_000) for start in range(0, 80_000, 10_000)]
    one = new_event("")
    await asyncio.gather(*(journal.append_ingested(ids, [one] * len(ids)) for ids in bodies))
    with sqlite3.connect(path) as other:
        rows = other.execute("SELECT events FROM groups ORDER BY sequence").fetchall()
    assert sum(events for (events,) in rows) == 80_000
    assert max(events for (events,) in rows) <= BATCH_EVENTS_MAX
    assert [event.id for event in drain(journal)] == [id for ids in bodies for id in ids]
    journal.close()


async def test_a_key_counts_for_its_window_and_goes_after_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE, dedup_days=2)
    first = first_id_at(NOW)
    inside, beyond = first_id_at(NOW + 2 * DAY_MS), first_id_at(NOW + 2 * DAY_MS + 1)
    assert await journal.append_ingested([first], [new_event("a")]) == {}
    assert await journal.append_ingested([inside], [new_event("a")]) == {inside: first}
    assert await journal.append_ingested([beyond], [new_event("a")]) == {}
    assert await journal.append_ingested([beyond + 1], [new_event("a")]) == {beyond + 1: beyond}
    await journal.append_ingested([beyond + 2], [new_event("b")])
    await asyncio.to_thread(journal.forget_keys, received_at(beyond) + 2 * DAY_MS)
    assert keys_in(path) == 2
    await asyncio.to_thread(journal.forget_keys, received_at(beyond) + 2 * DAY_MS + 1)
    assert keys_in(path) == 0
    journal.close()


async def test_old_keys_go_in_small_steps_and_young_ones_stay(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE, dedup_days=1)
    many = 2 * KEYS_AT_ONCE + 7
    old, young = first_id_at(NOW), first_id_at(NOW + DAY_MS)
    for start, name in ((old, "old"), (young, "young")):
        await journal.append_ingested(
            range(start, start + many), [new_event(f"{name}-{number}") for number in range(many)]
        )
    await asyncio.to_thread(journal.forget_keys, NOW + DAY_MS + 1)
    assert keys_in(path) == many
    again = await journal.append_ingested([young + many], [new_event("young-5")])
    assert again == {young + many: young + 5}
    journal.close()


async def test_a_commit_that_fails_keeps_neither_event_nor_key(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path, WIDE)
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON groups BEGIN SELECT raise(ABORT, 'full'); END"
        )
    with pytest.raises(JournalUnavailable):
        await journal.append_ingested([first_id_at(NOW)], [new_event("a")])
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER full")
    assert keys_in(path) == 0
    assert await journal.append_ingested([first_id_at(NOW) + 1], [new_event("a")]) == {}
    journal.close()


@settings(max_examples=20, deadline=None)
@given(sizes=some.lists(some.integers(1, 9_000), min_size=1, max_size=12))
def test_scrubbing_leaves_nothing_of_released_events_and_every_key(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    directory = tmp_path_factory.mktemp("scrubbed")

    async def run() -> None:
        journal = SqliteJournal(directory / "journal.db", WIDE)
        first = first_id_at(NOW)
        for number, size in enumerate(sizes):
            text = "very personal " * (size // 14 + 1)
            await journal.append_ingested([first + number], [new_event(f"id{number}", url=text)])
            if number % 4 == 2:
                await asyncio.to_thread(drain, journal)
        await asyncio.to_thread(drain, journal)
        await asyncio.to_thread(journal.scrub)
        for path in directory.iterdir():
            assert b"personal" not in path.read_bytes()
        journal.close()

    asyncio.run(run())
    assert keys_in(directory / "journal.db") == len(sizes)


async def test_a_journal_of_an_older_footfall_is_scrubbed_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.execute("CREATE TABLE something (text)")
    old.close()
    for _ in range(2):
        journal = SqliteJournal(path, WIDE)
        await journal.append_ingested([first_id_at(NOW)], [new_event("", url="very personal")])
        await asyncio.to_thread(drain, journal)
        await asyncio.to_thread(journal.scrub)
        assert all(b"personal" not in one.read_bytes() for one in tmp_path.iterdir())
        journal.close()
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA auto_vacuum").fetchone() == (INCREMENTAL,)


@given(text=some.text(min_size=1, max_size=128), other=some.text(min_size=1, max_size=128))
def test_keys_are_as_different_as_ids_and_accounts(text: str, other: str) -> None:
    assert (key_of(1, text) == key_of(1, other)) == (text == other)
    assert key_of(1, text) != key_of(2, text)
    assert len(key_of(1, text)) == 16
