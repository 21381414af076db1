"""Endpoints of profiles and subprofiles; all are in one database and in one collection.

As clients recorded them of the vendor's live API:
https://github.com/rmuit/copernica-api, `tests/ApiBehaviorTest.php`.
"""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from footfall.api.bodies import answer
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.copernica import mailing, nouns, php, wire
from footfall.dialects.copernica.face import (
    Answer,
    Asked,
    Face,
    answer_changed,
    answer_created,
    answer_deleted,
)
from footfall.dialects.copernica.keeping import answer_list, find_row, read_list, write
from footfall.dialects.copernica.nouns import Condition, ProfileRow, SubprofileRow
from footfall.dialects.copernica.questions import read_comparisons
from footfall.dialects.copernica.requests import (
    Fields,
    ProfileRequest,
    SubprofileRequest,
    read_columns,
    read_fields,
)
from footfall.dialects.copernica.selection import field_conditions, order_of

# ── lists ─────────────────────────────────────────────────────────────────────────────────────


async def list_profiles(face: Face, asked: Asked, scope: str) -> Answer:
    """Those that are not removed. `scope` is the noun that the path names, "" for none."""

    def narrow(_: Session) -> Sequence[Condition]:
        if scope:
            nouns.check_group(nouns.DATABASE, asked.id)
        return []

    return await _list(face, asked, ProfileRow, narrow, wire.profile_body)


async def list_subprofiles(face: Face, asked: Asked, scope: str) -> Answer:
    """Those that are not removed, of a collection or of a profile in it."""

    def narrow(session: Session) -> Sequence[Condition]:
        if scope != "profile":
            if scope:
                nouns.check_group(nouns.COLLECTION, asked.id)
            return []
        profile = nouns.find(session, ProfileRow, asked.account.id, asked.id)
        nouns.check_group(nouns.COLLECTION, asked.collection)
        return [SubprofileRow.profile_id == profile.id]

    return await _list(face, asked, SubprofileRow, narrow, wire.subprofile_body)


async def _list(
    face: Face,
    asked: Asked,
    rows: Any,
    narrow: Callable[[Session], Sequence[Condition]],
    body: Callable[[Any, ZoneInfo], Any],
) -> Answer:
    account = asked.account.id
    comparisons = read_comparisons(asked.query)
    of_fields = [one for one in comparisons if one.name not in ("id", "created")]

    def narrow_all(session: Session) -> Sequence[Condition]:
        wanted = field_conditions(session, account, rows, of_fields)
        return [rows.removed_at.is_(None), *narrow(session), *wanted]

    part, listing = await read_list(
        *(face, asked, rows, narrow_all),
        time="created",
        order=lambda session: order_of(session, account, rows, asked.query),
    )
    shown = [body(row, face.zone) for row in listing[0]]
    if php.to_bool(asked.query.get("dataonly"), False):
        shown = [wire.without_metadata(one) for one in shown]
    by_id = not {"orderby", "order"} & asked.query.keys()
    return answer_list(asked, part, listing, shown, by_id=by_id)


# ── one ───────────────────────────────────────────────────────────────────────────────────────


async def show_profile(face: Face, asked: Asked) -> Answer:
    return answer(wire.profile_body(await find_row(face, asked, ProfileRow), face.zone))


async def show_subprofile(face: Face, asked: Asked) -> Answer:
    return answer(wire.subprofile_body(await find_row(face, asked, SubprofileRow), face.zone))


async def show_fields(face: Face, asked: Asked, rows: Any) -> Answer:
    return answer((await find_row(face, asked, rows)).fields)


async def create_profile(face: Face, asked: Asked, path: str) -> Answer:
    body = await asked.read(ProfileRequest)
    # An empty array is an empty list in the JSON that PHP writes.
    if not isinstance(body.fields, dict) and body.fields != []:
        raise InvalidRequest(nouns.INVALID)
    fields = read_columns(body, face.zone)
    row = await write(
        face, lambda session, now: mailing.create_profile(session, asked.account.id, now, fields)
    )
    return answer_created(face, asked, path, row.id)


async def create_subprofile(face: Face, asked: Asked, path: str) -> Answer:
    """The body is the fields themselves."""

    try:
        nouns.check_group(nouns.COLLECTION, asked.collection)
    except NotFound:
        raise InvalidRequest("Subprofile could not be created") from None
    fields = {"fields": read_fields(await asked.read(Fields))}

    def make(session: Session, now: int) -> SubprofileRow:
        profile = nouns.find(session, ProfileRow, asked.account.id, asked.id)
        return mailing.create_subprofile(session, profile, now, fields)

    return answer_created(face, asked, path, (await write(face, make)).id)


async def change_profile(face: Face, asked: Asked, path: str) -> Answer:
    fields = read_columns(await asked.read(ProfileRequest), face.zone)
    return await _change(face, asked, path, ProfileRow, fields)


async def change_subprofile(face: Face, asked: Asked, path: str) -> Answer:
    fields = read_columns(await asked.read(SubprofileRequest), face.zone)
    return await _change(face, asked, path, SubprofileRow, fields)


async def change_fields(face: Face, asked: Asked, path: str, rows: Any) -> Answer:
    """The body is the fields themselves."""
    fields = {"fields": read_fields(await asked.read(Fields))}
    return await _change(face, asked, path, rows, fields)


async def _change(face: Face, asked: Asked, path: str, rows: Any, fields: dict[str, Any]) -> Answer:
    def make(session: Session, now: int) -> int:
        row = nouns.find(session, rows, asked.account.id, asked.id)
        mailing.change_profile(row, now, fields)
        return int(row.id)

    return answer_changed(face, asked, path, await write(face, make))


async def delete_profile(face: Face, asked: Asked) -> Answer:
    """With its subprofiles. What happened to its mails stays."""
    return await _delete(face, asked, ProfileRow, mailing.remove_profile)


async def delete_subprofile(face: Face, asked: Asked) -> Answer:
    return await _delete(face, asked, SubprofileRow, mailing.remove_subprofile)


async def _delete(
    face: Face, asked: Asked, rows: Any, remove: Callable[[Session, Any, int], None]
) -> Answer:
    def make(session: Session, now: int) -> int | None:
        try:
            row = nouns.find_present(session, rows, asked.account.id, asked.id)
        except (NotFound, nouns.Removed):
            if asked.version > 1:
                raise
            return None
        remove(session, row, now)
        return int(row.id)

    return answer_deleted(asked, rows.WORD, await write(face, make))
