"""The books of each source and hour, put beside each other.

    answered - unrecorded <= journalled        (answered is known since the start alone)
    journalled + other = stored + waiting + missing
    stored = held + removed

Nothing stands still while they are read. So the journal is read before and after the store: what it
had released before must be in the store, and no more than it had journalled after.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from footfall.capture.event_counts import CountKey
from footfall.core.books import Held, JournalBook, Run, Stored
from footfall.core.ids import received_at


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Of one source, the hours [hour, hour + hours). None is not known: `answered` from before the
    start, `journalled` from before there was a ledger.

    `other`: stored, but not through this server's journal. `removed` by erasure and retention, and
    of those `unexplained`: no receipt tells of them; None where receipts are not known.
    `missing`: released by the journal and not stored; below 0, stored and never journalled.
    """

    account: int
    source: str
    hour: int
    hours: int
    answered: int | None
    unrecorded: int
    journalled: int | None
    stored: int
    waiting: int
    other: int
    removed: int
    unexplained: int | None
    missing: int
    balanced: bool


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of a journal that never entered the store: `missing` of those from `first` to `last`.
    They were written between these times, in milliseconds since 1970, as far as is known."""

    journal: str
    first: int
    last: int
    missing: int
    after: int | None
    before: int | None


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts say, in the order in which they were read."""

    answered: Mapping[CountKey, int]
    unrecorded: Mapping[CountKey, int]
    answered_since: int
    """The hour of the start."""
    before: JournalBook
    stored: Sequence[Stored]
    held: Sequence[Held]
    after: JournalBook
    explained: Mapping[CountKey, int] | None = None
    """What receipts of deletions tell of; they are written before anything goes."""


def balance(seen: Observed, hours: int) -> list[Row]:
    """Rows of so many hours (1 or 24) each, in time order."""
    name = seen.after.name

    def add(entries: Iterable[tuple[int, str, int, int]]) -> dict[CountKey, int]:
        total: dict[CountKey, int] = {}
        for account, source, hour, events in entries:
            place = (account, source, hour // hours * hours)
            total[place] = total.get(place, 0) + events
        return total

    released = add((one.account, one.source, one.hour, one.released) for one in seen.before.entries)
    journalled = add(
        (one.account, one.source, one.hour, one.journalled) for one in seen.after.entries
    )
    own = add(
        (one.account, one.source, one.hour, one.events)
        for one in seen.stored
        if one.journal == name
    )
    other = add(
        (one.account, one.source, one.hour, one.events)
        for one in seen.stored
        if one.journal != name
    )
    held = add((one.account, one.source, one.hour, one.events) for one in seen.held)
    answered = add((*place, events) for place, events in seen.answered.items())
    unrecorded = add((*place, events) for place, events in seen.unrecorded.items())
    explained = add((*place, events) for place, events in (seen.explained or {}).items())
    places = {*journalled, *own, *other, *answered, *unrecorded}
    return [
        _row(
            place,
            hours,
            released=released.get(place, 0),
            journalled=journalled.get(place, 0) if place[2] >= seen.after.opened_hour else None,
            own=own.get(place, 0),
            other=other.get(place, 0),
            held=held.get(place, 0),
            explained=None if seen.explained is None else explained.get(place, 0),
            answered=answered.get(place, 0) if place[2] + hours > seen.answered_since else None,
            unrecorded=unrecorded.get(place, 0),
        )
        for place in sorted(places, key=lambda place: (place[2], place[0], place[1]))
    ]


def _row(
    place: CountKey,
    hours: int,
    *,
    released: int,
    journalled: int | None,
    own: int,
    other: int,
    held: int,
    explained: int | None,
    answered: int | None,
    unrecorded: int,
) -> Row:
    waiting = missing = 0
    # A batch under way may be in the books already, and not yet in the other tables.
    settled = other + (own if journalled is None else min(own, released))
    if journalled is None:
        other, own = own + other, 0
    else:
        waiting = max(0, journalled - max(own, released))
        missing = journalled - own - waiting
    recorded = answered or 0
    removed = max(0, settled - held)
    unexplained = None if explained is None else max(0, removed - explained)
    return Row(
        account=place[0],
        source=place[1],
        hour=place[2],
        hours=hours,
        answered=None if answered is None else answered + unrecorded,
        unrecorded=unrecorded,
        journalled=journalled,
        stored=own + other,
        waiting=waiting,
        other=other,
        removed=removed,
        unexplained=unexplained,
        missing=missing,
        balanced=missing == 0
        and not unexplained
        and (journalled is None or recorded <= journalled),
    )


def find_gaps(runs: Sequence[Run], before: JournalBook) -> list[Gap]:
    """What is between the runs of each journal; of our own also what is around them."""
    gaps = []
    last: dict[str, tuple[int, int | None]] = {before.name: (before.opened, None)}
    for run in runs:
        begins = received_at(run.first_id)
        if run.journal in last:
            end, ended = last[run.journal]
            if run.first > end + 1:
                gaps.append(_gap(run.journal, end + 1, run.first - 1, ended, begins))
        inside = run.last - run.first + 1 - run.groups
        if inside > 0:
            gaps.append(
                Gap(
                    journal=run.journal,
                    first=run.first,
                    last=run.last,
                    missing=inside,
                    after=begins,
                    before=received_at(run.last_id),
                )
            )
        last[run.journal] = (run.last, received_at(run.last_id))
    end, ended = last[before.name]
    if before.released > end:
        gaps.append(_gap(before.name, end + 1, before.released, ended, None))
    return gaps


def _gap(journal: str, first: int, last: int, after: int | None, before: int | None) -> Gap:
    return Gap(
        journal=journal,
        first=first,
        last=last,
        missing=last - first + 1,
        after=after,
        before=before,
    )


def cut(
    hours: Sequence[tuple[int, int]], since: int, until: int, events_max: int
) -> list[tuple[int, int]]:
    """Pieces [since, until) that together are the whole, oldest first; none holds more events than
    that, unless in one hour."""
    pieces = []
    begin, events = since, 0
    for hour, number in hours:
        if not since <= hour < until:
            continue
        if events and events + number > events_max:
            pieces.append((begin, hour))
            begin, events = hour, 0
        events += number
    return [*pieces, (begin, until)]
