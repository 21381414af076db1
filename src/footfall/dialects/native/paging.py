"""Pages of events: cursors that stand still, and totals that say whether they are exact."""

import hashlib
from enum import StrEnum
from typing import Any, Final

import msgspec

from footfall.core.errors import InvalidRequest
from footfall.core.events import EventKind, Verdict
from footfall.core.ids import ID_MAX, first_id_at, from_text, to_text
from footfall.core.queries import (
    Condition,
    EventFilter,
    EventQuery,
    Operator,
    Order,
)
from footfall.core.reports import counting
from footfall.runtime.reader import Reader

EXACT_ROWS_MAX: Final = 1_000_000
"""So many events are counted one by one; of more a part is, unless the caller wants it exact."""

SAMPLES: Final = 32
SAMPLED_ROWS: Final = 400_000

_KNOWN_TO_COUNTS: Final = {"kind": EventKind, "verdict": Verdict, "source": str}


class Total(msgspec.Struct, frozen=True):
    """How many events match; not `exact` is an estimate."""

    events: int
    exact: bool


class Totals(StrEnum):
    AUTO = "auto"
    EXACT = "exact"
    NONE = "none"


class Cursor(msgspec.Struct, frozen=True):
    """Where a page ended: the id of its last event, the newest id that its first page could have
    shown, the question (as a hash), and the total that the first page gave."""

    last: int
    as_of: int
    fingerprint: str
    total: Total | None

    def write(self) -> str:
        total = ""
        if self.total is not None:
            total = f"{self.total.events}{'' if self.total.exact else 'e'}"
        return "-".join((to_text(self.last), to_text(self.as_of), self.fingerprint, total))


def read_cursor(text: str, fingerprint: str) -> Cursor:
    """Raises InvalidRequest."""
    parts = text.split("-")
    if len(parts) == 4:
        last, as_of = from_text(parts[0]), from_text(parts[1])
        digits = parts[3].removesuffix("e")
        total = None
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            total = Total(int(digits), exact=not parts[3].endswith("e"))
        if last is not None and as_of is not None and (total or not parts[3]):
            if parts[2] != fingerprint:
                raise InvalidRequest(
                    "cursor: it goes on with another question. Repeat the filters, the order and"
                    " the window of its first page, or leave the cursor out."
                )
            return Cursor(last, as_of, fingerprint, total)
    raise InvalidRequest("cursor: write the one that an answer gave as `next`, or leave it out.")


def query_fingerprint(*question: Any) -> str:
    """What a cursor belongs to."""
    text = msgspec.json.encode(question, order="deterministic")
    return hashlib.blake2b(text, digest_size=6).hexdigest()


async def total_of(reader: Reader, wanted: EventFilter, totals: Totals) -> Total | None:
    """How many match."""
    if totals is Totals.NONE:
        return None
    plain = _as_counts_know(wanted)
    if plain is not None and wanted.occurred_since is None and wanted.occurred_until is None:
        return Total(await _count(reader, plain), exact=True)
    base = EventFilter(
        account=wanted.account,
        tracker=wanted.tracker,
        since=wanted.since,
        until=wanted.until,
        above=max(wanted.above or 0, first_id_at(wanted.occurred_since or 0) - 1),
        below=wanted.below,
    )
    rows = await _count(reader, base)
    if totals is Totals.EXACT or rows <= EXACT_ROWS_MAX:
        return Total(await _count(reader, wanted), exact=True)
    ranges = await _ranges(reader, base, rows)
    some = await _count(reader, msgspec.structs.replace(base, ranges=ranges))
    found = await _count(reader, msgspec.structs.replace(wanted, ranges=ranges))
    return Total(round(rows * found / max(some, 1)), exact=False)


async def _ranges(reader: Reader, base: EventFilter, rows: int) -> tuple[tuple[int, int], ...]:
    """Spans of ids, evenly over the time between the first and the last event."""
    ends = []
    for order in Order:
        query = EventQuery(**msgspec.structs.asdict(base), order=order, fields=(), limit=1)
        page = await reader.events(query)
        ends += [event.id for event in page.events]
    first, last = min(ends, default=0), max(ends, default=ID_MAX - 1)
    span = (last - first) // SAMPLES + 1
    width = max(1, span * min(rows, SAMPLED_ROWS) // rows)
    return tuple(
        (first + number * span, first + number * span + width) for number in range(SAMPLES)
    )


async def _count(reader: Reader, wanted: EventFilter) -> int:
    return (await reader.report(counting(wanted))).totals.events


def _as_counts_know(wanted: EventFilter) -> EventFilter | None:
    """The same filter without conditions, when they only name kinds, verdicts and sources."""
    named: dict[str, tuple[Any, ...]] = {}
    for one in wanted.conditions:
        if one.column not in _KNOWN_TO_COUNTS or one.operator is not Operator.IS:
            return None
        if one.column in named:
            return None
        named[one.column] = _named(one)
    return msgspec.structs.replace(
        wanted,
        conditions=(),
        kinds=named.get("kind", ()),
        verdicts=named.get("verdict", ()),
        sources=named.get("source", ()),
    )


def _named(one: Condition) -> tuple[Any, ...]:
    make = _KNOWN_TO_COUNTS[one.column]
    return tuple(make(value) for value in one.values)
