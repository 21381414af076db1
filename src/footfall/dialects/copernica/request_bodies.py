"""Request bodies: JSON, or forms as PHP reads them, and what is checked of them."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta

from footfall.api.bodies import decode
from footfall.core.errors import InvalidRequest
from footfall.dialects.copernica import php
from footfall.dialects.copernica.tables import INVALID
from footfall.dialects.copernica.times import read_span
from footfall.parsing.invalid_values import describe

Line = Annotated[str, Meta(max_length=1000)]
Url = Annotated[str, Meta(max_length=2048)]
Id = Annotated[str, Meta(max_length=19, pattern=r"^[0-9]+$(?!\n)")] | Annotated[int, Meta(ge=0)]
Time = Annotated[str, Meta(max_length=30)]


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
}
_COLUMNS: Final = {"timestamp": "sent_at"}
