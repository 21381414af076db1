"""What Copernica's answers look like, and pure translations to them.

Ids are strings of digits, what is absent is null, times are local. docs/dialects/copernica.md has
the sources, and what was chosen where they do not say.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from footfall.core.accounts import Account
from footfall.core.errors import FootfallError
from footfall.dialects.copernica.nouns import (
    DestinationRow,
    EmailingRow,
    LinkRow,
    Part,
    ProfileRow,
    SubprofileRow,
)
from footfall.dialects.copernica.times import to_local

# ── errors ────────────────────────────────────────────────────────────────────────────────────


class Problem(msgspec.Struct, frozen=True):
    message: str


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer that is no success."""

    error: Problem


INVALID_TOKEN: Final = "Invalid access token"  # noqa: S105 (what is said of one)
INVALID_METHOD: Final = "Invalid method"
UNAVAILABLE: Final = "The server cannot answer this for the moment: try again, nothing is lost."
"""Instead of what the engine says of itself, which may name its tables and its machine."""

ERRORS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_request": (400, ""),
    "unsafe_destination": (400, ""),
    "too_large": (400, ""),
    "unauthorized": (400, INVALID_TOKEN),
    "forbidden": (400, ""),
    "not_found": (400, ""),
    "conflict": (400, ""),
    "request_timeout": (408, ""),
    "rate_limited": (429, ""),
    "overloaded": (503, ""),
    "unavailable": (503, UNAVAILABLE),
    "catalog_unavailable": (503, UNAVAILABLE),
    "journal_unavailable": (503, UNAVAILABLE),
    "store_unavailable": (503, UNAVAILABLE),
    "store_defect": (500, ""),
}
"""Core error code → HTTP status, and what is said in place of the error's own text."""


def error_answer(error: FootfallError) -> tuple[int, ErrorBody]:
    status, words = ERRORS.get(error.code, (500, ""))
    return status, error_body(words or error.message)


def error_body(message: str) -> ErrorBody:
    return ErrorBody(Problem(message))


# ── lists ─────────────────────────────────────────────────────────────────────────────────────


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list. `nextid` is where the next part begins by id, `total` is only there when
    it was asked for."""

    start: int
    limit: int
    count: int
    data: list[Any]
    nextid: int | UnsetType = UNSET
    total: int | UnsetType = UNSET


def listed(part: Part, rows: list[Any], total: int | None, nextid: int | None = None) -> Listed:
    return Listed(
        start=part.start,
        limit=part.limit,
        count=len(rows),
        data=rows,
        nextid=UNSET if nextid is None else nextid,
        total=UNSET if total is None else total,
    )


# ── the account ───────────────────────────────────────────────────────────────────────────────


class Identity(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str
    company: str


def identity_body(account: Account) -> Identity:
    return Identity(str(account.id), account.name, "", account.name)


# ── emailings ─────────────────────────────────────────────────────────────────────────────────


class Address(msgspec.Struct, frozen=True):
    name: str
    email: str


class Source(msgspec.Struct, frozen=True):
    id: str
    type: str


class Target(msgspec.Struct, frozen=True):
    type: str
    sources: list[Source]


class Emailing(msgspec.Struct, frozen=True, kw_only=True):
    """As Publisher shows it. `tracker` is ours: what events are ingested for."""

    id: str
    timestamp: str
    document: str | None
    template: str | None
    subject: str
    description: str
    from_address: Address | None
    destinations: str
    testgroups: int = 0
    finalgroup: str | None = None
    type: str
    clicks: str
    impressions: str
    errors: str
    unsubscribes: str
    abuses: str
    contenttype: str
    target: Target | None
    tracker: str


class MarketingEmailing(msgspec.Struct, frozen=True, kw_only=True):
    """As Marketing Suite shows it in a list."""

    id: str
    timestamp: str
    template: str | None
    subject: str
    from_address: Address | None
    destinations: int
    type: str
    target: Target | None
    tracker: str


class TaggedEmailing(MarketingEmailing, frozen=True, kw_only=True):
    """And by itself."""

    tags: list[str]


Counts = Mapping[str, int]
"""By the names of the lists of events: impressions, clicks, …"""


def emailing_body(row: EmailingRow, zone: ZoneInfo, counts: Counts) -> Emailing:
    return Emailing(
        id=str(row.id),
        timestamp=to_local(row.sent_at, zone),
        document=row.document,
        template=row.template,
        subject=row.subject,
        description=row.description,
        from_address=_as(row.from_address, Address),
        destinations=str(row.destinations),
        type=row.type,
        clicks=str(counts.get("clicks", 0)),
        impressions=str(counts.get("impressions", 0)),
        errors=str(counts.get("errors", 0)),
        unsubscribes=str(counts.get("unsubscribes", 0)),
        abuses=str(counts.get("abuses", 0)),
        contenttype=row.contenttype,
        target=_as(row.target, Target),
        tracker=str(row.tracker_id),
    )


def marketing_emailing_body(row: EmailingRow, zone: ZoneInfo) -> MarketingEmailing:
    return MarketingEmailing(
        id=str(row.id),
        timestamp=to_local(row.sent_at, zone),
        template=row.template,
        subject=row.subject,
        from_address=_as(row.from_address, Address),
        destinations=row.destinations,
        type=row.type,
        target=_as(row.target, Target),
        tracker=str(row.tracker_id),
    )


def tagged_emailing_body(row: EmailingRow, zone: ZoneInfo) -> TaggedEmailing:
    shown = marketing_emailing_body(row, zone)
    return TaggedEmailing(**msgspec.structs.asdict(shown), tags=row.tags)


def _as(value: Any, type: Any) -> Any:
    return None if value is None else msgspec.convert(value, type)


class Link(msgspec.Struct, frozen=True):
    """Of an emailing. Ours: the vendor finds links in the mail's text."""

    id: str
    url: str
    title: str
    emailing: str


def link_body(row: LinkRow) -> Link:
    return Link(str(row.id), row.url, row.title, str(row.emailing_id))


# ── destinations ──────────────────────────────────────────────────────────────────────────────


class Destination(msgspec.Struct, frozen=True):
    """As Publisher shows it: `internal` is its number, which events name."""

    ID: str
    timestampsent: str
    internal: str
    profile: str | None
    subprofile: str | None
    mailing: str


class MarketingDestination(msgspec.Struct, frozen=True, rename={"message_id": "messageID"}):
    ID: str
    message_id: str
    timestampsent: str
    profile: str | None
    subprofile: str | None
    mailing: str


def destination_body(row: DestinationRow, zone: ZoneInfo) -> Destination:
    return Destination(
        ID=row.hash,
        timestampsent=to_local(row.created_at, zone),
        internal=str(row.id),
        profile=_number(row.profile),
        subprofile=_number(row.subprofile),
        mailing=str(row.emailing_id),
    )


def marketing_destination_body(row: DestinationRow, zone: ZoneInfo) -> MarketingDestination:
    return MarketingDestination(
        ID=str(row.id),
        message_id=row.hash[:16],
        timestampsent=to_local(row.created_at, zone),
        profile=_number(row.profile),
        subprofile=_number(row.subprofile),
        mailing=str(row.emailing_id),
    )


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


class Addressed(msgspec.Struct, frozen=True):
    """The URLs of one destination: `pixel` for the mail's end, `links` in the order of the
    request's."""

    destination: str
    profile: str | None
    subprofile: str | None
    pixel: str
    links: list[str]


class AddressedList(msgspec.Struct, frozen=True):
    """What a mailing tool puts into its mails, in the order in which it named the destinations."""

    emailing: str
    links: list[Link]
    count: int
    data: list[Addressed]


# ── profiles ──────────────────────────────────────────────────────────────────────────────────


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """`database` is always "1": there is one. `removed` is when it was removed, false if it was
    not."""

    ID: str
    fields: dict[str, str]
    interests: list[str]
    database: str = "1"
    secret: str
    created: str
    modified: str
    removed: str | Literal[False]


class Subprofile(msgspec.Struct, frozen=True, kw_only=True):
    ID: str
    secret: str
    fields: dict[str, str]
    profile: str
    collection: str = "1"
    created: str
    modified: str
    removed: str | Literal[False]


def _removed(row: ProfileRow | SubprofileRow, zone: ZoneInfo) -> str | Literal[False]:
    return False if row.removed_at is None else to_local(row.removed_at, zone)


def profile_body(row: ProfileRow, zone: ZoneInfo) -> Profile:
    return Profile(
        ID=str(row.id),
        fields=row.fields,
        interests=row.interests,
        secret=row.secret,
        created=to_local(row.created_at, zone),
        modified=to_local(row.updated_at, zone),
        removed=_removed(row, zone),
    )


def subprofile_body(row: SubprofileRow, zone: ZoneInfo) -> Subprofile:
    return Subprofile(
        ID=str(row.id),
        secret=row.secret,
        fields=row.fields,
        profile=str(row.profile_id),
        created=to_local(row.created_at, zone),
        modified=to_local(row.updated_at, zone),
        removed=_removed(row, zone),
    )


DATA_ONLY: Final = ("ID", "fields", "interests", "modified")


def without_metadata(row: Profile | Subprofile) -> dict[str, Any]:
    """What `dataonly` leaves of a row."""
    names = row.__struct_fields__
    return {name: getattr(row, name) for name in DATA_ONLY if name in names}
