"""What every journal promises (`capture.ports.Journal`)."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.core.errors import JournalUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.journal.batches import BATCH_EVENTS_MAX
from footfall.journal.journal import SqliteJournal

WIDE = 1 << 30


def event(number: int, **fields: object) -> Event:
    facts = {
        "id": number,
        "account": 1,
        "kind": EventKind.SCAN,
        "source": "test",
        "verdict": Verdict.COUNTED,
        **fields,
    }
    return Event(**facts)  # type: ignore[arg-type]


def ids_in(lines: bytes) -> list[int]:
    return [msgspec.json.decode(line, type=Event).id for line in lines.splitlines()]


def drain(journal: SqliteJournal) -> list[int]:
    found: list[int] = []
    while (batch := journal.take()) is not None:
        found += ids_in(batch.lines)
        journal.release(batch)
    return found


async def append_all(journal: SqliteJournal, numbers: range) -> None:
    await asyncio.gather(*(journal.append(event(number)) for number in numbers))


async def test_what_was_appended_comes_out_in_order_and_once(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await append_all(journal, range(1, 501))
    assert drain(journal) == list(range(1, 501))
    assert journal.take() is None
    journal.close()


async def test_an_event_is_in_the_file_when_its_append_is_done(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await journal.append(event(7))
    other = sqlite3.connect(tmp_path / "journal.db")
    assert ids_in(other.execute("SELECT lines FROM groups").fetchone()[0]) == [7]
    other.close()
    journal.close()


async def test_events_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await append_all(journal, range(1, 301))
    assert journal.position() <= 2
    journal.close()


async def test_a_batch_not_released_is_the_same_batch_after_a_restart(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await append_all(journal, range(1, 11))
    sealed = journal.take()
    await append_all(journal, range(11, 21))
    journal.close()

    again = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    assert sealed is not None
    assert not sealed.again
    assert again.take() == msgspec.structs.replace(sealed, again=True)
    again.release(sealed)
    following = again.take()
    assert following is not None
    assert following.token != sealed.token
    assert ids_in(following.lines) == list(range(11, 21))
    again.close()


async def test_tokens_never_repeat_also_not_in_a_new_journal(tmp_path: Path) -> None:
    tokens = set()
    for name in ("a.db", "b.db"):
        journal = SqliteJournal(tmp_path / name, WIDE, hold_seconds=60)
        for number in (1, 2):
            await journal.append(event(number))
            batch = journal.take()
            assert batch is not None
            journal.release(batch)
            tokens.add(batch.token)
        journal.close()
    assert len(tokens) == 4


async def test_the_last_id_survives_a_release_and_a_restart(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await append_all(journal, range(1, 42))
    drain(journal)
    journal.close()
    again = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    assert (again.last_id, again.backlog().events) == (41, 0)
    again.close()


async def test_a_batch_holds_so_many_events_bytes_and_groups_and_always_one_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    for start in range(0, 60, 6):  # ten groups of six
        await append_all(journal, range(start + 1, start + 7))
    whole = journal.take()
    assert whole is not None
    assert (whole.events, whole.groups, whole.lines.count(b"\n")) == (60, 10, 60)
    journal.close()
    one = len(whole.lines) // 10 + 1
    limits = {"EVENTS": (6, 12, 17), "BYTES": (one, one, one), "GROUPS": (1, 3, 10)}
    expected = {"EVENTS": (1, 2, 2), "BYTES": (1, 1, 1), "GROUPS": (1, 3, 10)}
    for name, values in limits.items():
        for value, groups in zip(values, expected[name], strict=True):
            with monkeypatch.context() as patched, sqlite3.connect(tmp_path / "journal.db") as file:
                patched.setattr(f"footfall.journal.batches.BATCH_{name}_MAX", value)
                file.execute("UPDATE state SET sealed = NULL")
                file.commit()
                again = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
                batch = again.take()
                assert batch is not None
                assert (batch.groups, batch.events, batch.first) == (groups, 6 * groups, 1)
                again.close()


async def test_a_large_backlog_comes_out_in_batches_of_bounded_size(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    for start in range(1, BATCH_EVENTS_MAX + 10_001, 10_000):
        await append_all(journal, range(start, start + 10_000))
    first = journal.take()
    assert first is not None
    assert 0 < first.events <= BATCH_EVENTS_MAX
    journal.release(first)
    assert len(drain(journal)) == BATCH_EVENTS_MAX + 10_000 - first.events
    journal.close()


async def test_past_its_limit_the_journal_refuses_and_takes_again_when_emptied(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", bytes_max=2_000)
    await append_all(journal, range(1, 1000))
    with pytest.raises(JournalUnavailable):
        await journal.append(event(1000))
    kept = journal.backlog().events
    assert drain(journal) == list(range(1, kept + 1))
    await journal.append(event(1001))
    assert journal.backlog().events == 1
    journal.close()


async def test_a_request_that_is_given_up_does_not_stop_the_others(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    given_up, kept = (asyncio.ensure_future(journal.append(event(n))) for n in (1, 2))
    given_up.cancel()
    await kept
    assert drain(journal) == [1, 2]
    journal.close()


async def test_scrubbing_leaves_nothing_of_what_was_released(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await journal.append(event(1, user_agent="a very personal browser"))
    drain(journal)
    journal.scrub()
    for path in tmp_path.iterdir():
        assert b"a very personal browser" not in path.read_bytes()
    journal.close()


async def test_a_journal_cut_off_at_any_byte_holds_a_run_of_whole_groups(tmp_path: Path) -> None:
    """What a power cut leaves of the last writes: every prefix of the file must open."""
    journal = SqliteJournal(tmp_path / "journal.db", WIDE, hold_seconds=60)
    await journal.append(event(1))
    started = (tmp_path / "journal.db-wal").stat().st_size
    for number in range(2, 8):
        await journal.append(event(number))
    whole = (tmp_path / "journal.db-wal").read_bytes()
    kept_before: list[int] = []
    for length in (*range(started, len(whole), 97), len(whole)):
        cut = tmp_path / "cut"
        shutil.rmtree(cut, ignore_errors=True)
        cut.mkdir()
        shutil.copy(tmp_path / "journal.db", cut / "journal.db")
        (cut / "journal.db-wal").write_bytes(whole[:length])
        reopened = SqliteJournal(cut / "journal.db", WIDE, hold_seconds=60)
        kept = drain(reopened)
        reopened.close()
        assert kept == list(range(1, len(kept) + 1))
        assert len(kept) >= max(1, len(kept_before))
        kept_before = kept
    assert kept_before == [1, 2, 3, 4, 5, 6, 7]
    journal.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=some.text(max_size=300),
    number=some.integers(min_value=1, max_value=(1 << 63) - 1),
    visitor=some.integers(min_value=0, max_value=(1 << 32) - 1),
)
def test_any_text_and_number_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, text: str, number: int, visitor: int
) -> None:
    given_event = event(number, user_agent=text, visitor=visitor, metadata=text)

    async def round_trip() -> bytes:
        journal = SqliteJournal(tmp_path_factory.mktemp("j") / "journal.db", WIDE, hold_seconds=60)
        await journal.append(given_event)
        batch = journal.take()
        journal.close()
        assert batch is not None
        return batch.lines

    assert msgspec.json.decode(asyncio.run(round_trip()), type=Event) == given_event


async def test_events_of_one_append_are_journalled_together_or_not_at_all(tmp_path: Path) -> None:
    """The limit is looked at once: the writer moves the backlog while many are appended."""
    journal = SqliteJournal(tmp_path / "journal.db", 30_000)
    kept = 0
    for start in range(1, 40_000, 400):
        numbers = range(start, start + 400)
        try:
            await journal.append(*(event(number) for number in numbers))
        except JournalUnavailable:
            break
        kept += len(numbers)
    assert kept > 0
    assert journal.backlog().events == kept
    with sqlite3.connect(tmp_path / "journal.db") as other:
        ((groups, events),) = other.execute("SELECT count(*), sum(events) FROM groups").fetchall()
    assert (groups, events) == (kept // 400, kept)
    journal.close()
