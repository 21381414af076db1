"""What a campaign is made of: a program, its student ambassadors, and the posters they place.

A poster stands on a tracker that leads to the landing page of its program and hands over the
impression's id, so that the page's sign-up form can give it back with the referral.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.catalog.records import forget_tracker, free_slug, new_tracker
from footfall.catalog.searching import is_same
from footfall.catalog.slugs import new_slug
from footfall.catalog.tables import TrackerRow
from footfall.core.accounts import Account
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest
from footfall.dialects.vantio.records import (
    SOURCE,
    PosterRow,
    ProgramRow,
    UserRow,
    change,
    create,
    find,
)

PARAMETER: Final = "impression_id"
IMPRESSION_PREFIX: Final = "imp_"


def read_landing_url(text: str, rules: DestinationRules) -> str:
    """Raises UnsafeDestination, or InvalidRequest for what is no link, or names an impression
    already."""
    url = read_destination(text, rules, "landing_url")
    names = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    if PARAMETER in names:
        raise InvalidRequest(
            f"landing_url has the parameter {PARAMETER} already: remove it. "
            "Each scan appends its own."
        )
    return url


def with_landing_url(fields: dict[str, Any], rules: DestinationRules) -> dict[str, Any]:
    """The fields of a program, their landing URL checked where there is one."""
    if "landing_url" in fields:
        fields["landing_url"] = read_landing_url(fields["landing_url"], rules)
    return fields


def change_program(session: Session, program: ProgramRow, now: int, **fields: Any) -> None:
    """The next scan of each of its posters meets a new landing URL."""
    moved = fields.get("landing_url", program.landing_url) != program.landing_url
    change(program, now, fields)
    if moved:
        posters = select(PosterRow.tracker_id).where(PosterRow.program_id == program.id)
        for tracker in session.scalars(select(TrackerRow).where(TrackerRow.id.in_(posters))):
            tracker.destination, tracker.updated_at = program.landing_url, now
    session.flush()


def create_user(
    session: Session, account: int, now: int, program_id: str, **fields: Any
) -> UserRow:
    """A student ambassador. Raises NotFound for an unknown program."""
    program = find(session, ProgramRow, account, program_id)
    return create(session, UserRow, account, now, program_id=program.id, **fields)


def program_with(session: Session, account: int, landing_url: str) -> ProgramRow | None:
    """The account's first program with this landing page."""
    query = select(ProgramRow).where(
        ProgramRow.account_id == account, ProgramRow.landing_url == landing_url
    )
    return session.scalars(query.order_by(ProgramRow.number).limit(1)).first()


def own_user(session: Session, account: Account, program_id: str, now: int) -> UserRow:
    """The account itself as an ambassador of the program. Raises NotFound for an unknown one."""
    program = find(session, ProgramRow, account.id, program_id)
    query = select(UserRow).where(
        UserRow.program_id == program.id, is_same(UserRow.email, account.email)
    )
    found = session.scalars(query.order_by(UserRow.number).limit(1)).first()
    return found or create_user(
        session,
        account.id,
        now,
        program.id,
        first_name=account.name,
        last_name="",
        email=account.email,
    )


def create_poster(
    session: Session,
    account: int,
    now: int,
    *,
    program_id: str,
    student_id: str,
    location: str | None,
    details: dict[str, Any],
    draw_slug: Callable[[], str] = new_slug,
) -> PosterRow:
    """A poster behind a short link with a random slug; a slug that is taken is drawn again.

    Its impressions hold what the account's privacy mode allows. Raises NotFound for an unknown
    program or user, InvalidRequest for a user of another program.
    """
    program = find(session, ProgramRow, account, program_id)
    student = _find_student(session, account, program.id, student_id)
    tracker = new_tracker(
        account,
        SOURCE,
        now,
        free_slug(session, draw_slug),
        destination=program.landing_url,
        event_id_parameter=f"{PARAMETER}={IMPRESSION_PREFIX}",
    )
    poster = create(
        session,
        PosterRow,
        account,
        now,
        tracker=tracker,
        program_id=program.id,
        student_id=student.id,
        location=location,
        details=details,
    )
    _update_tracker(poster)
    session.flush()
    return poster


def change_poster(session: Session, poster: PosterRow, now: int, **fields: Any) -> None:
    """Impressions keep the location and the student that the poster had when it was scanned.

    Raises as `create_poster`.
    """
    if "student_id" in fields:
        _find_student(session, poster.account_id, poster.program_id, fields["student_id"])
    change(poster, now, fields)
    _update_tracker(poster)
    poster.tracker.updated_at = now
    session.flush()


def delete_poster(session: Session, poster: PosterRow, now: int) -> None:
    """Forget the poster at once and mark its tracker: the upkeep erases its impressions. The
    referrals that came of them stay."""
    session.delete(poster)
    forget_tracker(poster.tracker, now)
    session.flush()


def find_slug(session: Session, poster_id: str) -> str | None:
    """The slug behind a poster of any account: its image is as public as the poster itself."""
    query = select(TrackerRow.slug).join(PosterRow, PosterRow.tracker_id == TrackerRow.id)
    return session.scalar(query.where(PosterRow.id == poster_id))


def _find_student(session: Session, account: int, program_id: str, student_id: str) -> UserRow:
    student = find(session, UserRow, account, student_id)
    if student.program_id != program_id:
        raise InvalidRequest(
            f"The user {student.id} belongs to the program {student.program_id}: "
            "a poster has the program of its student."
        )
    return student


def _update_tracker(poster: PosterRow) -> None:
    tracker = poster.tracker
    tracker.references = {
        "program": poster.program_id,
        "poster": poster.id,
        "ambassador": poster.student_id,
    }
    place = {"location": poster.location}
    tracker.event_metadata = msgspec.json.encode(place).decode() if poster.location else None
