"""The bodies and queries of OpenQR's requests, and how they are read.

https://openqr.uk/openapi.json and the vendor's own clients; docs/dialects/openqr.md has the list.
Times are ISO 8601 in UTC on the wire, milliseconds since 1970 inside.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar.datastructures import MultiDict
from msgspec import UNSET, Meta, UnsetType

from footfall.api.fields import change_type, given_fields
from footfall.catalog.slugs import read_slug
from footfall.core import calendar
from footfall.core.accounts import Privacy
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest
from footfall.core.trackers import TrackerStatus
from footfall.dialects.openqr.listing import Filter
from footfall.dialects.openqr.records import Changes
from footfall.dialects.openqr.texts import clean_text, read_tags, required_text
from footfall.members.passwords import hash_password

LIST_DEFAULT: Final = 50
LIST_MAX: Final = 500
BULK_MAX: Final = 200
TAGS_MAX: Final = 10

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


ThemeChange = change_type(ThemeRequest, "`PATCH /v1/themes/{id}`: only what is to change.")


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
    given = given_fields(request)
    if not given:
        raise InvalidRequest(
            f"Nothing to change: send one or more of {', '.join(request.__struct_fields__)}."
        )
    return {name: _read_change(name, value, rules, now) for name, value in given.items()}


def _read_change(name: str, value: Any, rules: DestinationRules, now: int) -> Any:
    match name:
        case "destination":
            return read_destination(value, rules)
        case "ios_destination" | "android_destination":
            return read_destination(value, rules, name) if value else None
        case "label" | "folder_id" | "theme":
            return clean_text(value, name)
        case "lock_hint":
            return clean_text(value, name) or ""
        case "slug":
            return read_slug(value)
        case "tags":
            return read_tags(value)
        case "status":
            return TrackerStatus(value)
        case "pause_until":
            return _read_pause(value, now) if value else None
        case "password" | "pin":
            return None if value is None else hash_password(value)
        case "utm":
            named = msgspec.structs.asdict(value).items() if value else ()
            return {key: required_text(text, key) for key, text in named if text is not None}
        case "privacy":
            return value.value
    raise AssertionError(f"{name} is not read")


def _read_pause(text: str, now: int) -> int:
    """Whole seconds, in milliseconds since 1970. A time without a zone is UTC."""
    try:
        at = calendar.read_time(text) // 1000 * 1000
    except ValueError:
        raise InvalidRequest(
            "pause_until must be an ISO 8601 time, as 2027-01-31T08:00:00Z, or null."
        ) from None
    if at <= now:
        raise InvalidRequest("pause_until must be in the future. To resume now, send null.")
    return at
