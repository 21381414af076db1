"""The arithmetic of the books, apart from those who keep them."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as some

from footfall.capture.event_counts import CountKey
from footfall.core.books import Entry, Held, JournalBook, Run, Stored
from footfall.core.ids import first_id_at
from footfall.integrity.balance import Observed, Row, balance, cut, find_gaps

HOUR = 497_000


def book(entries: Sequence[Entry], **facts: int) -> JournalBook:
    known = {"opened_hour": 0, "opened": 0, "position": 9, "released": 9, **facts}
    return JournalBook(name="ours", waiting_since=None, entries=entries, **known)


def entry(journalled: int, released: int, hour: int = HOUR) -> Entry:
    return Entry(1, "scans", 1, hour, journalled, released)


def only_row(
    before: Entry,
    stored: int,
    after: Entry,
    *,
    held: int | None = None,
    answered: int = 0,
    explained: dict[CountKey, int] | None = None,
    hours: int = 1,
) -> Row:
    seen = Observed(
        answered={(1, "scans", HOUR): answered} if answered else {},
        unrecorded={},
        answered_since=HOUR,
        before=book([before]),
        stored=[Stored(1, "scans", "ours", HOUR, stored)],
        held=[Held(1, "scans", HOUR, stored if held is None else held)],
        after=book([after]),
        explained=explained,
    )
    (row,) = balance(seen, hours)
    return row


@given(some.integers(0, 50), some.integers(0, 50), some.integers(0, 50), some.integers(0, 50))
def test_whatever_is_on_its_way_is_waiting_and_not_missing(
    first: int, second: int, third: int, fourth: int
) -> None:
    """Between two looks at the journal the store may be anywhere between what was released at
    the first and what was journalled at the second."""
    released, stored, journalled = first, first + second, first + second + third
    row = only_row(
        *(entry(journalled, released), stored, entry(journalled + fourth, stored)),
        held=released,  # the books have a batch that other tables are still to get
        explained={},
    )
    assert row.balanced
    assert row.removed == 0
    assert row.missing == 0
    assert row.journalled == row.stored + row.waiting == journalled + fourth


def test_released_and_not_stored_is_missing_and_more_than_journalled_is_too_much() -> None:
    lost = only_row(entry(12, 10), 7, entry(12, 10))
    assert (lost.missing, lost.waiting, lost.balanced) == (3, 2, False)
    doubled = only_row(entry(12, 12), 15, entry(12, 12))
    assert (doubled.missing, doubled.waiting, doubled.balanced) == (-3, 0, False)


def test_more_answered_than_journalled_does_not_balance() -> None:
    assert only_row(entry(5, 5), 5, entry(5, 5), answered=5).balanced
    assert not only_row(entry(5, 5), 5, entry(5, 5), answered=6).balanced


def test_a_deletion_without_a_receipt_does_not_balance_where_receipts_are_known() -> None:
    place = (1, "scans", HOUR)
    unknown = only_row(entry(5, 5), 5, entry(5, 5), held=2)
    assert (unknown.removed, unknown.unexplained, unknown.balanced) == (3, None, True)
    sent = only_row(entry(5, 5), 5, entry(5, 5), held=2, explained={place: 3})
    assert (sent.unexplained, sent.balanced) == (0, True)
    untold = only_row(entry(5, 5), 5, entry(5, 5), held=2, explained={place: 1})
    assert (untold.unexplained, untold.balanced) == (2, False)


def run(first: int, last: int, journal: str = "ours", missing: int = 0) -> Run:
    id = first_id_at(HOUR * 3_600_000) + first
    groups = last - first + 1 - missing
    return Run(journal, first, last, groups, groups, id, id + 1)


def gaps(*runs: Run, **facts: int) -> list[tuple[str, int, int, int]]:
    return [
        (one.journal, one.first, one.last, one.missing)
        for one in find_gaps(runs, book([], **facts))
    ]


def test_gaps_are_between_runs_and_around_those_of_our_own_journal() -> None:
    assert gaps(run(1, 9)) == []
    assert gaps() == [("ours", 1, 9, 9)]
    assert gaps(run(3, 4), run(7, 8)) == [("ours", 1, 2, 2), ("ours", 5, 6, 2), ("ours", 9, 9, 1)]
    assert gaps(run(1, 9, missing=2)) == [("ours", 1, 9, 2)]
    assert gaps(run(5, 9), opened=4) == []
    assert gaps(run(1, 12), released=9) == []  # a batch that entered while we looked
    assert gaps(run(1, 9), run(4, 5, "theirs"), run(9, 9, "theirs")) == [("theirs", 6, 8, 3)]


@given(
    some.lists(
        some.tuples(some.integers(1, 60), some.integers(0, 9)), unique_by=lambda one: one[0]
    ),
    some.integers(1, 12),
)
def test_pieces_cover_every_hour_once_and_hold_no_more_than_they_may(
    hours: list[tuple[int, int]], events_max: int
) -> None:
    hours.sort()
    pieces = cut(hours, 0, 100, events_max)
    assert [since for since, _ in pieces] == [0, *(until for _, until in pieces[:-1])]
    assert pieces[-1][1] == 100
    for since, until in pieces:
        inside = [events for hour, events in hours if since <= hour < until]
        assert sum(inside) <= events_max or sum(1 for events in inside if events) == 1
