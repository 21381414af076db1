"""The bodies and queries of OpenQR's requests, and how they are read.

https://openqr.uk/openapi.json and the vendor's own clients; docs/dialects/openqr.md has the list.
Times are ISO 8601 in UTC on the wire, milliseconds since 1970 inside.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar.datastructures import MultiDict
from msgspec import UNSET, Meta, UnsetType

from footfall.core.accounts import Privacy
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest
from footfall.core.slugs import read_slug
from footfall.core.trackers import TrackerStatus
from footfall.dialects.openqr.listing import Filter
from footfall.dialects.openqr.records import Changes
from footfall.dialects.openqr.texts import clean_text, read_tags, required_text
from footfall.members.passwords import hash_password

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
        return hash_password(text) if isinstance(text, str) else text

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
