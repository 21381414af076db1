"""Request bodies: JSON, or forms as PHP reads them, and what is checked of them."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.api.bodies import decode
from footfall.core.errors import InvalidRequest
from footfall.dialects.copernica import php
from footfall.dialects.copernica.nouns import INVALID
from footfall.dialects.copernica.times import read_span
from footfall.dialects.copernica.wire import Address, Target
from footfall.parsing.invalid_values import describe

DESTINATIONS_MAX: Final = 10_000
LINKS_MAX: Final = 200
URLS_MAX: Final = 200_000
"""Of one answer: about 30 MB, and two seconds."""

FIELDS_BYTES_MAX: Final = 65_536

Line = Annotated[str, Meta(max_length=1000)]
Url = Annotated[str, Meta(max_length=2048)]
Id = Annotated[str, Meta(max_length=19, pattern=r"^[0-9]+$(?!\n)")] | Annotated[int, Meta(ge=0)]
Time = Annotated[str, Meta(max_length=30)]
Fields = dict[str, str | int | float | bool | None]


class EmailingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST …/emailings`, and a change: what is left out stays as it is. `timestamp` is when the
    mails are sent, now unless it is given."""

    subject: Line | UnsetType = UNSET
    description: Line | UnsetType = UNSET
    from_address: Address | UnsetType | None = UNSET
    timestamp: Time | UnsetType = UNSET
    document: Id | UnsetType | None = UNSET
    template: Id | UnsetType | None = UNSET
    type: Literal["mass", "individual"] | UnsetType = UNSET
    followup: bool | UnsetType = UNSET
    test: bool | UnsetType = UNSET
    contenttype: Literal["html", "text", "both"] | UnsetType = UNSET
    target: Target | UnsetType | None = UNSET
    tags: Annotated[list[Line], Meta(max_length=100)] | UnsetType = UNSET


NotFields = str | int | float | bool | list[Any] | None
"""What a change ignores in place of fields, as the vendor does."""


class ProfileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST …/profiles`, and a change: `fields` are merged, one by one."""

    fields: Fields | NotFields = {}
    secret: Line | UnsetType = UNSET
    interests: Annotated[list[Line], Meta(max_length=1000)] | UnsetType = UNSET


class SubprofileRequest(msgspec.Struct, frozen=True, kw_only=True):
    fields: Fields | NotFields = {}
    secret: Line | UnsetType = UNSET


class DestinationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person: `subprofile` alone names its profile too."""

    profile: Id | None = None
    subprofile: Id | None = None


class Addressee(DestinationRequest, frozen=True, kw_only=True):
    """A new destination, or with `destination` one that is there."""

    destination: Id | None = None


class LinkRequest(msgspec.Struct, frozen=True, kw_only=True):
    url: Url
    title: Line = ""


class LinksRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST …/emailing/{id}/links`."""

    destinations: list[Addressee]
    links: Annotated[list[Url | LinkRequest], Meta(max_length=LINKS_MAX)] = []


class NewLinksRequest(LinksRequest, frozen=True, kw_only=True):
    """`POST …/links`: of an emailing that is made with them."""

    subject: Line = ""


T = TypeVar("T")
EMPTY: Final = (b"", b"[]")
"""Bodies that stand for nothing: `[]` is how PHP writes an empty array as JSON."""


def read_body(body: bytes, content_type: str, type: type[T]) -> T:
    """Raises InvalidRequest with the vendor's words before ours."""
    try:
        if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            return _read_form(body, type)
        return decode(b"{}" if body.strip() in EMPTY else body, type)
    except InvalidRequest as error:
        raise InvalidRequest(f"{INVALID}: {error.message}") from None


def _read_form(body: bytes, type: type[T]) -> T:
    """Raises InvalidRequest, also where PHP would leave out the rest of a long form in silence."""
    if body.count(b"&") >= php.VARIABLES_MAX:
        raise InvalidRequest(
            f"a form has at most {php.VARIABLES_MAX} variables; send more of them as JSON."
        )
    try:
        return msgspec.convert(_lists(php.parse(body)), type, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(describe(error, type)) from None


def _lists(value: php.Value) -> Any:
    """An array with the keys 0, 1, 2, … is a list, as json_encode has it."""
    if isinstance(value, str):
        return value
    if value and all(key == str(number) for number, key in enumerate(value)):
        return [_lists(one) for one in value.values()]
    return {key: _lists(one) for key, one in value.items()}


def read_columns(request: msgspec.Struct, zone: ZoneInfo) -> dict[str, Any]:
    """The columns that a body names, checked. Raises InvalidRequest."""
    given = {name: getattr(request, name) for name in request.__struct_fields__}
    return {
        _COLUMNS.get(name, name): _CHECKS[name](value, zone) if name in _CHECKS else value
        for name, value in given.items()
        if value is not UNSET
    }


def _read_time(text: str, zone: ZoneInfo) -> int:
    span = read_span(text, zone)
    if span is None or span.first < 0:
        raise InvalidRequest(f"{INVALID}: timestamp must be a time such as 2024-02-14 09:30:05")
    return span.first


def read_fields(fields: Fields | NotFields) -> dict[str, str]:
    if not isinstance(fields, dict):
        return {}
    return {name: _as_text(value) for name, value in fields.items()}


def merge_fields(kept: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Names are the same in any case, and keep the case in which they came first."""
    merged = dict(kept)
    names = {name.casefold(): name for name in kept}
    for name, value in given.items():
        merged[names.setdefault(name.casefold(), name)] = value
    return merged


def check_fields(fields: dict[str, str]) -> dict[str, str]:
    """Raises InvalidRequest for more than can be kept."""
    if len(msgspec.json.encode(fields)) > FIELDS_BYTES_MAX:
        raise InvalidRequest(f"{INVALID}: fields are at most {FIELDS_BYTES_MAX} bytes of JSON")
    return fields


def _as_text(value: str | float | bool | None) -> str:
    """As PHP casts to a text."""
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def _id_text(value: str | int | None, _: ZoneInfo) -> str | None:
    return None if value is None else str(value)


def _builtins(value: msgspec.Struct | None, _: ZoneInfo) -> Any:
    return msgspec.to_builtins(value)


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def plain(text: str) -> str:
    """A line that somebody reads: trimmed, without control characters."""
    return _CONTROL.sub("", text).strip()


def _plain(text: str, _: ZoneInfo) -> str:
    return plain(text)


def _plain_each(texts: list[str], _: ZoneInfo) -> list[str]:
    return [plain(text) for text in texts]


_CHECKS: Final[Mapping[str, Callable[[Any, ZoneInfo], Any]]] = {
    "subject": _plain,
    "description": _plain,
    "tags": _plain_each,
    "from_address": _builtins,
    "target": _builtins,
    "timestamp": _read_time,
    "document": _id_text,
    "template": _id_text,
    "fields": lambda fields, _: read_fields(fields),
}
_COLUMNS: Final = {"timestamp": "sent_at"}
