"""Stored columns that are derived again from user agent and referrer, on a real engine."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from footfall.core.calendar import HOUR_MS
from footfall.core.errors import StoreUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.reports import ArchivedMonth
from footfall.parsing.user_agents import read_user_agent
from footfall.store.maintenance import reclassify
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.maintenance.rederive import Rederiver, Run
from footfall.store.store import ClickHouseStore

START = EPOCH_MS + 400 * 86_400_000
DAY_MS = 86_400_000
IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.4 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('rederiving')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def account(store: ClickHouseStore) -> int:
    """As an older version stored them: 30 tablets as mobile, 20 hosts with `www.`; 40 right ones,
    and 10 of coarse privacy, which have a device and no user agent."""
    number = next(_numbers)
    rows: list[dict[str, Any]] = [
        *([{"user_agent": IPAD, **read_user_agent(IPAD), "device": "mobile"}] * 30),
        *(
            {"referrer": f"https://www.example.org/{n}", "referrer_host": "www.example.org"}
            for n in range(20)
        ),
        *([{"user_agent": FIREFOX, **read_user_agent(FIREFOX)}] * 40),
        *([{"device": "tablet", "referrer_host": "www.example.net"}] * 10),
    ]
    events = [
        Event(
            id=(START - EPOCH_MS + n * 200_000 << TIME_SHIFT) + number,
            account=number,
            tracker=n % 3,
            kind=EventKind.SCAN,
            source="test",
            delay=DAY_MS if n % 5 == 0 else 0,
            verdict=Verdict.BOT if n % 7 == 0 else Verdict.COUNTED,
            **row,
        )
        for n, row in enumerate(rows)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"rederiving-{number}", 0, len(events), lines))
    return number


def rederiver(store: ClickHouseStore, archived: Sequence[ArchivedMonth] = ()) -> Rederiver:
    return Rederiver(store.opened(), lambda _: archived)


def look(store: ClickHouseStore, account: int) -> Run:
    run = rederiver(store).look(account, 0)
    assert run is not None
    return run


def counts(store: ClickHouseStore, table: str, account: int) -> Counter[tuple[str, str, str]]:
    """Events of a raw table by device, referrer host and verdict."""
    with store.opened().reading() as client:
        rows = client.query(
            f"SELECT device, referrer_host, toString(verdict) FROM {table}"
            f" WHERE account = {account}"
        ).result_rows
    return Counter((a, b, c) for a, b, c in rows)


def devices(store: ClickHouseStore, account: int) -> dict[str, int]:
    """By the counts of the account."""
    with store.opened().reading() as client:
        rows = client.query(
            "SELECT value, sum(events) FROM rollup_account WHERE dimension = 'device'"
            f" AND account = {account} GROUP BY value"
        ).result_rows
    return {value: events for value, events in rows if value}


def differences(store: ClickHouseStore, account: int) -> list[object]:
    first = START // HOUR_MS - 30
    return list(ClickHouseComparer(store.opened).compare(account, first, first + 60).differences)


def assert_derived(store: ClickHouseStore, account: int, verdicts: Counter[str]) -> None:
    for table in ("events", "events_by_tracker"):
        found = counts(store, table, account)
        by_device, by_host, by_verdict = (Counter[str]() for _ in range(3))
        for (device, host, verdict), number in found.items():
            by_device[device] += number
            by_host[host] += number
            by_verdict[verdict] += number
        assert by_device == {"tablet": 40, "desktop": 40, "": 20}
        assert by_host == {"example.org": 20, "www.example.net": 10, "": 70}
        assert by_verdict == verdicts
    assert devices(store, account) == {"tablet": 40, "desktop": 40}
    assert differences(store, account) == []
    again = look(store, account)
    assert (again.events, again.changed, again.changes) == (100, 0, {})


def verdicts_of(store: ClickHouseStore, account: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, _, verdict), number in counts(store, "events", account).items():
        found[verdict] += number
    return found


def test_a_preview_counts_what_would_change_and_writes_nothing(
    store: ClickHouseStore, account: int
) -> None:
    before = counts(store, "events", account)
    run = look(store, account)
    assert (run.events, run.changed) == (100, 50)
    assert run.changes == {
        ("device", "mobile", "tablet"): 30,
        ("referrer_host", "www.example.org", "example.org"): 20,
    }
    assert counts(store, "events", account) == before


@pytest.mark.parametrize("done", [0, 1, 2])
def test_rows_and_counts_agree_afterwards_also_when_a_run_was_interrupted(
    store: ClickHouseStore, account: int, done: int
) -> None:
    verdicts = verdicts_of(store, account)
    interrupted = rederiver(store)
    for step in (interrupted.rewrite_copies, interrupted.rebuild_counts)[:done]:
        step(look(store, account))
    assert look(store, account).changed == 50
    after = rederiver(store)
    after.rewrite(look(store, account))
    after.wait()
    assert_derived(store, account, verdicts)


def test_events_that_are_rewritten_are_not_looked_for_again_by_the_next_run(
    store: ClickHouseStore, account: int
) -> None:
    verdicts = verdicts_of(store, account)
    first = rederiver(store).look(account, 0, 40)
    assert first is not None
    assert (first.events, first.changed) == (40, 40)
    rederiver(store).rewrite(first)
    assert look(store, account).changed == 10
    rederiver(store).rewrite(look(store, account))
    rederiver(store).wait()
    assert_derived(store, account, verdicts)


def test_events_in_archives_stay_as_they_are(store: ClickHouseStore, account: int) -> None:
    run = rederiver(store, [ArchivedMonth("", 0, 1 << 42)]).look(account, 0)
    assert run is not None
    assert (run.events, run.changed) == (100, 0)


def test_too_small_a_disk_is_refused_before_anything_changes(
    store: ClickHouseStore, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(store, "events_by_tracker", account)
    monkeypatch.setattr(reclassify, "SPARE_BYTES", 1 << 60)
    with pytest.raises(StoreUnavailable, match="give the same command again"):
        rederiver(store).rewrite(look(store, account))
    assert counts(store, "events_by_tracker", account) == before
