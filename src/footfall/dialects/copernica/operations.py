"""Every operation of this dialect, for its OpenAPI document: from the table that routes them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.api.openapi import Example, Operation, document, recorded
from footfall.dialects.copernica import wire
from footfall.dialects.copernica.endpoints import ENDPOINTS, PRODUCTS, Endpoint


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


class LoginForm(msgspec.Struct, frozen=True):
    access_token: str


def _operations() -> Iterator[Operation]:
    for version, endpoints in ENDPOINTS.items():
        for root in ("", "/v1") if version == 1 else (f"/v{version}",):
            for one in endpoints:
                yield _operation(one, root, version)


def _aliases(operations: Sequence[Operation]) -> Iterator[Operation]:
    """The same operations at the other paths where they are served, with the same examples."""
    for one in operations:
        version, _, path = one.path[1:].partition("/")
        for alias, name in PRODUCTS[4].items():
            if version == "v4":
                parts = [alias if part == name else part for part in path.split("/")]
                if (other := f"/v4/{'/'.join(parts)}") != one.path:
                    yield msgspec.structs.replace(one, path=other)


def _unversioned_lists(operations: Sequence[Operation]) -> Iterator[Operation]:
    """v1's lists of events, which the later versions have at the same paths."""
    events = {f"/v1/{one.path}" for one in ENDPOINTS[1] if one.events}
    for one in operations:
        if one.method == "GET" and one.path in events:
            path = one.path.removeprefix("/v1")
            for version in (2, 3, 4):
                yield msgspec.structs.replace(one, path=f"/v{version}{path}")


LOGIN_PATHS: Final = ("/", "/v4/authenticate")
"""The vendor's, at the root of a host of its own, and where the framework has it."""


def _logins() -> Iterator[Operation]:
    for path in LOGIN_PATHS:
        yield Operation(
            method="POST",
            path=path,
            summary="v4's login: a JSON Web Token of the key, valid for 24 hours",
            body=LoginForm,
            body_type="application/x-www-form-urlencoded",
            answer=str,
            media_type="text/plain",
            errors=(400, 429, 503),
            keyless=True,
            example=Example(
                body={"access_token": "fft_3kTq0vWm9xYz"}, answer="eyJhbGciOiJIUzI1NiJ9.eyJz.Zm9v"
            ),
        )


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

_SHOWN: Final = recorded(OPERATIONS, EXAMPLES)

DOCUMENT: Final = document(
    "Copernica's API",
    ErrorBody,
    (*_logins(), *_SHOWN, *_aliases(_SHOWN), *_unversioned_lists(_SHOWN)),
)
