"""The form of a list in an answer."""

from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from footfall.dialects.copernica.tables import Part


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list. `nextid` is where the next part begins by id, `total` is only there when
    it was requested."""

    start: int
    limit: int
    count: int
    data: list[Any]
    nextid: int | UnsetType = UNSET
    total: int | UnsetType = UNSET


def listed(part: Part, rows: list[Any], total: int | None, nextid: int | None = None) -> Listed:
    return Listed(
        start=part.start,
        limit=part.limit,
        count=len(rows),
        data=rows,
        nextid=UNSET if nextid is None else nextid,
        total=UNSET if total is None else total,
    )


@cache
def listed_type(row: Any) -> Any:
    """The type of a list of these rows, for the document."""
    name = f"{row.__name__}List"
    data = [("data", list[row])]
    return msgspec.defstruct(name, data, bases=(Listed,), kw_only=True, frozen=True)
