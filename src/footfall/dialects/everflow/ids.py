"""Transaction ids: an event's id in the vendor's form, 32 hexadecimal digits.

The first half is the event's id, so they sort as events do; the second half is worked out of it
and tells an id of ours from any other 32 digits. The event store can write them too:
`lower(concat(leftPad(hex(id), 16, '0'), leftPad(hex(id * 11400714819323198485), 16, '0')))`.
"""

import re
from typing import Final

from footfall.core.ids import ID_MAX

_SPREAD: Final = 11_400_714_819_323_198_485
"""2^64 over the golden ratio, odd: a product with it looks like chance."""
_ALL: Final = (1 << 64) - 1
_FORM: Final = re.compile(r"[0-9a-f]{32}")


def transaction_id(event_id: int) -> str:
    return "%016x%016x" % (event_id, event_id * _SPREAD & _ALL)  # noqa: UP031 - twice as fast


def read_transaction_id(text: str) -> int | None:
    """The event's id; None for what is no transaction id of ours."""
    if not _FORM.fullmatch(text):
        return None
    event_id = int(text[:16], 16)
    return event_id if event_id <= ID_MAX and transaction_id(event_id) == text else None
