"""Endpoints: one decorated function for the same operation of every version and product.

    @endpoint("GET", "{product}/emailings", "List emailings", row=Emailing)
    def list_emailings(call: Call) -> Listed: ...

The router, the OpenAPI document and the tests read the same rows. Also how a path finds its row:
the vendor ignores empty parts of a path, and what follows the name of a list.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from footfall.api.operations import Operation
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica.event_rows import LISTS
from footfall.dialects.copernica.listing import listed_type
from footfall.dialects.copernica.tables import NAMED

ID: Final = "{id}"

INVALID_METHOD: Final = "Invalid method"

PRODUCTS: Final[Mapping[int, Mapping[str, str]]] = {4: {"html": "publisher", "draganddrop": "ms"}}
"""What a version also calls the products, and their names in its table. The vendor's pages of v4
have the new names since 2024."""

PRODUCT_NAMES: Final = ("publisher", "ms", *PRODUCTS[4])

ROOTS: Final = ("v1", "v2", "v3", "v4")

VERSIONS: Final = (1, 2, 3, 4)
"""The first also for the paths without a version."""


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


class Endpoint(Operation, frozen=True, kw_only=True):
    """An operation of one version. `path` is relative to the version, with `{id}` for an id and
    `{collection}` for a second one. `product` is "" for a path without one; `entity` is the kind of
    what the id names, "" for none; `row` is the type of a list's rows."""

    version: int
    product: str = ""
    entity: str = ""
    events: str = ""
    """The name of a list of events."""
    row: Any = None
    open: bool = False
    """Whether the vendor ignores what follows its path."""
    decodes: bool = False
    """Whether the handler takes the decoded `body`."""


Handle = Callable[..., Any]


def endpoint(
    methods: str,
    paths: str,
    summary: str,
    *,
    row: Any = None,
    answer: Any = None,
    ms: Any = None,
    body: Any = None,
    creates: bool = False,
    open: bool = False,
) -> Callable[[Handle | tuple[Endpoint, ...]], tuple[Endpoint, ...]]:
    """Makes endpoints of a handler, or more of them where it has some. `methods` and `paths` are
    words. In a path `{product}` is each product, in v1 none; `{events}` is each list of events.

    `row`, `answer` and `body` may be functions of the endpoint; `ms` is the type of the row or
    answer in Marketing Suite, where that has its own. `summary` may name the `{entity}` and the
    `{events}` of the endpoint. The handler is called with the call and, where it has a parameter
    of this name, with the decoded `body`. It runs on a thread, unless it is a coroutine."""

    def make(handled: Handle | tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        before = handled if isinstance(handled, tuple) else ()
        handle: Any = before[0].handle if isinstance(handled, tuple) else handled
        decodes = "body" in inspect.signature(handle).parameters
        found = []
        for one in _of_versions(paths.split()):
            words = {"entity": one.entity, "events": one.events}
            of_list, shown = _of_type(row, one), _of_type(answer, one)
            if ms is not None and one.product == "ms":
                of_list, shown = (ms, None) if of_list else (None, ms)
            shown = listed_type(of_list) if of_list else shown
            for method in methods.split():
                status, errors = (200, ()) if shown else _written(one.version, method, creates)
                found.append(
                    msgspec.structs.replace(
                        one,
                        method=method,
                        summary=summary.format(**words),
                        handle=handle,
                        row=of_list,
                        query=(EventsQuery if one.events else ListQuery) if of_list else None,
                        answer=shown,
                        body=_of_type(body, one),
                        status=status,
                        errors=errors,
                        open=open or of_list is not None,
                        decodes=decodes,
                    )
                )
        return (*before, *found)

    return make


def _of_versions(paths: Sequence[str]) -> Iterator[Endpoint]:
    for version in VERSIONS:
        for template in paths:
            for product in _products(template, version):
                for events in LISTS if "{events}" in template else ("",):
                    path = template.replace("{product}/", f"{product}/" if product else "")
                    yield Endpoint(
                        method="",
                        summary="",
                        path=path.replace("{events}", events),
                        version=version,
                        product=product,
                        entity=_entity(path),
                        events=events,
                    )


def _products(template: str, version: int) -> Sequence[str]:
    if template.startswith("ms/"):
        return () if version == 1 else ("ms",)
    if "{product}" not in template or version == 1:
        return ("",)
    return ("publisher", "ms")


def _entity(path: str) -> str:
    parts = path.split("/")
    word = parts[parts.index(ID) - 1] if ID in parts else ""
    return "destination" if word == "message" else word


def _of_type(type: Any, one: Endpoint) -> Any:
    return type(one) if inspect.isfunction(type) else type


def _written(version: int, method: str, creates: bool) -> tuple[int, tuple[int, ...]]:
    """The status of a write without a body, and another success."""
    if creates:
        return 201, ()
    if version >= 3:
        return 204, ()
    if method == "DELETE":
        return 200, (204,) if version == 1 else ()
    return 303, ()


# ── from a path to its endpoint ───────────────────────────────────────────────────────────────


Table = Mapping[tuple[str, tuple[str, ...]], Endpoint]


def table_of(endpoints: Sequence[Endpoint]) -> Table:
    """By method and path."""
    return {(one.method, _shape(one.path)): one for one in endpoints}


def _shape(path: str) -> tuple[str, ...]:
    return tuple(ID if part.startswith("{") else part for part in path.split("/"))


class Named(msgspec.Struct, frozen=True):
    """An id that a path names, and the word before it."""

    word: str
    id: str


def read_parts(path: str) -> list[str]:
    """The parts of a path. Empty ones are left out, as the vendor does, but for an id that is
    empty: one with something behind it."""
    parts: list[str] = []
    for part in path.strip("/").split("/"):
        within = parts[1:] if parts[:1] and parts[0] in ROOTS else parts
        if part or _takes_id(within):
            parts.append(part)
    return parts


def find_named(parts: Sequence[str]) -> list[Named]:
    """The first is what the path is about, a second one the collection of a profile."""
    return [Named(parts[number - 1], parts[number]) for number in _ids(parts)]


def find_endpoint(table: Table, method: str, parts: Sequence[str]) -> Endpoint:
    """The endpoint of a path. Raises NotFound, and InvalidRequest where an id is missing, with the
    vendor's words."""
    ids = _ids(parts)
    shape = tuple(ID if number in ids else part for number, part in enumerate(parts))
    if endpoint := table.get((method, shape)):
        return endpoint
    for length in range(len(shape) - 1, 0, -1):
        endpoint = table.get((method, shape[:length]))
        if endpoint is not None and endpoint.open:
            return endpoint
    if _takes_id(parts) or (method != "DELETE" and _takes_collection(parts)):
        raise InvalidRequest(
            f"Invalid request, element {len(parts)} is missing in 'directory' path"
        )
    raise NotFound(INVALID_METHOD)


def _takes_id(parts: Sequence[str]) -> bool:
    """Whether an id follows: `profile/7`, `ms/emailing/7`."""
    words = parts[1:] if parts[:1] and parts[0] in PRODUCT_NAMES else parts
    return len(words) == 1 and words[0] in NAMED


def _takes_collection(parts: Sequence[str]) -> bool:
    """Whether a collection's id follows: `profile/7/subprofiles/1`."""
    return len(parts) == 3 and (parts[0], parts[2]) == ("profile", "subprofiles")


def _ids(parts: Sequence[str]) -> list[int]:
    """Which parts are ids."""
    return [
        number
        for number in range(1, len(parts))
        if _takes_id(parts[:number]) or _takes_collection(parts[:number])
    ]
