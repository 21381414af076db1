"""Prints what a stopped server's store holds: how often each scan, and the rollup's total.

A process of its own, because the embedded engine opens one directory in the life of a process.
"""

import sys
from collections import Counter

import msgspec

from footfall import opening
from footfall.config import load
from footfall.core.events import EventKind
from footfall.core.queries import EventQuery, Order, TrackerReportQuery
from footfall.store.store import ClickHouseStore
from footfall.torture.scanning import REFERRER

PAGE: int = 20_000


def main() -> None:
    store = opening.open_store(load()[0])
    of_account, of_tracker = (count(store, tracker) for tracker in (None, 1))
    question = TrackerReportQuery(account=1, tracker=1, kind=EventKind.SCAN, since=0, until=1 << 42)
    answer = (of_account, of_account == of_tracker, store.tracker_report(question).total)
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    store.close()


def count(store: ClickHouseStore, tracker: int | None) -> Counter[int]:
    """How often each scan is among the events of the account, or of the tracker."""
    stored: Counter[int] = Counter()
    cursor = None
    while True:
        page = store.events(
            EventQuery(
                account=1,
                tracker=tracker,
                fields=("referrer",),
                order=Order.ASCENDING,
                cursor=cursor,
                limit=PAGE,
            )
        )
        stored.update(int(event.referrer.removeprefix(REFERRER)) for event in page.events)
        cursor = page.cursor
        if cursor is None:
            return stored


if __name__ == "__main__":
    main()
