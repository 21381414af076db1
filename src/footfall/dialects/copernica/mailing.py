"""What a mailing is made of: an emailing, its destinations and links, the profiles behind them.

An emailing stands on a tracker that no short link leads to. What reports back are signed pixels
and links, one for each destination: they name the tracker, the destination and the profile, so
nothing has to be looked up when a mail is opened (`capture.signed_links`).
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from footfall.capture.signed_links import SignedLink, Signer
from footfall.catalog.tables import TrackerRow
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.events import EventKind
from footfall.core.slugs import new_slug
from footfall.dialects.copernica.nouns import (
    INVALID,
    SOURCE,
    DestinationRow,
    EmailingRow,
    LinkRow,
    ProfileRow,
    SubprofileRow,
    change,
    find,
)
from footfall.dialects.copernica.requests import (
    DESTINATIONS_MAX,
    URLS_MAX,
    Addressee,
    LinkRequest,
    LinksRequest,
    check_fields,
    merge_fields,
    plain,
)

_ASKED_AT_ONCE: Final = 500
SECRET_BYTES: Final = 14
"""Of a new profile's secret: the vendor's have 28 hexadecimal digits."""
_EMPTY: Final[dict[str, Any]] = {
    "subject": "",
    "description": "",
    "from_address": None,
    "document": None,
    "template": None,
    "type": "mass",
    "followup": False,
    "test": False,
    "contenttype": "html",
    "target": None,
    "tags": [],
}


# ── emailings ─────────────────────────────────────────────────────────────────────────────────


def create_emailing(
    session: Session, account: int, now: int, fields: dict[str, Any]
) -> EmailingRow:
    """Its events hold what the account's privacy mode allows."""
    row = EmailingRow(
        account_id=account,
        created_at=now,
        updated_at=now,
        destinations=0,
        **{**_EMPTY, "sent_at": now, **fields},
    )
    # The slug keeps the tracker in memory; without a destination no short link leads to it.
    row.tracker = TrackerRow(
        account_id=account,
        slug=_free_slug(session),
        kind=EventKind.OPEN.value,
        source=SOURCE,
        destination="",
        privacy="",
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    row.tracker.references = {"emailing": str(row.id)}
    session.flush()
    return row


def delete_emailing(session: Session, row: EmailingRow, now: int) -> None:
    """Forget it with its destinations and links, and mark its tracker: the upkeep erases its
    events. Pixels in mails that are out go on to be images."""
    tracker = row.tracker
    session.delete(row)
    tracker.slug, tracker.deleted_at = None, now
    session.flush()


def _free_slug(session: Session, draw: Callable[[], str] = new_slug) -> str:
    while session.scalar(select(TrackerRow.id).where(TrackerRow.slug == (slug := draw()))):
        pass
    return slug


# ── profiles ──────────────────────────────────────────────────────────────────────────────────


def create_profile(session: Session, account: int, now: int, fields: dict[str, Any]) -> ProfileRow:
    row = ProfileRow(
        account_id=account,
        created_at=now,
        updated_at=now,
        secret=fields.get("secret", secrets.token_hex(SECRET_BYTES)),
        fields=check_fields(merge_fields({}, fields.get("fields", {}))),
        interests=fields.get("interests", []),
    )
    session.add(row)
    session.flush()
    return row


def create_subprofile(
    session: Session, profile: ProfileRow, now: int, fields: dict[str, Any]
) -> SubprofileRow:
    row = SubprofileRow(
        account_id=profile.account_id,
        profile_id=profile.id,
        created_at=now,
        updated_at=now,
        secret=secrets.token_hex(SECRET_BYTES),
        fields=check_fields(merge_fields({}, fields.get("fields", {}))),
    )
    session.add(row)
    session.flush()
    return row


def change_profile(row: ProfileRow | SubprofileRow, now: int, fields: dict[str, Any]) -> None:
    """`fields` are merged; a new secret leaves the time of the change as it is. What was removed
    stays empty. Raises InvalidRequest when the fields become too many."""
    row.secret = fields.get("secret", row.secret)
    given = fields.get("fields", {})
    if row.removed_at is not None:
        if given:
            row.updated_at = now
        return
    rest = {name: value for name, value in fields.items() if name not in ("fields", "secret")}
    change(row, now, {**rest, "fields": check_fields(merge_fields(row.fields, given))})


def remove_profile(session: Session, row: ProfileRow, now: int) -> None:
    """With its subprofiles. What its fields and interests say is erased."""
    owned = select(SubprofileRow).where(
        SubprofileRow.profile_id == row.id, SubprofileRow.removed_at.is_(None)
    )
    for subprofile in session.scalars(owned):
        remove_subprofile(session, subprofile, now)
    row.interests = []
    remove_subprofile(session, row, now)


def remove_subprofile(_: Session, row: ProfileRow | SubprofileRow, now: int) -> None:
    row.fields = dict.fromkeys(row.fields, "")
    row.removed_at = now


# ── destinations ──────────────────────────────────────────────────────────────────────────────


class Person(msgspec.Struct, frozen=True):
    """To whom a mail goes; None where that is not known."""

    profile: int | None
    subprofile: int | None


def create_destinations(
    session: Session, emailing: EmailingRow, now: int, persons: Sequence[Person]
) -> list[int]:
    """Their numbers, in the order of the persons."""
    if not persons:
        return []
    fresh = {
        "account_id": emailing.account_id,
        "emailing_id": emailing.id,
        "created_at": now,
        "updated_at": now,
    }
    rows = [
        {
            **fresh,
            "hash": secrets.token_hex(16),
            "profile": one.profile,
            "subprofile": one.subprofile,
        }
        for one in persons
    ]
    numbers = insert(DestinationRow).returning(DestinationRow.id, sort_by_parameter_order=True)
    emailing.destinations += len(rows)
    return list(session.scalars(numbers, rows))


def read_persons(
    session: Session, account: int, asked: Sequence[tuple[str | int | None, str | int | None]]
) -> list[Person]:
    """Of pairs (profile, subprofile). Raises NotFound for one that the account has not, and
    InvalidRequest for a subprofile of another profile."""
    profiles = {int(profile) for profile, _ in asked if profile is not None}
    subprofiles = {int(subprofile) for _, subprofile in asked if subprofile is not None}
    known = _known(session, ProfileRow, account, profiles)
    owners: dict[int, int] = {
        row.id: row.profile_id
        for row in _known(session, SubprofileRow, account, subprofiles).values()
    }
    if len(known) < len(profiles):
        raise NotFound(f"{ProfileRow.UNKNOWN}: profile {min(profiles - set(known))}")
    if len(owners) < len(subprofiles):
        raise NotFound(f"{SubprofileRow.UNKNOWN}: {min(subprofiles - set(owners))}")
    persons = []
    for profile, subprofile in asked:
        number = None if subprofile is None else int(subprofile)
        owner = None if profile is None else int(profile)
        if number is not None and owner not in (None, owners[number]):
            raise InvalidRequest(
                f"{INVALID}: the subprofile {number} belongs to the profile {owners[number]}"
            )
        persons.append(Person(owner if number is None else owners[number], number))
    return persons


def _known(session: Session, rows: Any, account: int, ids: Iterable[int]) -> dict[int, Any]:
    """By id: those of these ids that the account has."""
    wanted = sorted(ids)
    found: dict[int, Any] = {}
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        some = [id for id in wanted[start : start + _ASKED_AT_ONCE] if id < 1 << 63]
        query = select(rows).where(rows.account_id == account, rows.id.in_(some))
        if rows in (ProfileRow, SubprofileRow):
            query = query.where(rows.removed_at.is_(None))
        found.update((row.id, row) for row in session.scalars(query))
    return found


# ── links ─────────────────────────────────────────────────────────────────────────────────────


def keep_links(
    session: Session,
    emailing: EmailingRow,
    now: int,
    asked: Sequence[str | LinkRequest],
    rules: DestinationRules,
) -> list[LinkRow]:
    """The emailing's links with these URLs, in their order; one that it has not yet is made.

    Raises UnsafeDestination, InvalidRequest.
    """
    wanted = [LinkRequest(url=one) if isinstance(one, str) else one for one in asked]
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
    session: Session, emailing: EmailingRow, now: int, asked: LinksRequest, rules: DestinationRules
) -> Addressing:
    """Make the destinations that are new, and the links, all or nothing.

    Raises InvalidRequest, NotFound, UnsafeDestination.
    """
    if not 1 <= len(asked.destinations) <= DESTINATIONS_MAX:
        raise InvalidRequest(
            f"{INVALID}: destinations are 1 to {DESTINATIONS_MAX} in one call, "
            f"not {len(asked.destinations)}"
        )
    if len(asked.destinations) * (1 + len(asked.links)) > URLS_MAX:
        raise InvalidRequest(
            f"{INVALID}: that are more than {URLS_MAX} URLs in one call, send fewer destinations"
        )
    there = [one for one in asked.destinations if one.destination is not None]
    fresh = [one for one in asked.destinations if one.destination is None]
    persons = read_persons(
        session, emailing.account_id, [(one.profile, one.subprofile) for one in fresh]
    )
    made = iter(
        list(zip(create_destinations(session, emailing, now, persons), persons, strict=True))
    )
    known = _find_destinations(session, emailing, there)
    links = keep_links(session, emailing, now, asked.links, rules)
    destinations = [
        next(made) if one.destination is None else known[int(one.destination)]
        for one in asked.destinations
    ]
    return Addressing(emailing, links, destinations)


def _find_destinations(
    session: Session, emailing: EmailingRow, asked: Sequence[Addressee]
) -> dict[int, tuple[int, Person]]:
    wanted = {int(one.destination) for one in asked if one.destination is not None}
    rows = _known(session, DestinationRow, emailing.account_id, wanted)
    found = {
        id: (id, Person(row.profile, row.subprofile))
        for id, row in rows.items()
        if row.emailing_id == emailing.id
    }
    if missing := wanted - set(found):
        raise NotFound(f"{DestinationRow.UNKNOWN}: destination {min(missing)} of this emailing")
    return found


class Writer:
    """Writes the pixel and click URLs of destinations. `base` is this server as the world knows
    it, without a slash at the end."""

    def __init__(self, signer: Signer, base: str) -> None:
        self._signer = signer
        self._base = base

    def pixel(self, tracker: int, destination: int, person: Person) -> str:
        link = SignedLink(
            tracker, EventKind.OPEN, _references(destination, person), str(destination)
        )
        return f"{self._base}/p/{self._signer.write(link)}.gif"

    def click(self, tracker: int, destination: int, person: Person, link: LinkRow) -> str:
        references = {**_references(destination, person), "link": str(link.id)}
        signed = SignedLink(tracker, EventKind.CLICK, references, str(destination), link.url)
        return f"{self._base}/l/{self._signer.write(signed)}"


def _references(destination: int, person: Person) -> dict[str, str]:
    references = {"destination": str(destination)}
    if person.profile is not None:
        references["profile"] = str(person.profile)
    if person.subprofile is not None:
        references["subprofile"] = str(person.subprofile)
    return references


def titles_of(session: Session, account: int, ids: Iterable[str]) -> dict[str, str]:
    """Link id → title, for the links of the account that have one."""
    numbers = {int(id) for id in ids if id.isascii() and id.isdigit() and len(id) < 19}
    found = _known(session, LinkRow, account, numbers)
    return {str(id): row.title for id, row in found.items() if row.title}


def find_emailing(session: Session, account: int, destination: str) -> tuple[DestinationRow, int]:
    """A destination and the tracker of its emailing. Raises NotFound."""
    row = find(session, DestinationRow, account, destination)
    emailing = session.get_one(EmailingRow, row.emailing_id)
    return row, emailing.tracker_id
