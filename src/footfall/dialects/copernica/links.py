"""Links of an emailing, and the pixel and click URLs that a mailing tool puts into its mails."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica.destinations import (
    DestinationRequest,
    create_destinations,
    number_text,
    read_persons,
)
from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.emailings import EmailingRequest, create_emailing
from footfall.dialects.copernica.endpoints import endpoint
from footfall.dialects.copernica.listing import Listed
from footfall.dialects.copernica.request_bodies import Id, Line, Url, plain, read_columns
from footfall.dialects.copernica.resources import find_page
from footfall.dialects.copernica.signed_urls import Person
from footfall.dialects.copernica.tables import (
    INVALID,
    DestinationRow,
    EmailingRow,
    LinkRow,
    change,
    find,
    find_many,
)

DESTINATIONS_MAX: Final = 10_000
LINKS_MAX: Final = 200
URLS_MAX: Final = 200_000
"""Of one answer: about 30 MB, and two seconds."""


# ── bodies ────────────────────────────────────────────────────────────────────────────────────


class Addressee(DestinationRequest, frozen=True, kw_only=True):
    """A new destination, or with `destination` one that is there."""

    destination: Id | None = None


class LinkRequest(msgspec.Struct, frozen=True, kw_only=True):
    url: Url
    title: Line = ""


class LinksRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST …/emailing/{id}/links`."""

    destinations: list[Addressee]
    links: Annotated[list[Url | LinkRequest], Meta(max_length=LINKS_MAX)] = []


class NewLinksRequest(LinksRequest, frozen=True, kw_only=True):
    """`POST …/links`: of an emailing that is made with them."""

    subject: Line = ""


class Link(msgspec.Struct, frozen=True):
    """Of an emailing. Ours: the vendor finds links in the mail's text."""

    id: str
    url: str
    title: str
    emailing: str


class Addressed(msgspec.Struct, frozen=True):
    """The URLs of one destination: `pixel` for the mail's end, `links` in the order of the
    request's."""

    destination: str
    profile: str | None
    subprofile: str | None
    pixel: str
    links: list[str]


class AddressedList(msgspec.Struct, frozen=True):
    """What a mailing tool puts into its mails, in the order in which it named the destinations."""

    emailing: str
    links: list[Link]
    count: int
    data: list[Addressed]


def link_body(row: LinkRow) -> Link:
    return Link(str(row.id), row.url, row.title, str(row.emailing_id))


# ── endpoints ─────────────────────────────────────────────────────────────────────────────────


@endpoint("GET", "{product}/emailing/{id}/links", "List the links of an emailing", row=Link)
def list_links(call: Call) -> Listed:
    page = find_page(call, LinkRow, owners={"emailing": LinkRow.emailing_id})
    return page.listed(call, link_body)


@endpoint(
    "POST",
    "{product}/emailing/{id}/links",
    "Pixel and click URLs for up to 10,000 destinations",
    body=LinksRequest,
    answer=AddressedList,
)
def create_urls(call: Call, body: LinksRequest) -> AddressedList:
    """A mailing tool calls this once for up to 10,000 mails."""
    with call.writing() as session:
        emailing = find(session, EmailingRow, call.account, call.id)
        addressing = address(session, emailing, call.now(), body, call.api.rules)
    return _addressed_list(call, addressing)


@endpoint(
    "POST",
    "{product}/links",
    "An emailing with pixel and click URLs for up to 10,000 destinations",
    body=NewLinksRequest,
    answer=AddressedList,
)
def create_emailing_with_urls(call: Call, body: NewLinksRequest) -> AddressedList:
    """The same with the emailing: all that a first mail needs, in one call."""
    fields = read_columns(EmailingRequest(subject=body.subject), call.zone)
    with call.writing() as session:
        now = call.now()
        emailing = create_emailing(session, call.account, now, fields)
        addressing = address(session, emailing, now, body, call.api.rules)
    return _addressed_list(call, addressing)


def _addressed_list(call: Call, made: "Addressing") -> AddressedList:
    """After the transaction: signing takes longer than it, and others wait to write."""
    tracker, urls = made.emailing.tracker_id, call.api.urls
    data = [
        Addressed(
            destination=str(destination),
            profile=number_text(person.profile),
            subprofile=number_text(person.subprofile),
            pixel=urls.pixel(tracker, destination, person),
            links=[urls.click(tracker, destination, person, link) for link in made.links],
        )
        for destination, person in made.destinations
    ]
    links = [link_body(link) for link in made.links]
    return AddressedList(str(made.emailing.id), links, len(data), data)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


def keep_links(
    session: Session,
    emailing: EmailingRow,
    now: int,
    given: Sequence[str | LinkRequest],
    rules: DestinationRules,
) -> list[LinkRow]:
    """The emailing's links with these URLs, in their order; one that it has not yet is made.

    Raises UnsafeDestination, InvalidRequest.
    """
    wanted = [LinkRequest(url=one) if isinstance(one, str) else one for one in given]
    urls = [read_destination(one.url, rules, "url") for one in wanted]
    query = select(LinkRow).where(LinkRow.emailing_id == emailing.id)
    known = {row.url: row for row in session.scalars(query)}
    for url, one in zip(urls, wanted, strict=True):
        title = plain(one.title)
        row = known.get(url)
        if row is None:
            known[url] = row = LinkRow(
                account_id=emailing.account_id,
                emailing_id=emailing.id,
                url=url,
                title=title,
                created_at=now,
                updated_at=now,
            )
            session.add(row)
        elif title:
            change(row, now, {"title": title})
    session.flush()
    return [known[url] for url in urls]


class Addressing(msgspec.Struct, frozen=True):
    """What the call of a mailing tool came to: `destinations` in the order of the request."""

    emailing: EmailingRow
    links: list[LinkRow]
    destinations: list[tuple[int, Person]]


def address(
    session: Session, emailing: EmailingRow, now: int, given: LinksRequest, rules: DestinationRules
) -> Addressing:
    """Make the destinations that are new, and the links, all or nothing.

    Raises InvalidRequest, NotFound, UnsafeDestination.
    """
    if not 1 <= len(given.destinations) <= DESTINATIONS_MAX:
        raise InvalidRequest(
            f"{INVALID}: destinations are 1 to {DESTINATIONS_MAX} in one call, "
            f"not {len(given.destinations)}"
        )
    if len(given.destinations) * (1 + len(given.links)) > URLS_MAX:
        raise InvalidRequest(
            f"{INVALID}: that are more than {URLS_MAX} URLs in one call, send fewer destinations"
        )
    there = [one for one in given.destinations if one.destination is not None]
    fresh = [one for one in given.destinations if one.destination is None]
    persons = read_persons(
        session, emailing.account_id, [(one.profile, one.subprofile) for one in fresh]
    )
    made = iter(
        list(zip(create_destinations(session, emailing, now, persons), persons, strict=True))
    )
    known = _find_destinations(session, emailing, there)
    links = keep_links(session, emailing, now, given.links, rules)
    destinations = [
        next(made) if one.destination is None else known[int(one.destination)]
        for one in given.destinations
    ]
    return Addressing(emailing, links, destinations)


def _find_destinations(
    session: Session, emailing: EmailingRow, given: Sequence[Addressee]
) -> dict[int, tuple[int, Person]]:
    wanted = {int(one.destination) for one in given if one.destination is not None}
    rows = find_many(session, DestinationRow, emailing.account_id, wanted)
    found = {
        id: (id, Person(row.profile, row.subprofile))
        for id, row in rows.items()
        if row.emailing_id == emailing.id
    }
    if missing := wanted - set(found):
        raise NotFound(f"{DestinationRow.UNKNOWN}: destination {min(missing)} of this emailing")
    return found


def titles_of(session: Session, account: int, ids: Iterable[str]) -> dict[str, str]:
    """Link id → title, for the links of the account that have one."""
    numbers = {int(id) for id in ids if id.isascii() and id.isdigit() and len(id) < 19}
    found = find_many(session, LinkRow, account, numbers)
    return {str(id): row.title for id, row in found.items() if row.title}
