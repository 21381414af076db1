"""Profiles and subprofiles; all are in one database and in one collection.

As clients recorded them of the vendor's live API:
https://github.com/rmuit/copernica-api, `tests/ApiBehaviorTest.php`.
"""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica import php
from footfall.dialects.copernica.dialect import Call
from footfall.dialects.copernica.endpoints import Endpoint, endpoint
from footfall.dialects.copernica.list_queries import read_comparisons
from footfall.dialects.copernica.listing import Listed
from footfall.dialects.copernica.profile_fields import (
    Fields,
    NotFields,
    check_fields,
    merge_fields,
    read_fields,
)
from footfall.dialects.copernica.profile_filters import field_conditions, order_of
from footfall.dialects.copernica.request_bodies import Line, read_columns
from footfall.dialects.copernica.resources import (
    change_row,
    create_row,
    delete_row,
    find_page,
    find_row,
)
from footfall.dialects.copernica.tables import (
    COLLECTION,
    INVALID,
    Condition,
    ProfileRow,
    SubprofileRow,
    change,
    check_group,
    find,
    find_present,
)
from footfall.dialects.copernica.times import to_local

SECRET_BYTES: Final = 14
"""Of a new profile's secret: the vendor's have 28 hexadecimal digits."""

# ── bodies ────────────────────────────────────────────────────────────────────────────────────


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """`database` is always "1": there is one. `removed` is when it was removed, false if it was
    not."""

    ID: str
    fields: dict[str, str]
    interests: list[str]
    database: str = "1"
    secret: str
    created: str
    modified: str
    removed: str | Literal[False]


class Subprofile(msgspec.Struct, frozen=True, kw_only=True):
    ID: str
    secret: str
    fields: dict[str, str]
    profile: str
    collection: str = "1"
    created: str
    modified: str
    removed: str | Literal[False]


class ProfileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST …/profiles`, and a change: `fields` are merged, one by one."""

    fields: Fields | NotFields = {}
    secret: Line | UnsetType = UNSET
    interests: Annotated[list[Line], Meta(max_length=1000)] | UnsetType = UNSET


class SubprofileRequest(msgspec.Struct, frozen=True, kw_only=True):
    fields: Fields | NotFields = {}
    secret: Line | UnsetType = UNSET


def profile_body(row: ProfileRow | SubprofileRow, zone: ZoneInfo) -> Profile | Subprofile:
    shared: dict[str, Any] = {
        "ID": str(row.id),
        "fields": row.fields,
        "secret": row.secret,
        "created": to_local(row.created_at, zone),
        "modified": to_local(row.updated_at, zone),
        "removed": False if row.removed_at is None else to_local(row.removed_at, zone),
    }
    if isinstance(row, ProfileRow):
        return Profile(interests=row.interests, **shared)
    return Subprofile(profile=str(row.profile_id), **shared)


DATA_ONLY: Final = ("ID", "fields", "interests", "modified")


def without_metadata(row: Profile | Subprofile) -> dict[str, Any]:
    """What `dataonly` leaves of a row."""
    names = row.__struct_fields__
    return {name: getattr(row, name) for name in DATA_ONLY if name in names}


# ── lists ─────────────────────────────────────────────────────────────────────────────────────


@endpoint("GET", "profiles database/{id}/profiles", "List profiles", row=Profile)
@endpoint(
    "GET",
    "subprofiles collection/{id}/subprofiles profile/{id}/subprofiles/{collection}",
    "List subprofiles",
    row=Subprofile,
)
def list_profiles(call: Call) -> Listed:
    """Those that are not removed."""
    rows: Any = ProfileRow if call.endpoint.row is Profile else SubprofileRow
    comparisons = read_comparisons(call.parameters)
    of_fields = [one for one in comparisons if one.name not in ("id", "created")]

    def where(session: Session) -> Sequence[Condition]:
        wanted = field_conditions(session, call.account, rows, of_fields)
        return [rows.removed_at.is_(None), *wanted]

    page = find_page(
        *(call, rows),
        owners={"profile": SubprofileRow.profile_id},
        where=where,
        time="created",
        order=lambda session: order_of(session, call.account, rows, call.parameters),
    )
    data_only = php.to_bool(call.parameters.get("dataonly"), False)

    def body(row: Any) -> Any:
        whole = profile_body(row, call.zone)
        return without_metadata(whole) if data_only else whole

    return page.listed(call, body, by_id=not {"orderby", "order"} & call.parameters.keys())


# ── one ───────────────────────────────────────────────────────────────────────────────────────


def _rows(call: Call) -> Any:
    return ProfileRow if call.entity == "profile" else SubprofileRow


def _answer_type(one: Endpoint) -> Any:
    return Profile if one.entity == "profile" else Subprofile


def _body_type(one: Endpoint) -> Any:
    return ProfileRequest if one.entity == "profile" else SubprofileRequest


@endpoint("GET", "profile/{id} subprofile/{id}", "A {entity}", answer=_answer_type)
def get_profile(call: Call) -> Profile | Subprofile:
    return profile_body(find_row(call, _rows(call)), call.zone)


@endpoint(
    "GET",
    "profile/{id}/fields subprofile/{id}/fields",
    "The fields of a {entity}",
    answer=dict[str, str],
    open=True,
)
def get_fields(call: Call) -> dict[str, str]:
    fields: dict[str, str] = find_row(call, _rows(call)).fields
    return fields


@endpoint(
    "POST",
    "profiles database/{id}/profiles",
    "Create a profile",
    body=ProfileRequest,
    creates=True,
    open=True,
)
def post_profile(call: Call, body: ProfileRequest) -> Response[Any]:
    # An empty array is an empty list in the JSON that PHP writes.
    if not isinstance(body.fields, dict) and body.fields != []:
        raise InvalidRequest(INVALID)
    fields = _columns(call, body)
    return create_row(
        call, "profile", lambda session, now: create_profile(session, call.account, now, fields).id
    )


@endpoint(
    "POST",
    "profile/{id}/subprofiles/{collection}",
    "Create a subprofile",
    body=Fields,
    creates=True,
    open=True,
)
def post_subprofile(call: Call) -> Response[Any]:
    """The body is the fields themselves, and read after the collection is known."""
    try:
        check_group(COLLECTION, call.collection)
    except NotFound:
        raise InvalidRequest("Subprofile could not be created") from None
    fields = {"fields": read_fields(call.read(Fields))}

    def create(session: Session, now: int) -> int:
        profile = find(session, ProfileRow, call.account, call.id)
        return create_subprofile(session, profile, now, fields).id

    return create_row(call, "subprofile", create)


@endpoint("PUT POST", "profile/{id} subprofile/{id}", "Change a {entity}", body=_body_type)
def put_profile(call: Call, body: ProfileRequest | SubprofileRequest) -> Response[Any]:
    fields = _columns(call, body)
    return change_row(call, _rows(call), lambda row, now: change_profile(row, now, fields))


@endpoint(
    "PUT POST",
    "profile/{id}/fields subprofile/{id}/fields",
    "Change fields of a {entity}",
    body=Fields,
    open=True,
)
def put_fields(call: Call, body: Fields) -> Response[Any]:
    """The body is the fields themselves."""
    fields = {"fields": read_fields(body)}
    return change_row(call, _rows(call), lambda row, now: change_profile(row, now, fields))


@endpoint("DELETE", "profile/{id} subprofile/{id}", "Delete a {entity}")
def delete_profile(call: Call) -> Response[Any]:
    """A profile with its subprofiles. What happened to its mails stays."""
    remove = remove_profile if call.entity == "profile" else remove_subprofile
    return delete_row(call, _rows(call), remove, find_present)


def _columns(call: Call, body: ProfileRequest | SubprofileRequest) -> dict[str, Any]:
    return {**read_columns(body, call.zone), "fields": read_fields(body.fields)}


# ── rows ──────────────────────────────────────────────────────────────────────────────────────


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
