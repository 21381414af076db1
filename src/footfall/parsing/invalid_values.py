"""What is wrong with a value, in words, from msgspec's errors: a closed set with all its values."""

import enum
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import inspect

_NO_LINE_END: Final = re.compile(r"\(\?!\\+n\)")
"""At the end of patterns stands `(?!\\n)`: `$` alone also matches before a last line end. Nobody
needs to read it in an error."""
_ENUM: Final = re.compile(r"Invalid enum value (.*)", re.DOTALL)
_WORDS: Final = re.compile(r"Expected `str` matching regex '\^\(([\w |.\[\]-]+)\)\$'")
"""A pattern that is a list of words is a closed set too."""
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")
_KEY: Final = "`key` in "


def describe(error: msgspec.ValidationError, type: Any = None) -> str:
    """`size: expected `int`, got `str`` from msgspec's "Expected …, got … - at `$.size`". With the
    `type` that was read, a value outside a closed set is answered with the values of the set."""
    what, _, where = _NO_LINE_END.sub("", str(error)).partition(" - at ")
    of_key = where.startswith(_KEY)
    path = where.removeprefix(_KEY).strip("`").removeprefix("$").removeprefix(".")
    matched = _ENUM.fullmatch(what)
    if matched and type is not None and (values := _values(type, path, of_key)):
        what = f"{matched[1][:60]} is not one of its values: {', '.join(values)}."
        return f"{path}: {what}" if path else what
    if words := _WORDS.fullmatch(what):
        what = f"must be one of {', '.join(words[1].replace('[.]', '.').split('|'))}."
    return f"{path}: {what[:1].lower()}{what[1:]}" if path else what


@lru_cache(maxsize=512)
def _values(type: Any, path: str, of_key: bool) -> tuple[str, ...]:
    """Of all the closed sets that may stand at the path; none when the path leads nowhere."""
    at = [inspect.type_info(type)]
    for name, place in _STEP.findall(path):
        at = [below for one in at for below in _below(one, name, place)]
    if of_key:
        at = [one.key_type for each in at for one in _choices(each) if hasattr(one, "key_type")]
    found: list[str] = []
    for each in at:
        for one in _choices(each):
            if isinstance(one, inspect.EnumType):
                found += [_text(member.value) for member in one.cls]
            elif isinstance(one, inspect.LiteralType):
                found += [_text(value) for value in one.values]
    return tuple(dict.fromkeys(found))


def _text(value: Any) -> str:
    return '""' if value == "" else str(value.value if isinstance(value, enum.Enum) else value)


def _choices(of: Any) -> Iterator[Any]:
    if isinstance(of, inspect.UnionType):
        for one in of.types:
            yield from _choices(one)
    elif isinstance(of, inspect.Metadata):
        yield from _choices(of.type)
    else:
        yield of


def _below(of: Any, name: str, place: str) -> Iterator[Any]:
    """What stands at a field, or at a place or key between brackets."""
    for one in _choices(of):
        if name and hasattr(one, "fields"):
            yield from (field.type for field in one.fields if field.encode_name == name)
        elif place and hasattr(one, "value_type"):
            yield one.value_type
        elif place and hasattr(one, "item_type"):
            yield one.item_type
        elif place.isdigit() and hasattr(one, "item_types") and int(place) < len(one.item_types):
            yield one.item_types[int(place)]
