"""Local times, as the vendor has them: `2024-02-14 09:30:05`, without a zone.

Once a year an hour is shown twice, and once an hour is shown never. So a local time that somebody
writes is a span of real time: from the first moment that shows it to the end of the last one that
does. Comparisons begin with the first and end with the last, so they hold everything that shows
such a time. Windows begin and end with the first, so that those that meet hold every row once. A
time that is never shown has an empty span, where the clock goes forward.
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from footfall.core.calendar import local_time, milliseconds, moment
from footfall.core.ids import ID_MAX, received_at

LAST_MS: Final = received_at(ID_MAX)
"""No event happens later: ids end in 2094."""
SECOND_MS: Final = 1000

_FORM: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)
_EARLIEST: Final = datetime(1900, 1, 1)  # noqa: DTZ001 (local)
_LATEST: Final = datetime(2100, 1, 1)  # noqa: DTZ001 (local)
"""Times beyond these mean the same: no row is there, and a zone has no offset at the ends of years
1 and 9999."""


class Span(msgspec.Struct, frozen=True):
    """Milliseconds since 1970: the first second that shows a local time begins at `first`, the
    last one at `last` and ends at `end`. They differ where the time comes twice. For a time that
    no clock shows all three are when the clock goes forward."""

    first: int
    last: int
    end: int


def to_local(at: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at // 1000, zone)
    return local.strftime("%Y-%m-%d %H:%M:%S")


def read_span(text: str, zone: ZoneInfo) -> Span | None:
    """The span of a local second; a date is its midnight. None for what is no time."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    try:
        local = datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    local = max(_EARLIEST, min(local, _LATEST))
    first = moment(local, zone.key)
    if local_time(first, zone.key).replace(tzinfo=None) != local:
        return Span(first, first, first)
    last = milliseconds(local.replace(tzinfo=zone, fold=1))
    return Span(*(min(one, LAST_MS) for one in (first, last, last + SECOND_MS)))
