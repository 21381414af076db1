"""Trackers made by the native API: anything that reports back and needs no vendor's resource.

    GET, POST             /trackers
    GET, PATCH, DELETE    /trackers/{id}

Those of the vendors' APIs are shown too, and are changed where they were made. A change may say
with `If-Match` what it is a change of.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy.orm import Session

from footfall.api.bodies import iso_time, read_number
from footfall.api.conditional import answer_tagged, check_match
from footfall.api.operations import operation
from footfall.catalog.records import forget_tracker, free_slug, new_tracker, slug_taken
from footfall.catalog.slugs import read_slug
from footfall.catalog.tables import TrackerRow
from footfall.core.accounts import Privacy
from footfall.core.destinations import read_destination
from footfall.core.errors import Conflict, InvalidRequest, NotFound
from footfall.core.events import REFERENCES, EventKind
from footfall.core.ids import ID_MAX
from footfall.core.trackers import TrackerStatus
from footfall.dialects.native import tracker_list
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.ingest_body import (
    METADATA_BYTES_MAX,
    SOURCE,
    Reference,
    not_a_reference,
)

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 500

Name = Annotated[str, Meta(max_length=200)]


class TrackerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new tracker. Without a `slug` one is drawn. `references` map columns of
    `core.events.REFERENCES` to names of resources; each of its events has them, and the `metadata`.
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


class TrackersQuery(msgspec.Struct, frozen=True):
    limit: int = LIMIT_DEFAULT
    cursor: int | None = None
    search: str | None = None
    source: str | None = None
    kind: EventKind | None = None
    paused: bool | None = None


# `source` says which API made it, `resource` and `resource_id` what it is there; `link` is where
# its destination is reached, null without one; `image` records an event for a web page, "" for
# what has no slug.
class TrackerShown(msgspec.Struct, frozen=True):
    id: int
    kind: str
    name: str
    slug: str
    source: str
    resource: str
    resource_id: str
    destination: str | None
    references: dict[str, str]
    metadata: dict[str, Any]
    paused: bool
    privacy: str | None
    link: str | None
    image: str
    created_at: str
    updated_at: str


class TrackerPage(msgspec.Struct, frozen=True):
    trackers: list[TrackerShown]
    cursor: str | None


class TrackerDeleted(msgspec.Struct, frozen=True):
    id: int
    deleted: bool


# ── operations ────────────────────────────────────────────────────────────────────────────────


@operation("GET /trackers", "List trackers, newest first", query=TrackersQuery, answer=TrackerPage)
def list_trackers(call: Call) -> TrackerPage:
    """Newest first, those of every API; `cursor` continues after the last of a page."""
    wanted = _read_wanted(call.query, call.now())
    limit = read_number(call.query.get("limit"), "limit", LIMIT_DEFAULT, 1, LIMIT_MAX)
    cursor = read_number(call.query.get("cursor"), "cursor", ID_MAX, 1, ID_MAX)
    query = tracker_list.select_trackers(call.account).where(
        TrackerRow.id < cursor, *tracker_list.conditions(wanted)
    )
    with call.reading() as session:
        rows = session.execute(query.order_by(TrackerRow.id.desc()).limit(limit + 1)).all()
    page = [_shown(call, *row) for row in rows[:limit]]
    return TrackerPage(page, str(page[-1].id) if len(rows) > limit else None)


@operation(
    "POST /trackers",
    "Make a tracker",
    body=TrackerRequest,
    answer=TrackerShown,
    status=201,
    errors=(409,),
)
def create_tracker(call: Call, body: TrackerRequest) -> Response[bytes]:
    now = call.now()
    with call.writing() as session:
        row = new_tracker(
            call.account,
            SOURCE,
            now,
            _slug(session, body.slug),
            kind=body.kind,
            name=body.name,
            destination=_destination(call, body.destination),
            references=_references(body.references),
            status=_status(paused=body.paused),
            privacy=body.privacy.value if body.privacy else "",
            event_metadata=_metadata(body.metadata),
        )
        session.add(row)
        session.flush()
        made = _shown(call, *_find(session, call, row.id))
    return answer_tagged(made, 201, {"Location": f"/trackers/{made.id}"})


@operation("GET /trackers/{tracker_id}", "Get a tracker", answer=TrackerShown)
def get_tracker(call: Call, tracker_id: int) -> Response[bytes]:
    with call.reading() as session:
        return answer_tagged(_shown(call, *_find(session, call, tracker_id)))


@operation(
    "PATCH /trackers/{tracker_id}",
    "Change a tracker",
    body=TrackerChange,
    answer=TrackerShown,
    errors=(409, 412),
)
def change_tracker(call: Call, tracker_id: int, body: TrackerChange) -> Response[bytes]:
    with call.writing() as session:
        row = _find_own(session, call, tracker_id)
        if body.slug is not UNSET and body.slug.lower() != row.slug:
            row.slug = _slug(session, body.slug)
        if body.name is not UNSET:
            row.name = body.name
        if body.destination is not UNSET:
            row.destination = _destination(call, body.destination)
        if body.references is not UNSET:
            row.references = _references(body.references)
        if body.metadata is not UNSET:
            row.event_metadata = _metadata(body.metadata)
        if body.paused is not UNSET:
            row.status = _status(paused=body.paused)
        if body.privacy is not UNSET:
            row.privacy = body.privacy.value if body.privacy else ""
        row.updated_at = call.now()
        session.flush()
        changed = _shown(call, *_find(session, call, row.id))
    return answer_tagged(changed)


@operation(
    "DELETE /trackers/{tracker_id}",
    "Delete a tracker, erase its events",
    answer=TrackerDeleted,
    errors=(409, 412),
)
def delete_tracker(call: Call, tracker_id: int) -> TrackerDeleted:
    """It stops at once; its events are then erased. The slug is free again."""
    with call.writing() as session:
        row = _find_own(session, call, tracker_id)
        forget_tracker(row, call.now())
        session.flush()
    call.api.parts.wake_upkeep()
    return TrackerDeleted(tracker_id, deleted=True)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def _find(session: Session, call: Call, id: int) -> tuple[TrackerRow, str, str]:
    """With the id and name of its resource. Raises NotFound, also for another account's."""
    query = tracker_list.select_trackers(call.account).where(TrackerRow.id == id)
    found = session.execute(query).first() if 1 <= id <= ID_MAX else None
    if found is None:
        raise NotFound("There is no such tracker. See GET /trackers.")
    row, resource_id, name = found
    return row, resource_id, name


def _find_own(session: Session, call: Call, id: int) -> TrackerRow:
    """To be changed. Raises NotFound, Conflict, PreconditionFailed."""
    row, resource_id, name = _find(session, call, id)
    if row.source != SOURCE:
        raise Conflict(f"This tracker was made by the API of {row.source}: change it there.")
    check_match(call.request, _shown(call, row, resource_id, name))
    return row


def _shown(call: Call, row: TrackerRow, resource_id: str, name: str) -> TrackerShown:
    settings = call.api.parts.settings
    return TrackerShown(
        id=row.id,
        kind=row.kind,
        name=name,
        slug=row.slug or "",
        source=row.source,
        resource=tracker_list.RESOURCES.get(row.source, row.source),
        resource_id=resource_id,
        destination=row.destination or None,
        references=row.references,
        metadata=msgspec.json.decode(row.event_metadata or "{}"),
        paused=row.to_tracker().paused_at(call.now()),
        privacy=row.privacy or None,
        link=f"{settings.short_base}{row.slug}" if row.destination else None,
        image=f"{settings.public_base}/t/{row.slug}.gif" if row.slug else "",
        created_at=iso_time(row.created_at),
        updated_at=iso_time(row.updated_at),
    )


# ── values of requests ────────────────────────────────────────────────────────────────────────


def _read_wanted(query: Mapping[str, str], now: int) -> tracker_list.Wanted:
    """The filters of a list. Raises InvalidRequest."""
    search, source, kind, paused = (
        query.get(name) or "" for name in ("search", "source", "kind", "paused")
    )
    for name, value, known in (
        ("source", source, tuple(tracker_list.RESOURCES)),
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


def _slug(session: Session, given: str | None) -> str:
    """A free one. Raises Conflict, InvalidRequest."""
    if given is None:
        return free_slug(session)
    slug = read_slug(given)
    if slug_taken(session, slug):
        raise Conflict(f"The slug '{slug}' is taken. Choose another, or leave it out.")
    return slug


def _destination(call: Call, given: str | None) -> str:
    return "" if given is None else read_destination(given, call.api.rules)


def _references(given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if name not in REFERENCES:
            raise InvalidRequest(not_a_reference(name))
    return given


def _metadata(given: dict[str, Any]) -> str | None:
    text = msgspec.json.encode(given)
    if len(text) > METADATA_BYTES_MAX:
        raise InvalidRequest(f"metadata: more than {METADATA_BYTES_MAX} bytes.")
    return text.decode() if given else None


def _status(*, paused: bool) -> str:
    return (TrackerStatus.PAUSED if paused else TrackerStatus.ACTIVE).value
