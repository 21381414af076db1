"""Every endpoint of this dialect, by version: one table for routing, and for the document."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica import keeping, statistics, wire
from footfall.dialects.copernica.face import Run
from footfall.dialects.copernica.lists import list_events, shape_of
from footfall.dialects.copernica.requests import (
    DestinationRequest,
    EmailingRequest,
    LinksRequest,
    NewLinksRequest,
    ProfileRequest,
    SubprofileRequest,
)
from footfall.dialects.copernica.rows import LISTS

ONE: Final = ("emailing", "destination", "message", "profile", "subprofile")
"""After each of these words a path has an id."""

ID: Final = "{id}"

WORDS: Final = (
    *LISTS,
    *("identity", "emailings", "destinations", "links", "profiles", "subprofiles"),
    *("emailing", "destination", "profile", "subprofile"),
)
"""With which the paths without a product begin."""

PRODUCTS: Final[Mapping[int, Mapping[str, str]]] = {4: {"html": "publisher", "draganddrop": "ms"}}
"""What a version also calls the products, and their names in its table. The vendor's pages of v4
have the new names since 2024."""

VERSIONS: Final = (1, 2, 3, 4)
"""The first also for the paths without a version."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is relative to the version, with `{id}` for an id. `row` is the type of a list's rows,
    `answer` that of another answer; None for one without a body."""

    method: str
    path: str
    summary: str
    run: Run
    row: Any = None
    answer: Any = None
    body: Any = None
    events: bool = False
    """Whether it lists events: those have more filters."""


Table = Mapping[tuple[str, tuple[str, ...]], Endpoint]


def find_endpoint(table: Table, method: str, parts: Sequence[str]) -> tuple[Endpoint, str]:
    """The endpoint of a path, and the id that it names. Raises NotFound, and InvalidRequest where
    the id is missing, with the vendor's words."""
    named = [number for number, part in enumerate(parts) if number and parts[number - 1] in ONE]
    id = parts[named[0]] if named else ""
    shape = tuple(ID if number in named else part for number, part in enumerate(parts))
    if endpoint := table.get((method, shape)):
        return endpoint, id
    for length in range(len(shape) - 1, 0, -1):
        endpoint = table.get((method, shape[:length]))
        if endpoint is not None and endpoint.row is not None:
            # An id behind the list's name is ignored with the rest.
            return endpoint, id if named and named[0] < length else ""
    if parts and parts[-1] in ONE:
        raise InvalidRequest(
            f"Invalid request, element {len(parts)} is missing in 'directory' path"
        )
    raise NotFound(wire.INVALID_METHOD)


def _of(method: str, path: str, summary: str, run: Run, **more: Any) -> Endpoint:
    return Endpoint(method=method, path=path, summary=summary, run=run, **more)


def _of_version(version: int) -> Iterator[Endpoint]:
    yield _of("GET", "identity", "The account", keeping.show_identity, answer=wire.Identity)
    for product in ("",) if version == 1 else ("publisher", "ms"):
        yield from _events(version, product)
        yield from _emailings(product)
        yield from _destinations(product)
    yield from _profiles()


def _events(version: int, product: str) -> Iterator[Endpoint]:
    before = f"{product}/" if product else ""
    for name in LISTS:
        for scope, path in (
            ("", f"{before}{name}"),
            ("emailing", f"{before}emailing/{ID}/{name}"),
            ("destination", f"{before}destination/{ID}/{name}"),
            ("destination", f"{before}message/{ID}/{name}"),
            ("profile", f"profile/{ID}/{before}{name}"),
            ("subprofile", f"subprofile/{ID}/{before}{name}"),
        ):
            if "message/" not in path or product == "ms":
                yield _of(
                    "GET",
                    path,
                    f"List {name}" + (f" of a {scope}" if scope else ""),
                    partial(list_events, name=name, product=product, scope=scope),
                    row=shape_of(name, version, product, scope),
                    events=True,
                )


def _emailings(product: str) -> Iterator[Endpoint]:
    before = f"{product}/" if product else ""
    one = f"{before}emailing/{ID}"
    show = partial(keeping.show_emailing, product=product)
    change = partial(keeping.change_emailing, path=f"{before}emailing")
    row, single = wire.Emailing, wire.Emailing
    if product == "ms":
        row, single = wire.MarketingEmailing, wire.TaggedEmailing  # type: ignore[assignment]
    many = f"{before}emailings"
    list_them = partial(keeping.list_emailings, product=product)
    create = partial(keeping.create_emailing, path=f"{before}emailing")
    yield _of("GET", many, "List emailings", list_them, row=row)
    yield _of("POST", many, "Create an emailing", create, body=EmailingRequest)
    yield _of("GET", one, "An emailing", show, answer=single)
    yield _of("PUT", one, "Change an emailing", change, body=EmailingRequest)
    yield _of("POST", one, "Change an emailing", change, body=EmailingRequest)
    yield _of("DELETE", one, "Delete an emailing, erase its events", keeping.delete_emailing)
    yield _of(
        "GET",
        f"{one}/statistics",
        "Totals and uniques of an emailing",
        statistics.show_emailing,
        answer=statistics.EmailingStatistics,
    )
    yield _of(
        "POST",
        f"{before}links",
        "An emailing with pixel and click URLs for up to 10,000 destinations",
        keeping.write_first_links,
        body=NewLinksRequest,
        answer=wire.AddressedList,
    )
    links = f"{one}/links"
    yield _of("GET", links, "List the links of an emailing", keeping.list_links, row=wire.Link)
    yield _of(
        "POST",
        links,
        "Pixel and click URLs for up to 10,000 destinations",
        keeping.write_links,
        body=LinksRequest,
        answer=wire.AddressedList,
    )


def _destinations(product: str) -> Iterator[Endpoint]:
    before = f"{product}/" if product else ""
    row: Any = wire.MarketingDestination if product == "ms" else wire.Destination
    for scope, path in (
        ("", f"{before}destinations"),
        ("emailing", f"{before}emailing/{ID}/destinations"),
        ("profile", f"profile/{ID}/{before}destinations"),
        ("subprofile", f"subprofile/{ID}/{before}destinations"),
    ):
        run = partial(keeping.list_destinations, product=product, scope=scope)
        yield _of("GET", path, "List destinations", run, row=row)
    yield _of(
        "POST",
        f"{before}emailing/{ID}/destinations",
        "Create a destination",
        partial(keeping.create_destination, path=f"{before}destination"),
        body=DestinationRequest,
    )
    for word in ("destination", "message") if product == "ms" else ("destination",):
        one = f"{before}{word}/{ID}"
        show = partial(keeping.show_destination, product=product)
        count = partial(statistics.show_destination, product=product)
        yield _of("GET", one, "A destination", show, answer=row)
        yield _of(
            "GET",
            f"{one}/statistics",
            "Totals of a destination",
            count,
            answer=statistics.DestinationStatistics,
        )


def _profiles() -> Iterator[Endpoint]:
    create = partial(keeping.create_profile, path="profile")
    create_under = partial(keeping.create_subprofile, path="subprofile")
    under = f"profile/{ID}/subprofiles"
    yield _of("GET", "profiles", "List profiles", keeping.list_profiles, row=wire.Profile)
    yield _of("POST", "profiles", "Create a profile", create, body=ProfileRequest)
    for path in ("subprofiles", under):
        yield _of("GET", path, "List subprofiles", keeping.list_subprofiles, row=wire.Subprofile)
    yield _of("POST", under, "Create a subprofile", create_under, body=SubprofileRequest)
    for noun, show, change, delete, shape, body in (
        (
            "profile",
            keeping.show_profile,
            keeping.change_profile,
            keeping.delete_profile,
            wire.Profile,
            ProfileRequest,
        ),
        (
            "subprofile",
            keeping.show_subprofile,
            keeping.change_subprofile,
            keeping.delete_subprofile,
            wire.Subprofile,
            SubprofileRequest,
        ),
    ):
        one = f"{noun}/{ID}"
        yield _of("GET", one, f"A {noun}", show, answer=shape)
        for method in ("PUT", "POST"):
            yield _of(method, one, f"Change a {noun}", partial(change, path=noun), body=body)
        yield _of("DELETE", one, f"Delete a {noun}", delete)


ENDPOINTS: Final[Mapping[int, Sequence[Endpoint]]] = {
    version: tuple(_of_version(version)) for version in VERSIONS
}
_EVENTS: Final = tuple(one for one in ENDPOINTS[1] if one.events)

TABLES: Final[Mapping[int, Table]] = {
    version: {(one.method, tuple(one.path.split("/"))): one for one in (*_EVENTS, *endpoints)}
    for version, endpoints in ENDPOINTS.items()
}
"""By method and path. Every version has v1's lists of events too: the vendor's page shows them
with the client class, and today's class puts `/v2` before the path that it is given."""
