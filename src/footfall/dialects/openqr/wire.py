"""OpenQR's wire: what its requests and answers look like, and pure translations to and from them.

https://openqr.uk/openapi.json, the scans page (docs/dialects/openqr.md has the list), and the
vendor's own clients. Times are ISO 8601 in UTC on the wire, milliseconds since 1970 inside.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar.datastructures import MultiDict
from msgspec import UNSET, Meta, UnsetType

from footfall.core.accounts import Account, Privacy
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import FootfallError, InvalidRequest
from footfall.core.trackers import TrackerStatus
from footfall.dialects.bodies import iso_time
from footfall.dialects.openqr.listing import Filter
from footfall.dialects.openqr.nouns import Changes, CodeRow, FolderRow, ThemeRow
from footfall.dialects.openqr.texts import clean_text, read_tags, required_text
from footfall.dialects.slugs import read_slug
from footfall.passwords import hash_word

LIST_DEFAULT: Final = 50
LIST_MAX: Final = 500
BULK_MAX: Final = 200
TAGS_MAX: Final = 10
STYLE_BYTES_MAX: Final = 65_536
STYLE_DEPTH_MAX: Final = 16

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Label = Annotated[str, Meta(max_length=200)]
Tag = Annotated[str, Meta(min_length=1, max_length=40)]
Reference = Annotated[str, Meta(max_length=80)]


# ── errors ────────────────────────────────────────────────────────────────────────────────────


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on."""

    error: str
    code: str


ERRORS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_request": (400, "invalid_request"),
    "unsafe_destination": (400, "unsafe_destination"),
    "too_large": (413, "invalid_request"),
    "unauthorized": (401, "unauthorized"),
    "forbidden": (403, "forbidden"),
    "not_found": (404, "not_found"),
    "slug_taken": (409, "slug_taken"),
    "conflict": (409, "invalid_request"),
    "request_timeout": (408, "invalid_request"),
    "rate_limited": (429, "rate_limited"),
    "overloaded": (503, "server_error"),
    "unavailable": (503, "server_error"),
    "catalog_unavailable": (503, "server_error"),
    "journal_unavailable": (503, "server_error"),
    "store_unavailable": (503, "server_error"),
    "store_defect": (500, "server_error"),
}
"""Core error code → HTTP status and OpenQR's code."""

STATUS_CODES: Final[Mapping[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
}
"""OpenQR's code for a status that no core error stands behind."""


def error_answer(error: FootfallError) -> tuple[int, ErrorBody]:
    status, code = ERRORS.get(error.code, (500, "server_error"))
    return status, ErrorBody(error.message, code)


def status_code(status: int) -> str:
    default = "invalid_request" if status < 500 else "server_error"
    return STATUS_CODES.get(status, default)


# ── requests ──────────────────────────────────────────────────────────────────────────────────


class CreateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /v1/dynamic`, and a row of the bulk."""

    destination: str
    label: Label | None = None
    theme: Reference | None = None


class ForChange(msgspec.Struct, frozen=True, kw_only=True):
    """What of a body for `POST /v1/dynamic` only a change takes. A code that somebody wants locked
    or paused must not be made open; what else is not taken is ignored, as the vendor does."""

    password: Any = None
    pin: Any = None
    lock_hint: Any = None
    status: Any = None
    pause_until: Any = None

    def refuse(self) -> None:
        """Raises InvalidRequest when there is any."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None and (name, value) != ("status", "active"):
                raise InvalidRequest(
                    f"{name}: a code is made without it. Make the code, then send {name} with"
                    " PATCH /v1/dynamic/{id}."
                )


class BulkForChange(msgspec.Struct, frozen=True):
    codes: list[ForChange]


class BulkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /v1/dynamic/bulk`. `theme` is for the rows that name none."""

    codes: Annotated[list[CreateRequest], Meta(min_length=1, max_length=BULK_MAX)]
    theme: Reference | None = None


UtmText = Annotated[str, Meta(min_length=1, max_length=200)]


class Utm(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Parameters appended to a destination that lacks them."""

    utm_source: UtmText | None = None
    utm_medium: UtmText | None = None
    utm_campaign: UtmText | None = None
    utm_term: UtmText | None = None
    utm_content: UtmText | None = None


class ChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`PATCH /v1/dynamic/{id}`: only what is to change."""

    destination: str | UnsetType = UNSET
    label: Label | UnsetType | None = UNSET
    slug: str | UnsetType = UNSET
    tags: Annotated[list[Tag], Meta(max_length=TAGS_MAX)] | UnsetType = UNSET
    folder_id: Reference | UnsetType | None = UNSET
    theme: Reference | UnsetType | None = UNSET
    status: Annotated[str, Meta(pattern=r"^(active|paused)$(?!\n)")] | UnsetType = UNSET
    pause_until: str | UnsetType | None = UNSET
    password: Annotated[str, Meta(min_length=4, max_length=128)] | UnsetType | None = UNSET
    pin: Annotated[str, Meta(pattern=r"^[0-9]{4}$(?!\n)")] | UnsetType | None = UNSET
    lock_hint: Annotated[str, Meta(max_length=60)] | UnsetType | None = UNSET
    ios_destination: str | UnsetType | None = UNSET
    android_destination: str | UnsetType | None = UNSET
    # Ours, beyond the vendor's:
    utm: Utm | UnsetType | None = UNSET
    privacy: Privacy | UnsetType = UNSET


class StaticRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /v1/codes`."""

    type: str
    fields: Mapping[str, str | bool | int | float | None]
    label: Label | None = None


class FolderRequest(msgspec.Struct, frozen=True):
    name: Name


class ThemeRequest(msgspec.Struct, frozen=True):
    name: Name
    style: dict[str, Any]


class ThemeChange(msgspec.Struct, frozen=True):
    """`PATCH /v1/themes/{id}`: only what is to change."""

    name: Name | UnsetType = UNSET
    style: dict[str, Any] | UnsetType = UNSET


def check_style(style: dict[str, Any]) -> None:
    """Raises InvalidRequest for a style that is too large or nested too deeply to be kept."""
    inside: list[Any] = [style]
    for _ in range(STYLE_DEPTH_MAX):
        inside = [
            value
            for outer in inside
            if isinstance(outer, dict | list)
            for value in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if inside:
        raise InvalidRequest(f"style is nested too deeply: at most {STYLE_DEPTH_MAX} levels.")
    if len(msgspec.json.encode(style)) > STYLE_BYTES_MAX:
        raise InvalidRequest(f"style is too large: at most {STYLE_BYTES_MAX} bytes of JSON.")


def read_filter(query: MultiDict[str], now: int) -> Filter:
    """Of `GET /v1/dynamic`. Raises InvalidRequest."""
    status = query.get("status")
    if status and status not in tuple(TrackerStatus):
        raise InvalidRequest("status must be 'active' or 'paused'.")
    tags = [tag for tag in query.getall("tag", []) if tag]
    if len(tags) > TAGS_MAX:
        raise InvalidRequest(f"tag may be given {TAGS_MAX} times at most, as a code has no more.")
    return Filter(
        search=clean_text(query.get("search"), "search") or "",
        folder=clean_text(query.get("folder"), "folder") or "",
        tags=tuple(tags),
        status=TrackerStatus(status) if status else None,
        now=now,
        dynamic_only=True,
    )


def read_changes(request: ChangeRequest, rules: DestinationRules, now: int) -> Changes:
    """Checked and translated; words are hashed (20 ms each). Raises InvalidRequest."""
    if all(getattr(request, name) is UNSET for name in request.__struct_fields__):
        raise InvalidRequest(
            f"Nothing to change: send one or more of {', '.join(request.__struct_fields__)}."
        )

    def destination(text: str | UnsetType | None, name: str) -> str | UnsetType | None:
        return read_destination(text, rules, name) if text else (UNSET if text is UNSET else None)

    def word(text: str | UnsetType | None) -> str | UnsetType | None:
        return hash_word(text) if isinstance(text, str) else text

    def text(value: str | UnsetType | None, name: str) -> str | UnsetType | None:
        return UNSET if value is UNSET else clean_text(value, name)

    main, hint = request.destination, text(request.lock_hint, "lock_hint")
    tags, pause = request.tags, request.pause_until
    return Changes(
        destination=UNSET if main is UNSET else read_destination(main, rules),
        label=text(request.label, "label"),
        slug=UNSET if request.slug is UNSET else read_slug(request.slug),
        tags=UNSET if tags is UNSET else read_tags(tags),
        folder_id=text(request.folder_id, "folder_id"),
        theme=text(request.theme, "theme"),
        status=UNSET if request.status is UNSET else TrackerStatus(request.status),
        pause_until=_read_pause(pause, now) if pause else (UNSET if pause is UNSET else None),
        ios_destination=destination(request.ios_destination, "ios_destination"),
        android_destination=destination(request.android_destination, "android_destination"),
        lock_hint=UNSET if hint is UNSET else hint or "",
        password_hash=word(request.password),
        pin_hash=word(request.pin),
        utm=_read_utm(request.utm),
        privacy=request.privacy,
    )


def _read_utm(utm: Utm | UnsetType | None) -> dict[str, str] | UnsetType:
    if isinstance(utm, Utm):
        named = msgspec.structs.asdict(utm).items()
        return {name: required_text(value, name) for name, value in named if value is not None}
    return UNSET if utm is UNSET else {}


def _read_pause(text: str, now: int) -> int:
    """Whole seconds, in milliseconds since 1970. A time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        at = int(moment.astimezone(UTC).timestamp()) * 1000
    except (ValueError, OverflowError):
        raise InvalidRequest(
            "pause_until must be an ISO 8601 time, as 2027-01-31T08:00:00Z, or null."
        ) from None
    if at <= now:
        raise InvalidRequest("pause_until must be in the future. To resume now, send null.")
    return at


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def shown_status(code: CodeRow, now: int) -> TrackerStatus:
    """What a scan meets now: a timed pause is a pause. A static code is always active."""
    tracker = code.tracker
    if tracker is not None and tracker.to_tracker().paused_at(now):
        return TrackerStatus.PAUSED
    return TrackerStatus.ACTIVE


def code_summary(code: CodeRow, short_base: str) -> dict[str, Any]:
    """The answer to a creation."""
    assert code.tracker is not None, "static codes have no short link"
    return {
        "id": code.id,
        "slug": code.tracker.slug,
        "short_url": f"{short_base}{code.tracker.slug}",
        "destination": code.tracker.destination,
        "label": code.label,
    }


def code_detail(code: CodeRow, short_base: str, now: int) -> dict[str, Any]:
    """Everything about a dynamic code, in lists, after a change and on its own."""
    tracker = code.tracker
    assert tracker is not None, "static codes have no short link"
    pause = tracker.pause_until if tracker.pause_until and tracker.pause_until > now else None
    return code_summary(code, short_base) | {
        "status": shown_status(code, now),
        "type": code.type,
        "dynamic": True,
        "tags": code.tags,
        "folder_id": code.folder_id,
        "folder": code.folder.name if code.folder else None,
        "theme": code.theme_id,
        "pause_until": None if pause is None else iso_time(pause),
        "has_password": tracker.password_hash is not None,
        "has_pin": tracker.pin_hash is not None,
        "lock_hint": tracker.lock_hint or None,
        "ios_destination": tracker.destinations.get("ios"),
        "android_destination": tracker.destinations.get("android"),
        "utm": tracker.utm or None,
        "privacy": tracker.privacy,
        "created_at": iso_time(code.created_at),
        "updated_at": iso_time(tracker.updated_at),
    }


def library_row(code: CodeRow, short_base: str, now: int) -> dict[str, Any]:
    """A row of `/v1/codes`. A static code's destination is its payload."""
    tracker = code.tracker
    return {
        "id": code.id,
        "type": code.type,
        "dynamic": tracker is not None,
        "destination": tracker.destination if tracker else code.payload,
        "label": code.label,
        "status": shown_status(code, now),
        "slug": tracker.slug if tracker else None,
        "short_url": f"{short_base}{tracker.slug}" if tracker else None,
        "created_at": iso_time(code.created_at),
    }


def static_summary(code: CodeRow) -> dict[str, Any]:
    return {"id": code.id, "type": code.type, "payload": code.payload, "label": code.label}


def folder_body(folder: FolderRow) -> dict[str, Any]:
    return {"id": folder.id, "name": folder.name, "created_at": iso_time(folder.created_at)}


def theme_body(theme: ThemeRow) -> dict[str, Any]:
    created = iso_time(theme.created_at)
    return {"id": theme.id, "name": theme.name, "style": theme.style, "created_at": created}


def me_body(account: Account, active: int) -> dict[str, Any]:
    """Nothing is limited by a plan. The WordPress plugin takes an account without an e-mail
    address as not connected, so there always is one."""
    return {
        "id": f"u_{account.id}",
        "email": account.email or f"account-{account.id}@localhost",
        "name": account.name or None,
        "created_at": iso_time(account.created_at),
        "plan": "pro",
        "enforced": False,
        "limits": {
            "dynamic_codes": None,
            "scan_analytics_days": None,
            "detailed_analytics": True,
        },
        "usage": {"active_dynamic": active},
        "features": {"protection": True, "aliases": True, "api": True},
    }
