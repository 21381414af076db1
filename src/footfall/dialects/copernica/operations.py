"""Every operation of this dialect, for its OpenAPI document: from the table that routes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.dialects.copernica import wire
from footfall.dialects.copernica.endpoints import ENDPOINTS, Endpoint
from footfall.dialects.openapi import Operation, document, recorded


class ListQuery(msgspec.Struct, frozen=True):
    """Of any list. All of it is cast as PHP does: nothing of it is refused."""

    start: int = 0
    limit: int = 100
    total: bool = True
    fields: list[str] = msgspec.field(default=[], name="fields[]")


class EventsQuery(ListQuery, frozen=True):
    """Of a list of events. An id that is unknown finds nothing."""

    emailing: str = ""
    destination: str = ""
    profile: str = ""
    subprofile: str = ""


def _operations() -> Iterator[Operation]:
    for version, endpoints in ENDPOINTS.items():
        for root in ("", "/v1") if version == 1 else (f"/v{version}",):
            for one in endpoints:
                yield _operation(one, root, version)


def _operation(one: Endpoint, root: str, version: int) -> Operation:
    answer: Any = one.answer
    query: Any = None
    if one.row is not None:
        answer = _listed(one.row)
        query = EventsQuery if one.events else ListQuery
    status, errors = 200, [400, 429, 503]
    if answer is None:
        if one.creates:
            status = 201
        elif version >= 3:
            status = 204
        elif one.method == "DELETE":
            errors += [204] if version == 1 else []
        else:
            status = 303
    return Operation(
        method=one.method,
        path=f"{root}/{one.path}",
        summary=one.summary,
        query=query,
        body=one.body,
        answer=answer,
        status=status,
        errors=tuple(errors),
    )


def _listed(row: Any) -> Any:
    """The type of a list of these rows."""
    name = f"{row.__name__}List"
    data = [("data", list[row])]
    return _LISTS.setdefault(
        row, msgspec.defstruct(name, data, bases=(wire.Listed,), kw_only=True, frozen=True)
    )


_LISTS: Final[dict[Any, Any]] = {}
OPERATIONS: Final = tuple(_operations())
ErrorBody = wire.ErrorBody

EXAMPLES: Final = Path(__file__).with_name("examples.json")

DOCUMENT: Final = document("Copernica's API", ErrorBody, recorded(OPERATIONS, EXAMPLES))
