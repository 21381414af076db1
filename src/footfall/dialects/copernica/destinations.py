"""Destinations of an emailing: each is one mail to one person."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Response
from sqlalchemy import insert
from sqlalchemy.orm import Session

from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica import php
from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.endpoints import endpoint
from footfall.dialects.copernica.listing import Listed
from footfall.dialects.copernica.request_bodies import Id
from footfall.dialects.copernica.resources import create_row, find_page, find_row
from footfall.dialects.copernica.signed_urls import Person
from footfall.dialects.copernica.tables import (
    INVALID,
    DestinationRow,
    EmailingRow,
    ProfileRow,
    SubprofileRow,
    find,
    find_many,
)
from footfall.dialects.copernica.times import to_local

# ── bodies ────────────────────────────────────────────────────────────────────────────────────


class Destination(msgspec.Struct, frozen=True):
    """As Publisher shows it: `internal` is its number, which events name."""

    ID: str
    timestampsent: str
    internal: str
    profile: str | None
    subprofile: str | None
    mailing: str


class MarketingDestination(msgspec.Struct, frozen=True, rename={"message_id": "messageID"}):
    ID: str
    message_id: str
    timestampsent: str
    profile: str | None
    subprofile: str | None
    mailing: str


class DestinationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person: `subprofile` alone names its profile too."""

    profile: Id | None = None
    subprofile: Id | None = None


def destination_body(call: Call, row: DestinationRow) -> Destination | MarketingDestination:
    shared: dict[str, Any] = {
        "timestampsent": to_local(row.created_at, call.zone),
        "profile": number_text(row.profile),
        "subprofile": number_text(row.subprofile),
        "mailing": str(row.emailing_id),
    }
    if call.product == "ms":
        return MarketingDestination(ID=str(row.id), message_id=row.hash[:16], **shared)
    return Destination(ID=row.hash, internal=str(row.id), **shared)


def number_text(value: int | None) -> str | None:
    return None if value is None else str(value)


# ── endpoints ─────────────────────────────────────────────────────────────────────────────────


OWNERS: Final[Mapping[str, Any]] = {
    "emailing": DestinationRow.emailing_id,
    "profile": DestinationRow.profile,
    "subprofile": DestinationRow.subprofile,
}


@endpoint(
    "GET",
    "{product}/destinations {product}/emailing/{id}/destinations "
    "profile/{id}/{product}/destinations subprofile/{id}/{product}/destinations",
    "List destinations",
    row=Destination,
    ms=MarketingDestination,
)
def list_destinations(call: Call) -> Listed:
    if php.to_bool(call.parameters.get("Unsubscribed"), False):
        raise InvalidRequest(f"{INVALID}: Unsubscribed is not served, read the unsubscribes")
    page = find_page(
        call, DestinationRow, owners=OWNERS, time="timestampsent", window=("from", "to")
    )
    return page.listed(call, partial(destination_body, call))


@endpoint(
    "POST",
    "{product}/emailing/{id}/destinations",
    "Create a destination",
    body=DestinationRequest,
    creates=True,
)
def create_destination(call: Call, body: DestinationRequest) -> Response[Any]:
    def create(session: Session, now: int) -> int:
        emailing = find(session, EmailingRow, call.account, call.id)
        persons = read_persons(session, call.account, [(body.profile, body.subprofile)])
        return create_destinations(session, emailing, now, persons)[0]

    return create_row(call, "destination", create)


@endpoint(
    "GET",
    "{product}/destination/{id} ms/message/{id}",
    "A destination",
    answer=Destination,
    ms=MarketingDestination,
)
def get_destination(call: Call) -> Destination | MarketingDestination:
    return destination_body(call, find_row(call, DestinationRow))


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


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
    session: Session, account: int, given: Sequence[tuple[str | int | None, str | int | None]]
) -> list[Person]:
    """Of pairs (profile, subprofile). Raises NotFound for one that the account has not, and
    InvalidRequest for a subprofile of another profile."""
    profiles = {int(profile) for profile, _ in given if profile is not None}
    subprofiles = {int(subprofile) for _, subprofile in given if subprofile is not None}
    known = find_many(session, ProfileRow, account, profiles)
    owners: dict[int, int] = {
        row.id: row.profile_id
        for row in find_many(session, SubprofileRow, account, subprofiles).values()
    }
    if len(known) < len(profiles):
        raise NotFound(f"{ProfileRow.UNKNOWN}: profile {min(profiles - set(known))}")
    if len(owners) < len(subprofiles):
        raise NotFound(f"{SubprofileRow.UNKNOWN}: {min(subprofiles - set(owners))}")
    persons = []
    for profile, subprofile in given:
        number = None if subprofile is None else int(subprofile)
        owner = None if profile is None else int(profile)
        if number is not None and owner not in (None, owners[number]):
            raise InvalidRequest(
                f"{INVALID}: the subprofile {number} belongs to the profile {owners[number]}"
            )
        persons.append(Person(owner if number is None else owners[number], number))
    return persons


def find_destination(
    session: Session, account: int, destination: str
) -> tuple[DestinationRow, int]:
    """A destination and the tracker of its emailing. Raises NotFound."""
    row = find(session, DestinationRow, account, destination)
    emailing = session.get_one(EmailingRow, row.emailing_id)
    return row, emailing.tracker_id
