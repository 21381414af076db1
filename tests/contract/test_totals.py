"""Totals of many trackers from the rollups, on the real engine."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest

from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore
from tests.contract.totals import FOREVER_MS, events_of, totals_query

NOON = 1_790_078_400_000
QUARTER_MS = 900_000
OPEN, CLICK, BOUNCE = EventKind.OPEN, EventKind.CLICK, EventKind.BOUNCE
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('totals')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def account(store: ClickHouseStore) -> int:
    """An account with mails of two trackers; another account's are beside them."""
    number = 2 * next(_numbers)
    mails = [
        (number, 1, OPEN, Verdict.COUNTED, 7, 0),
        (number, 1, OPEN, Verdict.COUNTED, 7, 1),
        (number, 1, OPEN, Verdict.MACHINE_OPEN, 8, 1),
        (number, 1, OPEN, Verdict.BOT, 9, 1),
        (number, 1, CLICK, Verdict.COUNTED, 7, 2),
        (number, 1, BOUNCE, Verdict.COUNTED, 0, 2),
        (number, 2, OPEN, Verdict.COUNTED, 5, 0),
        (number + 1, 1, OPEN, Verdict.COUNTED, 6, 0),
    ]
    events = [
        Event(
            id=(NOON + quarter * QUARTER_MS - EPOCH_MS << TIME_SHIFT) + place,
            account=account,
            tracker=tracker,
            kind=kind,
            source="mail",
            verdict=verdict,
            visitor=visitor,
        )
        for place, (account, tracker, kind, verdict, visitor, quarter) in enumerate(mails)
    ]
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
    store.insert(Batch(f"totals-{number}", 0, len(events), lines))
    return number


def test_events_are_counted_by_tracker_and_kind(store: ClickHouseStore, account: int) -> None:
    report = store.report(totals_query(account, (1, 2, 3)))
    assert events_of(report) == {(1, OPEN): 2, (1, CLICK): 1, (1, BOUNCE): 1, (2, OPEN): 1}
    assert report.unions == ()
    assert report.table == "rollup"


def test_only_the_verdicts_that_are_asked_for_are_counted(
    store: ClickHouseStore, account: int
) -> None:
    for verdicts, opens in (((Verdict.MACHINE_OPEN,), 1), (tuple(Verdict), 4), ((), 4)):
        report = store.report(totals_query(account, (1,), verdicts=verdicts))
        assert events_of(report)[1, OPEN] == opens


def test_visitors_of_several_kinds_are_counted_once(store: ClickHouseStore, account: int) -> None:
    unions = ((OPEN,), (CLICK,), (OPEN, CLICK), (BOUNCE,), ())
    verdicts = (Verdict.COUNTED, Verdict.MACHINE_OPEN)
    query = totals_query(account, (1,), verdicts=verdicts, unions=unions)
    assert store.report(query).unions == (2, 1, 2, 0, 0)


def test_a_window_is_of_whole_quarter_hours(store: ClickHouseStore, account: int) -> None:
    def opens(since: int, until: int) -> tuple[int, int]:
        window = {"occurred_since": since, "occurred_until": until}
        report = store.report(totals_query(account, (1,), **window, unions=((OPEN,),)))
        return events_of(report).get((1, OPEN), 0), report.unions[0]

    assert opens(0, FOREVER_MS) == (2, 1)
    assert opens(NOON + QUARTER_MS, FOREVER_MS) == (1, 1)
    assert opens(0, NOON + QUARTER_MS) == (1, 1)
    assert opens(NOON + QUARTER_MS, NOON + QUARTER_MS) == (0, 0)
