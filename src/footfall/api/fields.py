"""Fields: how an API's requests, rows and answers get theirs, and what is checked of them alike."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType, structs
from msgspec.inspect import ListType, StructType, Type, UnionType, type_info

from footfall.api.bodies import iso_time
from footfall.core.errors import InvalidRequest

Body = TypeVar("Body", bound=msgspec.Struct)

JSON_BYTES_MAX: Final = 65_536
JSON_LEVELS_MAX: Final = 16
KEY_LENGTH_MAX: Final = 64
"""Longer keys are cut where they are named."""


# ── between rows and bodies ───────────────────────────────────────────────────────────────────


def body_of(answer: type[Body], row: object, **given: Any) -> Body:
    """An answer's body: every field is `given`, or is the row's attribute of its name. A row has
    times as milliseconds since 1970, in attributes that end in `_at`: the body has ISO 8601."""
    values = {}
    for name in _names(answer):
        if name in given:
            values[name] = given[name]
            continue
        value = getattr(row, name)
        values[name] = iso_time(value) if name.endswith("_at") and value is not None else value
    return answer(**values)


_names: Final = lru_cache(maxsize=None)(lambda answer: answer.__struct_fields__)


def change_type(
    request: type[msgspec.Struct], doc: str | None, name: str = "", **more: Any
) -> type[Any]:
    """The body of a change: the fields of a creation, each only where it is to change. It is called
    `name`, or as the creation with Change for Request; `more` are the types of other fields, `None`
    for one that never changes."""
    types = {one.name: one.type for one in structs.fields(request)} | more
    return msgspec.defstruct(
        name or f"{request.__name__.removesuffix('Request')}Change",
        [(field, type | UnsetType, UNSET) for field, type in types.items() if type is not None],
        frozen=True,
        kw_only=True,
        rename=_encoded_names(request),
        namespace={"__doc__": doc},
    )


def _encoded_names(request: type[msgspec.Struct]) -> Mapping[str, str]:
    return {one.name: one.encode_name for one in structs.fields(request)}


def given_fields(body: msgspec.Struct) -> dict[str, Any]:
    """The fields that a body has, by name."""
    values = ((name, getattr(body, name)) for name in body.__struct_fields__)
    return {name: value for name, value in values if value is not UNSET}


# ── what is checked of them ───────────────────────────────────────────────────────────────────


def clean_line(text: str | None, name: str, trim: Callable[[str], str] = str.strip) -> str | None:
    """Trimmed; None for nothing. Raises InvalidRequest for control characters inside."""
    line = trim(text or "")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in line):
        raise InvalidRequest(f"{name} contains control characters: remove them.")
    return line or None


def required_line(text: str | None, name: str, trim: Callable[[str], str] = str.strip) -> str:
    """As `clean_line`. Raises InvalidRequest also for nothing."""
    line = clean_line(text, name, trim)
    if line is None:
        raise InvalidRequest(f"{name} is empty: give it a text.")
    return line


def check_json(value: Any, name: str) -> None:
    """Raises InvalidRequest for JSON that is too large or nested too deeply to be kept."""
    inside = [value]
    for _ in range(JSON_LEVELS_MAX):
        inside = [inner for outer in inside for inner in _inner(outer)]
    if inside:
        raise InvalidRequest(f"{name} is nested too deeply: at most {JSON_LEVELS_MAX} levels.")
    if len(msgspec.json.encode(value)) > JSON_BYTES_MAX:
        raise InvalidRequest(f"{name} is too large: at most {JSON_BYTES_MAX} bytes of JSON.")


def _inner(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


_described: Final = lru_cache(maxsize=None)(lambda body: type_info(body))


def unknown_keys(value: Any, body: Any, without_effect: frozenset[str]) -> Iterator[str]:
    """What of the JSON of a body no field takes: paths such as `query.filters[0].offer_id`, without
    those that are empty, and without the keys that are to have no effect."""
    yield from _unknown(value, _described(body), without_effect, "")


def _unknown(value: Any, type: Type, without_effect: frozenset[str], path: str) -> Iterator[str]:
    if isinstance(type, UnionType):
        for one in type.types:
            yield from _unknown(value, one, without_effect, path)
    elif isinstance(type, ListType) and isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unknown(inner, type.item_type, without_effect, f"{path}[{number}]")
    elif isinstance(type, StructType) and isinstance(value, dict):
        known = {field.encode_name: field.type for field in type.fields}
        for key, inner in value.items():
            at = f"{path}.{key[:KEY_LENGTH_MAX]}".removeprefix(".")
            if key in known:
                yield from _unknown(inner, known[key], without_effect, at)
            elif key not in without_effect and inner not in (None, "", [], {}):
                yield at
