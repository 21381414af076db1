"""`POST /events`: events that somebody else observed, such as the deliveries of a mail server.

The body is a JSON array. Each event is taken or refused by itself; those that are taken are on disk
together before the answer leaves, or none is.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody, SkipValidation
from msgspec import Meta

from footfall.core.accounts import Account, Caller, Scope
from footfall.core.capture import Told
from footfall.core.enrichment import TEXT_LENGTH_MAX, Sighting, plain_address
from footfall.core.errors import InvalidRequest, TooLarge
from footfall.core.events import REFERENCES, EventKind, Verdict
from footfall.core.ids import ID_MAX
from footfall.core.signing import visitor_of
from footfall.dialects import Parts
from footfall.dialects.bodies import answer

EVENTS_MAX: Final = 10_000
BODY_BYTES_MAX: Final = 16 << 20
METADATA_BYTES_MAX: Final = 8_192
AHEAD_MS_MAX: Final = 300_000
"""How far a teller's clock may be ahead of ours; such an event happened now."""

EARLIEST_MS: Final = 946_684_800_000
SOURCE: Final = "native"
OF_MACHINES: Final = frozenset(
    {EventKind.DELIVERY, EventKind.BOUNCE, EventKind.UNSUBSCRIBE, EventKind.COMPLAINT}
)
"""Servers tell of these, whatever user agent they have: no person was to be seen."""

Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]
Reference = Annotated[str, Meta(max_length=255)]


class EventRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event.

    `occurred_at` is ISO 8601 with an offset, or milliseconds since 1970; without it, now.
    `tracker` is the id of one of the account's trackers. `references` name nouns by the columns of
    `core.events.REFERENCES`. `unique` names whom it is counted for once, such as a destination of
    a mailing. The rest is what was seen of the person, and is kept as the privacy mode allows.
    """

    kind: EventKind
    occurred_at: int | datetime | None = None
    tracker: Annotated[int, Meta(ge=1, le=ID_MAX)] | None = None
    references: dict[str, Reference] = {}
    unique: Reference = ""
    url: Text = ""
    ip: Text = ""
    user_agent: Text = ""
    referrer: Text = ""
    accept_language: Text = ""
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$(?!\n)")] = ""
    metadata: dict[str, Any] = {}


class Refused(msgspec.Struct, frozen=True):
    """`index` counts from 0 in the order of the request."""

    index: int
    error: str


class Taken(msgspec.Struct, frozen=True):
    """`durable`: what was stored is on disk."""

    stored: int
    refused: list[Refused]
    durable: Literal[True] = True


@post("/events", status_code=200, opt={"scope": Scope.CAPTURE})
async def tell_events(
    request: Request[Any, Caller, Any],
    parts: NamedDependency[SkipValidation[Parts]],
    body: RawBody,
) -> Response[bytes]:
    told, refused = await asyncio.to_thread(read_events, parts, request.auth.account, body)
    if told:
        await parts.capture.record_told(told)
    return answer(Taken(len(told), refused))


def read_events(parts: Parts, account: Account, body: bytes) -> tuple[list[Told], list[Refused]]:
    """Those that can be stored, and why the others cannot. Raises InvalidRequest, TooLarge."""
    try:
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("Send a JSON array of events.") from None
    if len(raws) > EVENTS_MAX:
        raise TooLarge(f"{len(raws)} events are too many: send at most {EVENTS_MAX} at once.")
    told, refused = [], []
    for index, raw in enumerate(raws):
        try:
            told.append(_read(parts, account, msgspec.json.decode(raw, type=EventRequest)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            refused.append(Refused(index, str(error)))
        except InvalidRequest as error:
            refused.append(Refused(index, error.message))
    return told, refused


def _read(parts: Parts, account: Account, asked: EventRequest) -> Told:
    tracker = None
    if asked.tracker is not None:
        tracker = parts.catalog.tracker_with_id(asked.tracker)
        if tracker is None or tracker.account != account.id:
            raise InvalidRequest(f"tracker: there is no tracker {asked.tracker}.")
    for name in asked.references:
        if name not in REFERENCES:
            raise InvalidRequest(f"references: {name[:40]} is none. See docs/native.md.")
    ip = plain_address(asked.ip)
    if asked.ip and not ip:
        raise InvalidRequest("ip: this is no address.")
    metadata = msgspec.json.encode(asked.metadata).decode() if asked.metadata else ""
    if len(metadata.encode()) > METADATA_BYTES_MAX:
        raise InvalidRequest(f"metadata: more than {METADATA_BYTES_MAX} bytes.")
    sighting = Sighting(
        at=_time(asked.occurred_at, parts.clock()),
        ip=ip,
        user_agent=asked.user_agent,
        referrer=asked.referrer,
        accept_language=asked.accept_language,
        country=asked.country,
    )
    privacy = account.privacy if tracker is None else tracker.privacy
    fields = parts.capture.read(sighting, asked.kind, privacy)
    if asked.kind in OF_MACHINES:
        fields |= {"verdict": Verdict.COUNTED, "reason": ""}
    fields.update(asked.references)
    if tracker is not None:
        fields.update(tracker.references)  # whose event it is, nobody says otherwise
    if asked.url:
        fields["url"] = asked.url
    if asked.unique:
        fields["visitor"] = visitor_of(asked.tracker or 0, asked.unique)
    if metadata:
        fields["metadata"] = metadata
    return Told(
        account=account.id,
        tracker=asked.tracker or 0,
        kind=asked.kind,
        source=SOURCE if tracker is None else tracker.source,
        occurred_at=sighting.at,
        fields=fields,
    )


def _time(occurred_at: int | datetime | None, now: int) -> int:
    if occurred_at is None:
        return now
    if isinstance(occurred_at, datetime):
        if occurred_at.tzinfo is None:
            raise InvalidRequest("occurred_at: say the offset, as in 2026-07-03T14:05:09+02:00.")
        since = occurred_at - datetime(1970, 1, 1, tzinfo=UTC)
        occurred_at = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
    if not EARLIEST_MS <= occurred_at <= now + AHEAD_MS_MAX:
        raise InvalidRequest("occurred_at: before 2000, or in the future.")
    return min(occurred_at, now)
