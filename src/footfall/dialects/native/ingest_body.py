"""What `POST /events` reads: events that somebody else observed, such as the deliveries of a mail
server. Each event is taken or refused by itself.
"""

from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from footfall.api.operations import Operation
from footfall.api.parts import Parts
from footfall.capture.client_address import node_address
from footfall.capture.enrichment import (
    NOTHING,
    TEXT_LENGTH_MAX,
    RequestContext,
    classified,
    external_referrer,
)
from footfall.capture.signed_links import visitor_of
from footfall.core.accounts import Account, Privacy
from footfall.core.errors import InvalidRequest, TooLarge
from footfall.core.events import REFERENCES, Country, EventKind, Verdict, members_of
from footfall.core.ids import ID_MAX
from footfall.core.ingested import IngestedEvent, key_of
from footfall.dialects.native.windows import read_moment
from footfall.parsing.invalid_values import describe

EVENTS_MAX: Final = 10_000
METADATA_BYTES_MAX: Final = 8_192
AHEAD_MS_MAX: Final = 300_000
"""How far a teller's clock may be ahead of ours; such an event happened now."""

EARLIEST_MS: Final = 946_684_800_000
SOURCE: Final = "native"
_REFERENCES: Final = frozenset(REFERENCES)
_NOBODY: Final = classified(Verdict.COUNTED).members
"""Of an event at which nobody was seen, nothing is worked out."""

LINES: Final = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
"""Media types of one JSON value a line."""

Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]
Reference = Annotated[str, Meta(max_length=255)]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class EventRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event.

    `id` is the caller's own, unique in the account: sent again, it is a duplicate. `occurred_at` is
    a time with its offset (RFC 3339), or milliseconds since 1970; without it, now. `tracker` is the
    id of one of the account's trackers. `references` name resources of an API by the column of the
    event. `ip` may have a port, brackets and quotes, as in `X-Forwarded-For`. `unique` names whom
    it is counted for once, such as a destination of a mailing. The rest is what was seen of the
    person, and is kept as the privacy mode allows.
    """

    kind: EventKind
    id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    occurred_at: int | Time | None = None
    tracker: Annotated[int, Meta(ge=1, le=ID_MAX)] | None = None
    references: dict[str, Reference] = {}
    unique: Reference = ""
    url: Text = ""
    ip: Text = ""
    user_agent: Text = ""
    referrer: Text = ""
    accept_language: Text = ""
    country: Country = ""
    metadata: dict[str, Any] = {}


_ONE: Final = msgspec.json.Decoder(EventRequest)
_decode: Final = _ONE.decode
_decode_lines: Final = _ONE.decode_lines
_decode_all: Final = msgspec.json.Decoder(list[EventRequest] | EventRequest).decode

NOT_AN_EVENT: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""Bad JSON, bad UTF-8, a number too long, too deep: all that decoding raises for a bad body."""


def read_events(
    parts: Parts, account: Account, body: bytes, content_type: str
) -> list[IngestedEvent | str]:
    """Each event, or why it cannot be stored, in the order of the body.

    Raises InvalidRequest, TooLarge for a body that is refused as a whole.
    """
    read = _Reading(parts, account)
    outcomes: list[IngestedEvent | str] = []
    for piece in _all_at_once(body, content_type) or cut(body, content_type):
        try:
            event = piece if isinstance(piece, EventRequest) else _decode(piece)
            outcomes.append(read.ingested(event))
        except msgspec.ValidationError as error:
            outcomes.append(describe(error, EventRequest))
        except InvalidRequest as error:
            outcomes.append(error.message)
        except NOT_AN_EVENT as error:
            outcomes.append(f"This is not valid JSON: {str(error)[:200]}")
    return outcomes


def _all_at_once(body: bytes, content_type: str) -> list[EventRequest] | None:
    """The events of a body in which every one is well formed: the usual case, and three times as
    fast as one by one. None for any other. Raises TooLarge."""
    body = body.removeprefix(BOM_UTF8)
    try:
        if is_lines(content_type):
            events = _decode_lines(body)
            # It also takes two events in one line, and one in two.
            return events if len(events) == len(cut(body, content_type)) else None
        found = _decode_all(body)
    except NOT_AN_EVENT:
        return None
    events = [found] if isinstance(found, EventRequest) else found
    return events if len(events) <= EVENTS_MAX else None


def is_lines(content_type: str) -> bool:
    """Whether a body of this type holds one JSON value a line."""
    return content_type.partition(";")[0].strip().lower() in LINES


def cut(body: bytes, content_type: str) -> list[bytes | msgspec.Raw]:
    """The events of a body, each as JSON that is not looked at yet: the lines that are not blank,
    the elements of an array, or the body itself. A UTF-8 byte order mark at the start of the body
    or of a line is ignored (RFC 8259, 8.1): files that were joined have one in each.

    Raises InvalidRequest for an array that is not whole, TooLarge for too many events.
    """
    body = body.removeprefix(BOM_UTF8)
    if is_lines(content_type):
        # Not splitlines, which also cuts at characters that a JSON string may hold.
        lines = (line.removeprefix(BOM_UTF8) for line in body.split(b"\n"))
        events: list[bytes | msgspec.Raw] = [line for line in lines if line.strip()]
    elif body.lstrip()[:1] == b"{":
        events = [body]
    else:
        try:
            events = list(msgspec.json.decode(body, type=list[msgspec.Raw]))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise InvalidRequest(
                "Send a JSON array of events, one event as a JSON object, or one event a line "
                "with Content-Type: application/x-ndjson."
            ) from None
    if len(events) > EVENTS_MAX:
        raise TooLarge(f"{len(events)} events are too many: send at most {EVENTS_MAX} at once.")
    return events


class _Alike(NamedTuple):
    """What every event of one tracker and kind has. Whose it is by its tracker (`references`),
    nobody says otherwise."""

    source: str
    privacy: Privacy
    references: Mapping[str, str]
    members: bytes


class _Reading:
    """Of one body."""

    def __init__(self, parts: Parts, account: Account) -> None:
        self._parts = parts
        self._account = account
        self._now = parts.clock()
        self._alike: dict[tuple[int | None, EventKind], _Alike] = {}

    def ingested(self, event: EventRequest) -> IngestedEvent:
        """Raises InvalidRequest."""
        alike = self._alike.get((event.tracker, event.kind)) or self._like(event)
        references = event.references
        if not _REFERENCES.issuperset(references):
            name = next(name for name in references if name not in _REFERENCES)
            raise InvalidRequest(not_a_reference(name))
        ip = node_address(event.ip) if event.ip else ""
        if event.ip and not ip:
            raise InvalidRequest("ip: this is no address.")
        at = self._now if event.occurred_at is None else _time(event.occurred_at, self._now)
        members = [alike.members]
        if ip or event.user_agent or event.referrer or event.accept_language or event.country:
            members += self._seen(event, at, ip, alike.privacy)
        else:
            members.append(_NOBODY)
        if references:
            if not alike.references.keys().isdisjoint(references):
                references = {n: v for n, v in references.items() if n not in alike.references}
            members.append(members_of(references))
        if event.url:
            members.append(members_of({"url": event.url}))
        if event.unique:
            members.append(b',"visitor":%d' % visitor_of(event.tracker or 0, event.unique))
        if event.metadata:
            members.append(members_of({"metadata": text_of(event.metadata)}))
        key = b"" if event.id is None else key_of(self._account.id, event.id)
        return IngestedEvent(self._account.id, alike.source, key, at, b"".join(members))

    def _like(self, event: EventRequest) -> _Alike:
        facts: dict[str, Any] = {"account": self._account.id, "kind": event.kind}
        if event.tracker is None:
            source, privacy, references = SOURCE, self._account.privacy, NOTHING
        else:
            tracker = self._parts.catalog.tracker_with_id(event.tracker)
            if tracker is None or tracker.account != self._account.id:
                raise InvalidRequest(f"tracker: there is no tracker {event.tracker}.")
            source, privacy, references = tracker.source, tracker.privacy, tracker.references
            facts["tracker"] = tracker.id
        members = members_of({**facts, "source": source, **references})
        alike = _Alike(source, privacy, references, members)
        self._alike[event.tracker, event.kind] = alike
        return alike

    def _seen(self, event: EventRequest, at: int, ip: str, privacy: Privacy) -> list[bytes]:
        """What is worked out of what was seen of the person."""
        request = RequestContext(
            at=at,
            ip=ip,
            user_agent=event.user_agent,
            referrer=_referrer(event),
            accept_language=event.accept_language,
            country=event.country,
            visitor_known=event.unique != "",
        )
        return self._parts.capture.read(self._account.id, request, event.kind, privacy)


def _referrer(event: EventRequest) -> str:
    """Of a page view the page's own site is none."""
    if event.kind is EventKind.IMPRESSION and event.referrer and event.url:
        return external_referrer(event.referrer, event.url)
    return event.referrer


def not_a_reference(name: str) -> str:
    """The refusal of a reference by another name than those of REFERENCES."""
    return f"references: {name[:40]!r} is not one of its names: {', '.join(REFERENCES)}."


def text_of(metadata: dict[str, Any]) -> str:
    """As events keep it. Raises InvalidRequest."""
    try:
        text = msgspec.json.encode(metadata)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        raise InvalidRequest(
            "metadata: a number is too large, or it is nested too deeply."
        ) from None
    if len(text) > METADATA_BYTES_MAX:
        raise InvalidRequest(f"metadata: more than {METADATA_BYTES_MAX} bytes.")
    return text.decode()


def _time(occurred_at: int | str, now: int) -> int:
    if isinstance(occurred_at, str):
        occurred_at = read_moment(occurred_at, "occurred_at")
    if not EARLIEST_MS <= occurred_at <= now + AHEAD_MS_MAX:
        raise InvalidRequest("occurred_at: before 2000, or in the future.")
    return min(occurred_at, now)


# ── for the OpenAPI document ──────────────────────────────────────────────────────────────────


class Outcome(msgspec.Struct, frozen=True):
    status: Literal["stored", "duplicate", "refused"]
    id: str = ""
    error: str = ""


class IngestResult(msgspec.Struct, frozen=True):
    """`events` in the order of the request."""

    stored: int
    duplicates: int
    refused: int
    durable: bool
    events: list[Outcome]


INGEST: Final = Operation(
    method="POST",
    path="/events",
    summary="Ingest events that somebody else observed, as a JSON array, NDJSON, gzip or zstd",
    body=list[EventRequest],
    answer=IngestResult,
)
"""It is answered in front of the framework: `ingest.py`."""
