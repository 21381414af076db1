"""Trackers made by the native API: anything that reports back and needs no vendor's resource.

Those of the vendors' APIs are shown too, and are changed where they were made. A change may say
with `If-Match` what it is a change of.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import Meta
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from footfall.api.bodies import convert
from footfall.api.conditional import answer_tagged, check_match
from footfall.api.fields import body_of, change_type, given_fields
from footfall.api.operations import operation
from footfall.catalog.records import forget_tracker, free_slug, new_tracker, slug_taken
from footfall.catalog.searching import matches
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
    SOURCE,
    Reference,
    not_a_reference,
    text_of,
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


TrackerChange = change_type(
    TrackerRequest,
    "What is not given stays as it is. What a tracker counts (`kind`) does not change.",
    kind=None,
    slug=str,
)


class TrackersQuery(msgspec.Struct, frozen=True):
    """All of it must hold. `search` is part of a name, slug, destination or of the resource's id,
    in any case."""

    limit: int = LIMIT_DEFAULT
    cursor: int | None = None
    search: str | None = None
    source: str | None = None
    kind: EventKind | None = None
    paused: bool | None = None


class Tracker(msgspec.Struct, frozen=True):
    """`source` says which API made it, `resource` and `resource_id` what it is there; `link` is
    where its destination is reached, null without one; `image` records an event for a web page, ""
    for what has no slug."""

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
    trackers: list[Tracker]
    cursor: str | None


class TrackerDeleted(msgspec.Struct, frozen=True):
    id: int
    deleted: bool


# ── operations ────────────────────────────────────────────────────────────────────────────────


@operation("GET /trackers", "List trackers, newest first", query=TrackersQuery, answer=TrackerPage)
def list_trackers(call: Call) -> TrackerPage:
    """Newest first, those of every API; `cursor` continues after the last of a page."""
    given = {name: value for name, value in call.query.items() if value}
    query = convert(given, TrackersQuery)
    limit = max(1, min(query.limit, LIMIT_MAX))
    found = tracker_list.select_trackers(call.account).where(*_conditions(query, call.now()))
    with call.reading() as session:
        rows = session.execute(found.order_by(TrackerRow.id.desc()).limit(limit + 1)).all()
    page = [_shown(call, *row) for row in rows[:limit]]
    return TrackerPage(page, str(page[-1].id) if len(rows) > limit else None)


@operation(
    "POST /trackers",
    "Make a tracker",
    body=TrackerRequest,
    answer=Tracker,
    status=201,
    errors=(409,),
)
def create_tracker(call: Call, body: TrackerRequest) -> Response[bytes]:
    with call.writing() as session:
        fields = msgspec.structs.asdict(body)
        slug = _slug(session, fields.pop("slug"))
        row = new_tracker(call.account, SOURCE, call.now(), slug, **_columns(call, fields))
        session.add(row)
        session.flush()
        made = _shown(call, *_find(session, call, row.id))
    return answer_tagged(made, 201, {"Location": f"/trackers/{made.id}"})


@operation("GET /trackers/{tracker_id}", "Get a tracker", answer=Tracker)
def get_tracker(call: Call, tracker_id: int) -> Response[bytes]:
    with call.reading() as session:
        return answer_tagged(_shown(call, *_find(session, call, tracker_id)))


@operation(
    "PATCH /trackers/{tracker_id}",
    "Change a tracker",
    body=TrackerChange,
    answer=Tracker,
    errors=(409, 412),
)
def change_tracker(call: Call, tracker_id: int, body: msgspec.Struct) -> Response[bytes]:
    with call.writing() as session:
        row = _find_own(session, call, tracker_id)
        fields = given_fields(body)
        slug = fields.pop("slug", None)
        if slug is not None and slug.lower() != row.slug:
            row.slug = _slug(session, slug)
        for name, value in _columns(call, fields).items():
            setattr(row, name, value)
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


def _shown(call: Call, row: TrackerRow, resource_id: str, name: str) -> Tracker:
    settings = call.api.parts.settings
    return body_of(
        Tracker,
        row,
        name=name,
        slug=row.slug or "",
        resource=tracker_list.RESOURCES.get(row.source, row.source),
        resource_id=resource_id,
        destination=row.destination or None,
        metadata=msgspec.json.decode(row.event_metadata or "{}"),
        paused=row.to_tracker().paused_at(call.now()),
        privacy=row.privacy or None,
        link=f"{settings.short_base}{row.slug}" if row.destination else None,
        image=f"{settings.public_base}/t/{row.slug}.gif" if row.slug else "",
    )


def _conditions(query: TrackersQuery, now: int) -> Iterator[ColumnElement[bool]]:
    """`paused` is at this time. Raises InvalidRequest."""
    if query.cursor is not None:
        yield TrackerRow.id < max(1, min(query.cursor, ID_MAX))
    if search := (query.search or "").strip():
        names = (tracker_list.NAME, TrackerRow.slug, tracker_list.ID)
        yield matches(search, names, (TrackerRow.destination,))
    if query.source:
        if query.source not in tracker_list.RESOURCES:
            known = ", ".join(tracker_list.RESOURCES)
            raise InvalidRequest(f"source must be one of {known}.")
        yield TrackerRow.source == query.source
    if query.kind is not None:
        yield TrackerRow.kind == query.kind.value
    if query.paused is not None:
        paused = TrackerRow.is_paused_at(now)
        yield paused if query.paused else ~paused


# ── values of requests ────────────────────────────────────────────────────────────────────────


def _slug(session: Session, given: str | None) -> str:
    """A free one. Raises Conflict, InvalidRequest."""
    if given is None:
        return free_slug(session)
    slug = read_slug(given)
    if slug_taken(session, slug):
        raise Conflict(f"The slug '{slug}' is taken. Choose another, or leave it out.")
    return slug


def _columns(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    """The columns of these fields of a request. Raises InvalidRequest."""
    columns = dict(fields)
    if (destination := fields.get("destination")) is not None:
        columns["destination"] = read_destination(destination, call.api.rules)
    elif "destination" in fields:
        columns["destination"] = ""
    for name in fields.get("references", ()):
        if name not in REFERENCES:
            raise InvalidRequest(not_a_reference(name))
    if "metadata" in fields:
        metadata = columns.pop("metadata")
        columns["event_metadata"] = text_of(metadata) if metadata else None
    if "paused" in fields:
        status = TrackerStatus.PAUSED if columns.pop("paused") else TrackerStatus.ACTIVE
        columns["status"] = status.value
    if "privacy" in fields:
        columns["privacy"] = fields["privacy"].value if fields["privacy"] else ""
    return columns
