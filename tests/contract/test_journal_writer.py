"""Nobody waits for the journal's disk for longer than stated, and nothing waits without a bound.

A disk that takes no writes is a lock that another connection holds: the write waits for its end.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from footfall.capture.enrichment import EnrichmentContext, Found, RequestContext, RulesInEffect
from footfall.capture.id_generator import IdGenerator
from footfall.capture.ports import JournalStalled
from footfall.capture.recorder import Capture
from footfall.core.accounts import Privacy
from footfall.core.classification import Rules
from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import first_id_at
from footfall.core.ingested import IngestedEvent, key_of
from footfall.core.trackers import Tracker
from footfall.journal import groups, keeper, scrubbing
from footfall.journal import journal as journals
from footfall.journal.groups import SMALL_BYTES_MAX
from footfall.journal.journal import SqliteJournal
from tests.support.running import wait_for

WIDE = 1 << 30
NOW = 1_790_000_000_000
HOLD_SECONDS = 0.2


@contextmanager
def stalled_disk(path: Path) -> Iterator[sqlite3.Connection]:
    """Until this ends, or commits."""
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
        if other.in_transaction:
            other.execute("COMMIT")
    finally:
        other.close()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=HOLD_SECONDS)
    yield opened
    await asyncio.to_thread(opened.close)


@pytest.fixture
def capture(journal: SqliteJournal) -> Capture:
    context = EnrichmentContext(place=lambda _: Found({}), visitor_salt=lambda _: b"salt")
    return Capture(journal, IdGenerator(lambda: NOW), context, RulesInEffect(Rules()))


TRACKER = Tracker(
    id=1,
    account=1,
    slug="menu",
    kind=EventKind.SCAN,
    source="t",
    destination="https://example.org/",
    privacy=Privacy.FULL,
)


def event(number: int, size: int = 0) -> Event:
    return Event(
        id=first_id_at(NOW) + number,
        account=1,
        kind=EventKind.SCAN,
        source="t",
        verdict=Verdict.COUNTED,
        url="x" * size,
    )


def new_event(id: str, size: int = 0) -> IngestedEvent:
    key = key_of(1, id) if id else b""
    return IngestedEvent(
        1, "t", key, NOW, b',"account":1,"kind":"scan","url":"%b"}' % (b"x" * size)
    )


async def until_settled(capture: Capture, journal: SqliteJournal) -> None:
    """The disk goes on, and what became of the events is known."""
    await asyncio.to_thread(wait_for, lambda: not (capture.pending or journal.stalled) or None)


# ── large bodies ──────────────────────────────────────────────────────────────────────────────


async def test_a_scan_waits_for_one_large_body_and_not_for_a_row_of_them(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE)
    done: list[str] = []

    async def note(name: str, written: Awaitable[object]) -> None:
        await written
        done.append(name)

    def large(number: int) -> Awaitable[object]:
        return journal.append_ingested([number], [new_event("", SMALL_BYTES_MAX)])

    with stalled_disk(journal.path):
        first = asyncio.create_task(note("first", large(1)))
        for _ in range(3):  # then it is on its way to the disk
            await asyncio.sleep(0)
        assert journal.waiting_bytes
        assert not journal._waiting
        others = asyncio.gather(
            *(note(f"body {number}", large(number)) for number in range(2, 6)),
            note("scan", journal.append(event(6))),
            note("all", journal.append()),
        )
        await asyncio.sleep(0)
        assert not done
    await asyncio.gather(first, others)
    assert done[:2] == ["first", "scan"]
    assert done[2:] == ["body 2", "body 3", "body 4", "body 5", "all"]
    await asyncio.to_thread(journal.close)


# ── a disk that stalls ────────────────────────────────────────────────────────────────────────


async def test_a_scan_is_answered_while_the_disk_stalls_and_recorded_when_it_goes_on(
    journal: SqliteJournal, capture: Capture
) -> None:
    with stalled_disk(journal.path):
        first, second = await asyncio.gather(
            *(capture.record(TRACKER, RequestContext(at=NOW)) for _ in range(2))
        )
        third = await capture.record(TRACKER, RequestContext(at=NOW))
        assert [(one.recorded, one.pending) for one in (first, second, third)] == [
            (False, True)
        ] * 3
        assert (capture.pending, capture.recorded, journal.stalled) == (3, 0, True)
    await until_settled(capture, journal)
    assert (capture.pending, capture.recorded, capture.unrecorded) == (0, 3, 0)
    assert sum(capture.answered.values()) == 3
    assert journal.backlog().events == 3
    receipt = await capture.record(TRACKER, RequestContext(at=NOW))
    assert (receipt.recorded, receipt.pending, journal.stalled) == (True, False, False)


async def test_a_scan_that_was_pending_is_unrecorded_when_its_commit_fails(
    journal: SqliteJournal, capture: Capture
) -> None:
    with stalled_disk(journal.path) as disk:
        receipt = await capture.record(TRACKER, RequestContext(at=NOW))
        assert receipt.pending
        disk.execute(
            "CREATE TRIGGER full BEFORE INSERT ON groups BEGIN SELECT raise(ABORT, 'full'); END"
        )
    await until_settled(capture, journal)
    assert (capture.pending, capture.recorded, capture.unrecorded) == (0, 0, 1)
    assert sum(capture.lost.values()) == 1
    assert not capture.recording


async def test_told_events_are_refused_while_nothing_is_known_and_kept_once_when_repeated(
    journal: SqliteJournal, capture: Capture
) -> None:
    with stalled_disk(journal.path):
        with pytest.raises(JournalStalled):
            await capture.ingest([new_event("a"), new_event("b")])
        with pytest.raises(JournalUnavailable) as refused:
            await capture.ingest([new_event("a"), new_event("")])
        assert not isinstance(refused.value, JournalStalled)  # nothing of it was taken
    await until_settled(capture, journal)
    ids, firsts = await capture.ingest([new_event("a"), new_event("b"), new_event("c")])
    assert len(firsts) == 2
    assert journal.backlog().events == 3
    assert capture.recorded == sum(capture.answered.values()) == 3
    assert len(set(ids) - set(firsts)) == 1


async def test_nobody_learns_of_a_page_behind_which_pending_events_may_appear(
    journal: SqliteJournal, capture: Capture
) -> None:
    """To append nothing waits for what was appended before."""
    with stalled_disk(journal.path):
        scan = asyncio.create_task(capture.record(TRACKER, RequestContext(at=NOW)))
        await asyncio.sleep(0)
        with pytest.raises(JournalStalled):
            await journal.append()
        assert (await scan).pending
    await until_settled(capture, journal)
    await journal.append()
    assert journal.backlog().events == 1


async def test_a_seal_that_fails_takes_no_event_with_it(journal: SqliteJournal) -> None:
    """They share a commit."""
    await journal.append(event(1))
    with sqlite3.connect(journal.path) as file:
        file.execute(
            "CREATE TRIGGER no BEFORE UPDATE ON state BEGIN SELECT raise(ABORT, 'no'); END"
        )
    with stalled_disk(journal.path):
        scans = [asyncio.ensure_future(journal.append(event(2)))]
        await asyncio.sleep(HOLD_SECONDS / 2)
        sealing = asyncio.create_task(asyncio.to_thread(journal.take))
        await asyncio.sleep(HOLD_SECONDS / 2)
        scans.append(asyncio.ensure_future(journal.append(event(3))))
        await asyncio.wait(scans)
    with pytest.raises(JournalUnavailable):
        await sealing
    await asyncio.to_thread(wait_for, lambda: journal.backlog().events == 3 or None)
    with sqlite3.connect(journal.path) as file:
        file.execute("DROP TRIGGER no")
    batch = await asyncio.to_thread(journal.take)
    assert batch is not None
    assert batch.events == 3
    for scan in scans:
        assert scan.exception() is None or isinstance(scan.exception(), JournalStalled)


# ── bounds of what waits in memory ────────────────────────────────────────────────────────────


async def test_a_group_is_closed_by_its_bytes(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "GROUP_BYTES_MAX", 10_000)
    numbers = iter(range(1_000))
    await asyncio.gather(*(journal.append(event(next(numbers), 3_000)) for _ in range(20)))
    ids = [first_id_at(NOW) + next(numbers) for _ in range(20)]
    await asyncio.gather(*(journal.append_ingested([id], [new_event("", 3_000)]) for id in ids))
    await journal.append(*(event(next(numbers), 3_000) for _ in range(10)))  # never parted
    with sqlite3.connect(journal.path) as other:
        sizes = [size for (size,) in other.execute("SELECT length(lines) FROM groups")]
    assert max(sizes[:-1]) <= 10_000 < sizes[-1]
    assert journal.waiting_bytes == 0


async def test_past_the_bytes_that_may_wait_told_events_are_refused_first_and_then_scans(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, waiting_bytes_max=100_000)
    first = first_id_at(NOW)
    with stalled_disk(journal.path):
        taken = [
            journal.append_ingested([first], [new_event("", 200_000)])
        ]  # one alone is always taken
        with pytest.raises(JournalUnavailable, match="Send these again"):
            await journal.append_ingested([first + 1], [new_event("")])
    await asyncio.gather(*taken)
    with stalled_disk(journal.path):
        waiting = [journal.append_ingested([first + 2], [new_event("", 40_000)])]
        with pytest.raises(JournalUnavailable):
            await journal.append_ingested([first + 3], [new_event("", 20_000)])
        scans = [journal.append(event(10 + number, 4_000)) for number in range(13)]
        with pytest.raises(JournalUnavailable):
            await journal.append(event(99, 8_000))
    await asyncio.gather(*waiting, *scans)
    assert journal.refused == 3
    assert journal.backlog().events == 15
    await journal.append_ingested([first + 200], [new_event("", 20_000)])
    journal.close()


async def test_the_last_tenth_of_the_backlog_is_for_scans(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", bytes_max=10_000)
    await journal.append(event(1, 9_600))
    with pytest.raises(JournalUnavailable):
        await journal.append_ingested([first_id_at(NOW) + 2], [new_event("")])
    await journal.append(event(3, 1_000))
    with pytest.raises(JournalUnavailable):
        await journal.append(event(4))
    journal.close()


# ── closing ───────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_journal_refuses_in_the_place_of_waiting(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE)
    await journal.append(event(1))
    batch = journal.take()
    assert batch is not None
    journal.close()
    for ask in (lambda: journal.release(batch), lambda: journal.forget_keys(NOW), journal.scrub):
        with pytest.raises((JournalUnavailable, sqlite3.ProgrammingError)):
            await asyncio.to_thread(ask)
    with pytest.raises(JournalUnavailable, match="closed"):
        await journal.append(event(2))
    journal.close()  # twice does no harm


async def test_who_waits_for_a_stalled_disk_is_told_when_the_journal_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "CLOSE_SECONDS_MAX", 0.1)
    journal = SqliteJournal(tmp_path / "journal.db", WIDE)
    with stalled_disk(journal.path):
        scans = [journal.append(event(1))]
        await asyncio.sleep(0)
        asked = [
            asyncio.create_task(asyncio.to_thread(ask))
            for ask in (lambda: journal.forget_keys(NOW), journal.scrub)
        ]
        await asyncio.sleep(0.05)
        await asyncio.to_thread(journal.close)
        for one in asked:
            with pytest.raises(JournalUnavailable, match="closed"):
                await one
        scans.append(journal.append(event(2)))
        for scan in scans:
            with pytest.raises(JournalUnavailable, match="closed"):
                await scan
    for thread in threading.enumerate():
        if thread.name == "journal-writer":
            await asyncio.to_thread(thread.join, 20)


# ── upkeep beside scans ───────────────────────────────────────────────────────────────────────


async def fill_and_drain(journal: SqliteJournal, events: int) -> None:
    for number in range(events):
        await journal.append(event(number, 4_000))
    while (batch := await asyncio.to_thread(journal.take)) is not None:
        await asyncio.to_thread(journal.release, batch)


async def test_scans_are_recorded_between_the_steps_of_a_scrub(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "PAGES_FIRST", 1)
    monkeypatch.setattr(scrubbing, "PAGES_MAX", 1)
    await fill_and_drain(journal, 60)
    scrubbing_now = asyncio.create_task(asyncio.to_thread(journal.scrub))
    recorded = 0
    while not scrubbing_now.done():
        await journal.append(event(1_000 + recorded))
        recorded += 1
    await scrubbing_now
    assert recorded > 20
    assert journal.backlog().events == recorded


async def test_a_scrub_waits_for_a_reader_and_no_scan_does(
    journal: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "READERS_SECONDS_MAX", 0.3)
    await fill_and_drain(journal, 1)
    reader = sqlite3.connect(journal.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM groups").fetchall()
    await journal.append(event(7, 5_000))
    scrub = asyncio.create_task(asyncio.to_thread(journal.scrub))
    while not scrub.done():
        await journal.append(event(8))
    with pytest.raises(JournalUnavailable, match="Somebody reads"):
        await scrub
    assert journal.scrub_waits
    assert not journal.stalled
    reader.close()
    monkeypatch.setattr(scrubbing, "READERS_SECONDS_MAX", 30)
    while (batch := await asyncio.to_thread(journal.take)) is not None:
        await asyncio.to_thread(journal.release, batch)
    await asyncio.to_thread(journal.scrub)
    assert journal.scrub_waits == ""
    for path in tmp_path.iterdir():
        assert b"xxxx" not in path.read_bytes()


async def test_the_log_begins_again_under_load_and_after_a_reader(
    journal: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages are copied beside the commits, by a thread that wakes twice a second."""
    monkeypatch.setattr(keeper, "LOG_PAGES_MAX", 100)
    monkeypatch.setattr(keeper, "CHECKPOINT_PAGES", 10)
    log = tmp_path / "journal.db-wal"

    def number_of_log() -> bytes:
        """Of SQLite's file format: how often it began again."""
        with log.open("rb") as file:
            return file.read(16)[12:]

    reader = sqlite3.connect(journal.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM groups").fetchall()
    for number in range(4):
        await journal.append(event(number, 400_000))
    before = number_of_log()
    reader.close()
    async with asyncio.timeout(60):
        number = 100
        while number_of_log() == before:
            await journal.append(event(number, 4_000))
            number += 1
