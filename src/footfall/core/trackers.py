"""Trackers: anything in the world that reports back (a code, pixel, poster, creative, pass)."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from footfall.core.accounts import Privacy
from footfall.core.events import EventKind, members_of


class TrackerStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


class Lock(msgspec.Struct, frozen=True):
    """What a person must know to pass. Hashes, never the words themselves."""

    password_hash: str | None = None
    pin_hash: str | None = None
    hint: str = ""


class Tracker(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the hot path knows of a tracker: all of it in memory, replaced whole on change.

    `destinations` maps an operating system (`ios`, `android`) to its own destination.
    `utm` holds parameters (`utm_source`, …) to append to a destination that lacks them.
    `references` maps columns of `core.events.REFERENCES` to ids of resources; `metadata` is a JSON
    object as text that each of its events holds, "" for none.
    `event_id_parameter`, such as `impression_id=imp_`, is a parameter that gives the destination
    the event's id (`core.ids.to_text`), "" for none.
    `pause_until` is in milliseconds since 1970; the tracker resumes by itself.
    """

    id: int
    account: int
    slug: str
    kind: EventKind
    source: str
    destination: str
    privacy: Privacy
    status: TrackerStatus = TrackerStatus.ACTIVE
    pause_until: int | None = None
    lock: Lock | None = None
    destinations: Mapping[str, str] = {}
    utm: tuple[tuple[str, str], ...] = ()
    references: Mapping[str, str] = {}
    metadata: str = ""
    event_id_parameter: str = ""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """What every event of it holds, but for its kind."""
        of_tracker = {"account": self.account, "tracker": self.id, "source": self.source}
        metadata = {"metadata": self.metadata} if self.metadata else {}
        return {**of_tracker, **self.references, **metadata}

    @cached_property
    def members(self) -> bytes:
        """`fields` in an event's JSON line."""
        return members_of(self.fields)

    def paused_at(self, now: int) -> bool:
        if self.pause_until is not None:
            return now < self.pause_until
        return self.status is TrackerStatus.PAUSED

    def landing(self, system: str) -> str:
        """Where somebody with this operating system (`ios`, `android` or "") goes."""
        destination = self.destinations.get(system, self.destination)
        return append_parameters(destination, self.utm) if self.utm else destination


@lru_cache(maxsize=16_384)
def append_parameters(url: str, parameters: tuple[tuple[str, str], ...]) -> str:
    """Append query parameters that the URL does not have yet; what it has stays byte for byte."""
    parts = urlsplit(url)
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode([(name, value) for name, value in parameters if name not in present])
    query = "&".join(piece for piece in (parts.query, added) if piece)
    return urlunsplit(parts._replace(query=query))


class DeletedTracker(msgspec.Struct, frozen=True):
    """A tracker that was deleted at `since` (milliseconds since 1970). Its events have its
    `source`."""

    account: int
    tracker: int
    source: str
    since: int
