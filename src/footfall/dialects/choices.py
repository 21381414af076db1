"""The values that a request may have where it has another one: msgspec names only what is wrong."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from msgspec import inspect

_STEPS: Final = re.compile(r"\.([^.\[\]]+)|(\[[^\]]*\])")


@lru_cache(maxsize=256)
def choices_at(type: Any, path: str) -> tuple[str, ...]:
    """The values of the enumerations at a path of msgspec's errors, such as
    `$.dimensions[...].time`. Empty where the path leads to none."""
    found = [inspect.type_info(type)]
    for name, _ in _STEPS.findall(path.removeprefix("$")):
        found = [one for known in found for one in (_field(known, name) if name else _items(known))]
    texts = (str(value) for known in found for value in _values(known))
    return tuple(dict.fromkeys(texts))


def _each(known: inspect.Type) -> Iterator[inspect.Type]:
    """The members of a union, without what only annotates them."""
    if isinstance(known, inspect.Metadata):
        yield from _each(known.type)
    elif isinstance(known, inspect.UnionType):
        for one in known.types:
            yield from _each(one)
    else:
        yield known


def _field(known: inspect.Type, name: str) -> Iterator[inspect.Type]:
    for one in _each(known):
        for field in getattr(one, "fields", ()):
            if field.encode_name == name:
                yield field.type


def _items(known: inspect.Type) -> Iterator[inspect.Type]:
    for one in _each(known):
        if isinstance(one, inspect.DictType):
            yield one.value_type
        elif isinstance(one, inspect.TupleType):
            yield from one.item_types
        elif isinstance(item := getattr(one, "item_type", None), inspect.Type):
            yield item


def _values(known: inspect.Type) -> Iterator[Any]:
    for one in _each(known):
        if isinstance(one, inspect.EnumType):
            yield from (member.value for member in one.cls)
        elif isinstance(one, inspect.LiteralType):
            yield from one.values
