"""The fields of profiles and subprofiles: texts by name, whatever case the name has."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from footfall.core.errors import InvalidRequest
from footfall.dialects.copernica.tables import INVALID

FIELDS_BYTES_MAX: Final = 65_536

Fields = dict[str, str | int | float | bool | None]
NotFields = str | int | float | bool | list[Any] | None
"""What a change ignores in place of fields, as the vendor does."""


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
