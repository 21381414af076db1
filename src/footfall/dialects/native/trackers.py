"""Trackers made by the native API: anything that reports back and needs no vendor's noun.

    GET, POST             /trackers
    GET, PATCH, DELETE    /trackers/{id}

Those of the vendors' APIs are shown too, and are changed where they were made. A change may say
with `If-Match` what it is a change of.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import MultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody, SkipValidation
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.bodies import answer, decode, iso_time, read_number
from footfall.api.parts import Parts
from footfall.catalog.tables import TrackerRow
from footfall.core.accounts import Caller, Privacy
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import Conflict, InvalidRequest, NotFound
from footfall.core.events import REFERENCES, EventKind
from footfall.core.ids import ID_MAX
from footfall.core.slugs import new_slug, read_slug
from footfall.core.trackers import TrackerStatus
from footfall.dialects.native import tracker_list
from footfall.dialects.native.conditions import answer_tagged, check_match
from footfall.dialects.native.ingest_body import (
    METADATA_BYTES_MAX,
    SOURCE,
    Reference,
    not_a_reference,
)

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 500

Asked = Request[Any, Caller, Any]
OurParts = NamedDependency[SkipValidation[Parts]]
Name = Annotated[str, Meta(max_length=200)]


class TrackerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new tracker. Without a `slug` one is drawn. `references` map columns of
    `core.events.REFERENCES` to names of nouns; each of its events has them, and the `metadata`.
    `privacy` null is the account's mode."""

    kind: EventKind
    name: Name = ""
    slug: str | None = None
    destination: str | None = None
    references: dict[str, Reference] = {}
    metadata: dict[str, Any] = {}
    paused: bool = False
    privacy: Privacy | None = None


class TrackerChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays as it is. What a tracker counts (`kind`) does not change."""

    name: Name | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    destination: str | UnsetType | None = UNSET
    references: dict[str, Reference] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    paused: bool | UnsetType = UNSET
    privacy: Privacy | UnsetType | None = UNSET


class TrackerBody(msgspec.Struct, frozen=True, kw_only=True):
    """A tracker as it is answered. `source` says which API made it, `noun` and `noun_id` what it is
    there; `link` is where its destination is reached, null without one, `image` records an event
    for a web page, "" for what has no slug."""

    id: int
    kind: str
    name: str
    slug: str
    source: str
    noun: str
    noun_id: str
    destination: str | None
    references: dict[str, str]
    metadata: msgspec.Raw
    paused: bool
    privacy: str | None
    link: str | None
    image: str
    created_at: str
    updated_at: str


# ── routes ────────────────────────────────────────────────────────────────────────────────────


@get("/trackers", sync_to_thread=True)
def list_trackers(request: Asked, parts: OurParts) -> Response[bytes]:
    """Newest first, those of every API; `cursor` continues after the last of a page."""
    wanted = _read_wanted(request.query_params, parts.clock())
    limit = read_number(request.query_params.get("limit"), "limit", LIMIT_DEFAULT, 1, LIMIT_MAX)
    cursor = read_number(request.query_params.get("cursor"), "cursor", ID_MAX, 1, ID_MAX)
    query = tracker_list.select_trackers(request.auth.account.id).where(
        TrackerRow.id < cursor, *tracker_list.conditions(wanted)
    )
    with parts.catalog.reading() as session:
        rows = session.execute(query.order_by(TrackerRow.id.desc()).limit(limit + 1)).all()
    page = [_body(parts, *row) for row in rows[:limit]]
    following = str(page[-1].id) if len(rows) > limit else None
    return answer({"trackers": page, "cursor": following})


@post("/trackers", status_code=201, sync_to_thread=True)
def create_tracker(request: Asked, parts: OurParts, body: RawBody) -> Response[bytes]:
    asked = decode(body, TrackerRequest)
    now = parts.clock()
    with parts.catalog.writing() as session:
        row = TrackerRow(
            account_id=request.auth.account.id,
            slug=_slug(session, asked.slug),
            kind=asked.kind.value,
            name=asked.name,
            source=SOURCE,
            destination=_destination(parts, asked.destination),
            references=_references(asked.references),
            status=_status(paused=asked.paused),
            privacy=asked.privacy.value if asked.privacy else "",
            event_metadata=_metadata(asked.metadata),
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        made = _body(parts, *_find(session, request, row.id))
    return answer_tagged(made, 201, {"Location": f"/trackers/{made.id}"})


@get("/trackers/{tracker_id:int}", sync_to_thread=True)
def get_tracker(request: Asked, parts: OurParts, tracker_id: FromPath[int]) -> Response[bytes]:
    with parts.catalog.reading() as session:
        return answer_tagged(_body(parts, *_find(session, request, tracker_id)))


@patch("/trackers/{tracker_id:int}", sync_to_thread=True)
def change_tracker(
    request: Asked, parts: OurParts, tracker_id: FromPath[int], body: RawBody
) -> Response[bytes]:
    asked = decode(body, TrackerChange)
    with parts.catalog.writing() as session:
        row = _find_own(session, request, parts, tracker_id)
        if asked.slug is not UNSET and asked.slug.lower() != row.slug:
            row.slug = _slug(session, asked.slug)
        if asked.name is not UNSET:
            row.name = asked.name
        if asked.destination is not UNSET:
            row.destination = _destination(parts, asked.destination)
        if asked.references is not UNSET:
            row.references = _references(asked.references)
        if asked.metadata is not UNSET:
            row.event_metadata = _metadata(asked.metadata)
        if asked.paused is not UNSET:
            row.status = _status(paused=asked.paused)
        if asked.privacy is not UNSET:
            row.privacy = asked.privacy.value if asked.privacy else ""
        row.updated_at = parts.clock()
        session.flush()
        changed = _body(parts, *_find(session, request, row.id))
    return answer_tagged(changed)


@delete("/trackers/{tracker_id:int}", status_code=200, sync_to_thread=True)
def delete_tracker(request: Asked, parts: OurParts, tracker_id: FromPath[int]) -> Response[bytes]:
    """It stops at once; its events are then erased. The slug is free again."""
    with parts.catalog.writing() as session:
        row = _find_own(session, request, parts, tracker_id)
        row.slug = None
        row.deleted_at = parts.clock()
        session.flush()
    parts.wake_upkeep()
    return answer({"id": tracker_id, "deleted": True})


ROUTES: Final = [list_trackers, create_tracker, get_tracker, change_tracker, delete_tracker]


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def _find(session: Session, request: Asked, id: int) -> tuple[TrackerRow, str, str]:
    """With the id and name of its noun. Raises NotFound, also for another account's."""
    query = tracker_list.select_trackers(request.auth.account.id).where(TrackerRow.id == id)
    found = session.execute(query).first() if 1 <= id <= ID_MAX else None
    if found is None:
        raise NotFound("There is no such tracker. See GET /trackers.")
    row, noun_id, name = found
    return row, noun_id, name


def _find_own(session: Session, request: Asked, parts: Parts, id: int) -> TrackerRow:
    """To be changed. Raises NotFound, Conflict, PreconditionFailed."""
    row, noun_id, name = _find(session, request, id)
    if row.source != SOURCE:
        raise Conflict(f"This tracker was made by the API of {row.source}: change it there.")
    check_match(request, _body(parts, row, noun_id, name))
    return row


def _body(parts: Parts, row: TrackerRow, noun_id: str, name: str) -> TrackerBody:
    settings = parts.settings
    return TrackerBody(
        id=row.id,
        kind=row.kind,
        name=name,
        slug=row.slug or "",
        source=row.source,
        noun=tracker_list.NOUNS.get(row.source, row.source),
        noun_id=noun_id,
        destination=row.destination or None,
        references=row.references,
        metadata=msgspec.Raw((row.event_metadata or "{}").encode()),
        paused=row.to_tracker().paused_at(parts.clock()),
        privacy=row.privacy or None,
        link=f"{settings.short_base}{row.slug}" if row.destination else None,
        image=f"{settings.public_base}/t/{row.slug}.gif" if row.slug else "",
        created_at=iso_time(row.created_at),
        updated_at=iso_time(row.updated_at),
    )


# ── what may be asked and given ───────────────────────────────────────────────────────────────────


def _read_wanted(query: MultiDict[str], now: int) -> tracker_list.Wanted:
    """The filters of a list. Raises InvalidRequest."""
    search, source, kind, paused = (
        query.get(name) or "" for name in ("search", "source", "kind", "paused")
    )
    for name, value, known in (
        ("source", source, tuple(tracker_list.NOUNS)),
        ("kind", kind, tuple(one.value for one in EventKind)),
        ("paused", paused, ("true", "false")),
    ):
        if value and value not in known:
            raise InvalidRequest(f"{name} must be one of {', '.join(known)}.")
    return tracker_list.Wanted(
        search=search.strip(),
        source=source,
        kind=EventKind(kind) if kind else None,
        paused=paused == "true" if paused else None,
        now=now,
    )


def _slug(session: Session, asked: str | None) -> str:
    """A free one. Raises Conflict, InvalidRequest."""

    def taken(slug: str) -> bool:
        return session.scalar(select(TrackerRow.id).where(TrackerRow.slug == slug)) is not None

    if asked is None:
        while taken(slug := new_slug()):
            pass
        return slug
    slug = read_slug(asked)
    if taken(slug):
        raise Conflict(f"The slug '{slug}' is taken. Choose another, or leave it out.")
    return slug


def _destination(parts: Parts, asked: str | None) -> str:
    if asked is None:
        return ""
    settings = parts.settings
    rules = DestinationRules(
        own_bases=(settings.short_base, *(f"{settings.public_base}/{way}/" for way in "slpt")),
        allow_private=settings.allow_private_destinations,
    )
    return read_destination(asked, rules)


def _references(asked: dict[str, str]) -> dict[str, str]:
    for name in asked:
        if name not in REFERENCES:
            raise InvalidRequest(not_a_reference(name))
    return asked


def _metadata(asked: dict[str, Any]) -> str | None:
    text = msgspec.json.encode(asked)
    if len(text) > METADATA_BYTES_MAX:
        raise InvalidRequest(f"metadata: more than {METADATA_BYTES_MAX} bytes.")
    return text.decode() if asked else None


def _status(*, paused: bool) -> str:
    return (TrackerStatus.PAUSED if paused else TrackerStatus.ACTIVE).value
