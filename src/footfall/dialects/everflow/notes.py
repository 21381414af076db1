"""Notes: what of a request was ignored, in the answer to it.

The vendor ignores keys that it does not know. A filter that is ignored gives other counts than its
sender expects, so the answer names it.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.inspect import ListType, StructType, Type, UnionType, type_info

from footfall.dialects.bodies import decode
from footfall.dialects.everflow.filters import Query

NOTES_MAX: Final = 10
"""More are counted in the last note."""
KEY_LENGTH_MAX: Final = 64
HEADER: Final = "X-Footfall-Notes"
"""Of a file, which has no place for notes: a JSON array in ASCII."""

Notes = list[str] | UnsetType
"""UNSET, and so not in the answer, when nothing was ignored."""

WITHOUT_EFFECT: Final = frozenset({"settings", "user_metrics", "usm_columns", "currency_id"})
"""Keys of the vendor's own requests that change nothing here: every client sends them."""

Request = TypeVar("Request", bound=msgspec.Struct)


def decode_noting(body: bytes, type: type[Request]) -> tuple[Request, Notes]:
    """A report's request, and what of it is ignored. Raises InvalidRequest."""
    asked = decode(body, type)
    keys = _unknown_keys(decode(body, Any), _described(type), "")
    notes = [f"{key} is unknown and ignored." for key in keys]
    notes += _filters_without_type(getattr(asked, "query", None))
    if len(notes) > NOTES_MAX:
        more = len(notes) - NOTES_MAX + 1
        notes = [*notes[: NOTES_MAX - 1], f"{more} more of the request are ignored."]
    return asked, notes or UNSET


_described: Final = cache(type_info)


def header_of(notes: Notes) -> Mapping[str, str]:
    return {} if notes is UNSET else {HEADER: json.dumps(notes)}


def _unknown_keys(value: Any, type: Type, path: str) -> Iterator[str]:
    """Paths such as `query.filters[0].offer_id`, without those that are empty."""
    if isinstance(type, UnionType):
        for one in type.types:
            yield from _unknown_keys(value, one, path)
    elif isinstance(type, ListType) and isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unknown_keys(inner, type.item_type, f"{path}[{number}]")
    elif isinstance(type, StructType) and isinstance(value, dict):
        known = {field.encode_name: field.type for field in type.fields}
        for key, inner in value.items():
            at = f"{path}.{key[:KEY_LENGTH_MAX]}".removeprefix(".")
            if key in known:
                yield from _unknown_keys(inner, known[key], at)
            elif key not in WITHOUT_EFFECT and inner not in (None, "", [], {}):
                yield at


def _filters_without_type(query: Query | None) -> Iterator[str]:
    if query is None:
        return
    for name, filters in (("filters", query.filters), ("exclusions", query.exclusions)):
        for number, one in enumerate(filters or ()):
            if not one.resource_type:
                yield f"query.{name}[{number}] has no resource_type and is ignored."
