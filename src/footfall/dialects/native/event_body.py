"""Events as the native API shows them."""

from typing import Any, Final

import msgspec
from msgspec import UNSET

from footfall.core import events
from footfall.core.events import COLUMNS, NUMBERS
from footfall.core.ids import received_at
from footfall.dialects.native.windows import show_utc

HIDDEN: Final = frozenset({"account", "delay"})
TIMES: Final = ("occurred_at", "received_at")
SHOWN: Final = (
    *("id", "occurred_at", "received_at"),
    *(name for name in COLUMNS if name not in HIDDEN | {"id"}),
)
"""Every field of an event, in the order of files."""

FILE_COLUMNS: Final = {name: "id_text" if name == "id" else name for name in SHOWN}
"""Of a file → what the event store calls it."""

ALWAYS: Final = frozenset({"id", "kind", "source", "verdict", *TIMES})


def _type(name: str) -> Any:
    if name == "metadata":
        return dict[str, Any]
    return int if name in NUMBERS and name != "id" else str


Event: Final = msgspec.defstruct(
    "Event", [(name, _type(name), UNSET) for name in SHOWN], frozen=True
)
"""What is empty is left out, and what `fields` does not name. Ids are text."""


def show(event: events.Event, fields: frozenset[str]) -> msgspec.Struct:
    """An Event. Ids are text, because a JavaScript number cannot hold one."""
    shown: dict[str, Any] = {
        "id": str(event.id),
        "occurred_at": show_utc(event.occurred_at),
        "received_at": show_utc(received_at(event.id)),
    }
    for name in COLUMNS:
        value = getattr(event, name)
        if name in HIDDEN or name == "id" or not value:
            continue
        shown[name] = msgspec.Raw(value.encode()) if name == "metadata" else value
    return Event(**{name: value for name, value in shown.items() if name in fields})
