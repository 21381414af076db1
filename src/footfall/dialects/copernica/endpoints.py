"""Every endpoint of this dialect, by version: one table for routing, and for the document."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica import databases, keeping, profiles, statistics, wire
from footfall.dialects.copernica.face import Run
from footfall.dialects.copernica.lists import list_events, shape_of
from footfall.dialects.copernica.nouns import NAMED, ProfileRow, SubprofileRow
from footfall.dialects.copernica.requests import (
    DestinationRequest,
    EmailingRequest,
    Fields,
    LinksRequest,
    NewLinksRequest,
    ProfileRequest,
    SubprofileRequest,
)
from footfall.dialects.copernica.rows import LISTS

ID: Final = "{id}"

WORDS: Final = (
    *LISTS,
    *("identity", "emailings", "destinations", "links", "profiles", "subprofiles"),
    *("emailing", "destination", "profile", "subprofile", "database", "collection"),
    "databases",
)
"""With which the paths without a product begin."""

PRODUCTS: Final[Mapping[int, Mapping[str, str]]] = {4: {"html": "publisher", "draganddrop": "ms"}}
"""What a version also calls the products, and their names in its table. The vendor's pages of v4
have the new names since 2024."""

PRODUCT_NAMES: Final = ("publisher", "ms", *PRODUCTS[4])

ROOTS: Final = ("v1", "v2", "v3", "v4")

VERSIONS: Final = (1, 2, 3, 4)
"""The first also for the paths without a version."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is relative to the version, with `{id}` for an id, `{collection}` for a second one.
    `row` is the type of a list's rows, `answer` that of another answer; None for one without a
    body."""

    method: str
    path: str
    summary: str
    run: Run
    row: Any = None
    answer: Any = None
    body: Any = None
    events: bool = False
    """Whether it lists events: those have more filters."""
    creates: bool = False
    open: bool = False
    """Whether the vendor ignores what follows its path."""


Table = Mapping[tuple[str, tuple[str, ...]], Endpoint]


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
    raise NotFound(wire.INVALID_METHOD)


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


def _of(method: str, path: str, summary: str, run: Run, **more: Any) -> Endpoint:
    more.setdefault("open", more.get("row") is not None)
    return Endpoint(method=method, path=path, summary=summary, run=run, **more)


def _of_version(version: int) -> Iterator[Endpoint]:
    yield _of("GET", "identity", "The account", keeping.show_identity, answer=wire.Identity)
    for product in ("",) if version == 1 else ("publisher", "ms"):
        yield from _events(version, product)
        yield from _emailings(product)
        yield from _destinations(product)
    yield from _profiles()
    yield from _databases()


def _databases() -> Iterator[Endpoint]:
    one, collection = f"database/{ID}", f"collection/{ID}"
    show = databases.show_collection
    rows: Any = databases.Database
    yield _of("GET", "databases", "List databases: one", databases.list_databases, row=rows)
    yield _of("GET", one, "The database", databases.show_database, answer=rows)
    rows = databases.Collection
    list_them = databases.list_collections
    yield _of("GET", f"{one}/collections", "List its collections: one", list_them, row=rows)
    yield _of("GET", collection, "The collection", show, answer=rows)
    rows = databases.Interest
    yield _of("GET", f"{one}/interests", "List interests", databases.list_interests, row=rows)
    for word, path in (("database", one), ("collection", collection)):
        list_fields = partial(databases.list_fields, of=word)
        list_ids = partial(databases.list_ids, of=word)
        ids = f"{path}/{'profileids' if word == 'database' else 'subprofileids'}"
        rows = databases.Field
        yield _of("GET", f"{path}/fields", f"List fields of a {word}", list_fields, row=rows)
        yield _of("GET", ids, "List ids", list_ids, answer=list[str], open=True)


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
    yield _of("POST", many, "Create an emailing", create, body=EmailingRequest, creates=True)
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
        creates=True,
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
    create = partial(profiles.create_profile, path="profile")
    create_under = partial(profiles.create_subprofile, path="subprofile")
    under = f"profile/{ID}/subprofiles/{{collection}}"
    for scope, path in (("", "profiles"), ("database", f"database/{ID}/profiles")):
        list_them = partial(profiles.list_profiles, scope=scope)
        yield _of("GET", path, "List profiles", list_them, row=wire.Profile)
        yield _of(
            "POST", path, "Create a profile", create, body=ProfileRequest, creates=True, open=True
        )
    for scope, path in (
        ("", "subprofiles"),
        ("collection", f"collection/{ID}/subprofiles"),
        ("profile", under),
    ):
        list_them = partial(profiles.list_subprofiles, scope=scope)
        yield _of("GET", path, "List subprofiles", list_them, row=wire.Subprofile)
    yield _of(
        "POST", under, "Create a subprofile", create_under, body=Fields, creates=True, open=True
    )
    yield from _of_one_profile(
        ProfileRow,
        (profiles.show_profile, profiles.change_profile, profiles.delete_profile),
        wire.Profile,
        ProfileRequest,
    )
    yield from _of_one_profile(
        SubprofileRow,
        (profiles.show_subprofile, profiles.change_subprofile, profiles.delete_subprofile),
        wire.Subprofile,
        SubprofileRequest,
    )


def _of_one_profile(
    rows: Any, verbs: tuple[Any, Any, Any], shape: Any, body: Any
) -> Iterator[Endpoint]:
    show, change, delete = verbs
    noun = rows.WORD
    one, fields = f"{noun}/{ID}", f"{noun}/{ID}/fields"
    show_fields = partial(profiles.show_fields, rows=rows)
    change_fields = partial(profiles.change_fields, path=noun, rows=rows)
    yield _of("GET", one, f"A {noun}", show, answer=shape)
    yield _of(
        "GET", fields, f"The fields of a {noun}", show_fields, answer=dict[str, str], open=True
    )
    for method in ("PUT", "POST"):
        yield _of(method, one, f"Change a {noun}", partial(change, path=noun), body=body)
        yield _of(
            method, fields, f"Change fields of a {noun}", change_fields, body=Fields, open=True
        )
    yield _of("DELETE", one, f"Delete a {noun}", delete)


ENDPOINTS: Final[Mapping[int, Sequence[Endpoint]]] = {
    version: tuple(_of_version(version)) for version in VERSIONS
}


def _shape(path: str) -> tuple[str, ...]:
    return tuple(ID if part.startswith("{") else part for part in path.split("/"))


_EVENTS: Final = tuple(one for one in ENDPOINTS[1] if one.events)

TABLES: Final[Mapping[int, Table]] = {
    version: {(one.method, _shape(one.path)): one for one in (*_EVENTS, *endpoints)}
    for version, endpoints in ENDPOINTS.items()
}
"""By method and path. Every version has v1's lists of events too: the vendor's page shows them
with the client class, and today's class puts `/v2` before the path that it is given."""
