"""The bodies of OpenQR's answers, and how rows become them. Times are ISO 8601 in UTC.

https://openqr.uk/openapi.json; docs/dialects/openqr.md says what was chosen beyond it.
"""

from typing import Any

import msgspec

from footfall.api.bodies import iso_time
from footfall.api.fields import body_of
from footfall.core.accounts import Account
from footfall.core.trackers import TrackerStatus
from footfall.dialects.openqr.records import CodeRow


class Code(msgspec.Struct, frozen=True):
    """The answer to a creation."""

    id: str
    slug: str
    short_url: str
    destination: str
    label: str | None


class CodeDetail(msgspec.Struct, frozen=True):
    id: str
    slug: str
    short_url: str
    destination: str
    label: str | None
    status: str
    type: str
    dynamic: bool
    tags: list[str]
    folder_id: str | None
    folder: str | None
    theme: str | None
    pause_until: str | None
    has_password: bool
    has_pin: bool
    lock_hint: str | None
    ios_destination: str | None
    android_destination: str | None
    utm: dict[str, str] | None
    privacy: str
    created_at: str
    updated_at: str


class CodePage(msgspec.Struct, frozen=True):
    codes: list[CodeDetail]
    next_cursor: str | None


class Tag(msgspec.Struct, frozen=True):
    tag: str
    codes: int


class TagList(msgspec.Struct, frozen=True):
    tags: list[Tag]
    complete: bool


class ChangedField(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """Of a password or PIN only whether there was one."""

    field: str
    before: str | bool | dict[str, str] | None
    after: str | bool | dict[str, str] | None


class Change(msgspec.Struct, frozen=True):
    """`undoes` is the number of the change that this one set back."""

    number: int
    at: str
    by: str
    by_id: str
    undoes: int | None
    fields: list[ChangedField]


class History(msgspec.Struct, frozen=True):
    changes: list[Change]
    next_cursor: str | None


class Created(msgspec.Struct, frozen=True):
    codes: list[Code]
    created: int


class Deleted(msgspec.Struct, frozen=True):
    id: str
    deleted: bool


class Day(msgspec.Struct, frozen=True):
    day: str
    n: int


class Value(msgspec.Struct, frozen=True):
    value: str
    n: int


class Scans(msgspec.Struct, frozen=True):
    """Of all time, but for `last7`."""

    total: int
    last7: int
    topCountry: str | None  # noqa: N815
    topDevice: str | None  # noqa: N815


class Analytics(msgspec.Struct, frozen=True):
    """Of the window, but for `total`."""

    days_window: int
    total: int
    window_total: int
    daily: list[Day]
    by_country: list[Value]
    by_device: list[Value]
    by_referrer: list[Value]


class CodeScans(msgspec.Struct, frozen=True):
    id: str
    slug: str
    short_url: str
    destination: str
    scans: Scans
    analytics: Analytics


class LibraryRow(msgspec.Struct, frozen=True):
    """A static code's destination is its payload."""

    id: str
    type: str
    dynamic: bool
    destination: str
    label: str | None
    status: str
    slug: str | None
    short_url: str | None
    created_at: str


class Library(msgspec.Struct, frozen=True):
    codes: list[LibraryRow]
    next_cursor: str | None


class StaticCode(msgspec.Struct, frozen=True):
    id: str
    type: str
    payload: str
    label: str | None


class Folder(msgspec.Struct, frozen=True):
    id: str
    name: str
    created_at: str


class FolderList(msgspec.Struct, frozen=True):
    folders: list[Folder]


class Theme(msgspec.Struct, frozen=True):
    id: str
    name: str
    style: dict[str, Any]
    created_at: str


class ThemeList(msgspec.Struct, frozen=True):
    themes: list[Theme]


class Limits(msgspec.Struct, frozen=True):
    dynamic_codes: int | None
    scan_analytics_days: int | None
    detailed_analytics: bool


class Usage(msgspec.Struct, frozen=True):
    active_dynamic: int


class Features(msgspec.Struct, frozen=True):
    protection: bool
    aliases: bool
    api: bool


class Me(msgspec.Struct, frozen=True):
    id: str
    email: str
    name: str | None
    created_at: str
    plan: str
    enforced: bool
    limits: Limits
    usage: Usage
    features: Features


class Index(msgspec.Struct, frozen=True):
    name: str
    version: str
    authentication: str
    endpoints: dict[str, str]


def me(account: Account, active: int) -> Me:
    """Nothing is limited by a plan. There always is an e-mail address: the WordPress plugin takes
    an account without one as not connected."""
    return Me(
        id=f"u_{account.id}",
        email=account.email or f"account-{account.id}@localhost",
        name=account.name or None,
        created_at=iso_time(account.created_at),
        plan="pro",
        enforced=False,
        limits=Limits(dynamic_codes=None, scan_analytics_days=None, detailed_analytics=True),
        usage=Usage(active_dynamic=active),
        features=Features(protection=True, aliases=True, api=True),
    )


def code(row: CodeRow, short_base: str) -> Code:
    tracker = row.tracker
    assert tracker is not None, "static codes have no short link"
    return Code(
        id=row.id,
        slug=tracker.slug or "",
        short_url=f"{short_base}{tracker.slug}",
        destination=tracker.destination,
        label=row.label,
    )


def code_detail(row: CodeRow, short_base: str, now: int) -> CodeDetail:
    """In lists, after a change and on its own."""
    tracker = row.tracker
    assert tracker is not None, "static codes have no short link"
    pause = tracker.pause_until if tracker.pause_until and tracker.pause_until > now else None
    return body_of(
        CodeDetail,
        row,
        **msgspec.structs.asdict(code(row, short_base)),
        status=shown_status(row, now),
        dynamic=True,
        folder=row.folder.name if row.folder else None,
        theme=row.theme_id,
        pause_until=None if pause is None else iso_time(pause),
        has_password=tracker.password_hash is not None,
        has_pin=tracker.pin_hash is not None,
        lock_hint=tracker.lock_hint or None,
        ios_destination=tracker.destinations.get("ios"),
        android_destination=tracker.destinations.get("android"),
        utm=tracker.utm or None,
        privacy=tracker.privacy,
        updated_at=iso_time(tracker.updated_at),
    )


def shown_status(row: CodeRow, now: int) -> TrackerStatus:
    """What a scan meets now: a timed pause is a pause. A static code is always active."""
    tracker = row.tracker
    if tracker is not None and tracker.to_tracker().paused_at(now):
        return TrackerStatus.PAUSED
    return TrackerStatus.ACTIVE


def library_row(row: CodeRow, short_base: str, now: int) -> LibraryRow:
    tracker = row.tracker
    return body_of(
        LibraryRow,
        row,
        dynamic=tracker is not None,
        destination=tracker.destination if tracker else row.payload,
        status=shown_status(row, now),
        slug=tracker.slug if tracker else None,
        short_url=f"{short_base}{tracker.slug}" if tracker else None,
    )


def static_code(row: CodeRow) -> StaticCode:
    return StaticCode(row.id, row.type, row.payload, row.label)
