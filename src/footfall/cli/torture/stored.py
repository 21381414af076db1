"""Prints what a stopped server's store holds: how often each scan, and the rollup's total. With a
time in milliseconds: only of the scans that were received after it, and no total.

A process of its own, because the embedded engine opens one directory in the life of a process.
"""

import sys
from collections import Counter

import msgspec

from footfall import bootstrap
from footfall.cli.torture.books import Counted
from footfall.cli.torture.scanning import REFERRER
from footfall.config import load
from footfall.core.events import EventKind
from footfall.core.ids import first_id_at
from footfall.core.queries import EventQuery, Order, TrackerReportQuery
from footfall.store.store import ClickHouseStore

PAGE: int = 20_000


def main() -> None:
    store = bootstrap.open_store(load()[0])
    after = first_id_at(int(sys.argv[1])) if len(sys.argv) > 1 else None
    of_account, of_tracker = (count(store, tracker, after) for tracker in (None, 1))
    rollup = total(store) if after is None else 0
    answer = Counted(of_account, of_account == of_tracker, rollup)
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    store.close()


def total(store: ClickHouseStore) -> int:
    question = TrackerReportQuery(account=1, tracker=1, kind=EventKind.SCAN, since=0, until=1 << 42)
    return store.tracker_report(question).total


def count(store: ClickHouseStore, tracker: int | None, after: int | None) -> Counter[int]:
    """How often each scan is among the events of the account, or of the tracker, above an id."""
    stored: Counter[int] = Counter()
    cursor = after
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
        referrers = [one.referrer for one in page.events if one.referrer.startswith(REFERRER)]
        stored.update(int(referrer.removeprefix(REFERRER)) for referrer in referrers)
        cursor = page.cursor
        if cursor is None:
            return stored


if __name__ == "__main__":
    main()
