"""What was changed of a code: by whom, when, from what to what, and how to set it back.

Kept are the changes of where a code leads and whether it lets people through. Labels, tags,
folders, themes and slugs are not: nobody stands before a wrong page because of them.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, BigInteger, ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from footfall.api.bodies import iso_time, read_number
from footfall.api.operations import operation
from footfall.catalog.tables import Base, TrackerRow
from footfall.core.accounts import Caller, Member
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.ids import ID_MAX
from footfall.core.trackers import TrackerStatus
from footfall.dialects.openqr import answers, requests
from footfall.dialects.openqr.dialect import Call
from footfall.dialects.openqr.listing import read_cursor, write_cursor
from footfall.dialects.openqr.records import Changes, CodeRow, change_code, find_dynamic

KEPT_MAX: Final = 1_000
"""Changes of one code; the oldest go. A program that changes a code each minute must not fill the
catalog."""

SECRETS: Final = {"password": "password", "pin": "PIN"}
"""Of these only whether there is one is kept: true, false. In words for people."""


class ChangeRow(Base):
    """`number` counts the changes of one code from 1. `before` and `after` have the same names, as
    the wire has them; times in milliseconds since 1970. `undoes` is the number of another."""

    __tablename__ = "openqr_changes"

    code_number: Mapped[int] = mapped_column(
        ForeignKey("openqr_codes.number", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    changed_by: Mapped[str]
    changed_by_id: Mapped[str]
    undoes: Mapped[int | None]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Author(msgspec.Struct, frozen=True):
    """Who changes, by id (`key-7`) and name, and when (milliseconds since 1970)."""

    id: str
    name: str
    now: int


def change_kept(
    session: Session, code: CodeRow, changes: Changes, author: Author, undoes: int | None = None
) -> None:
    """`records.change_code`, with a row of what became different. Raises as that does."""
    tracker = code.tracker
    assert tracker is not None, "only dynamic codes change"
    before = _state(tracker)
    change_code(session, code, changes, author.now)
    after = _state(tracker)
    names = [name for name in before if before[name] != after[name]]
    if not names:
        return
    newest = session.scalar(
        select(func.max(ChangeRow.number)).where(ChangeRow.code_number == code.number)
    )
    number = (newest or 0) + 1
    session.add(
        ChangeRow(
            code_number=code.number,
            number=number,
            changed_by=author.name,
            changed_by_id=author.id,
            undoes=undoes,
            before={name: _kept(name, before[name]) for name in names},
            after={name: _kept(name, after[name]) for name in names},
            created_at=author.now,
        )
    )
    session.execute(
        delete(ChangeRow).where(
            ChangeRow.code_number == code.number, ChangeRow.number <= number - KEPT_MAX
        )
    )
    session.flush()


def list_changes(
    session: Session, code: CodeRow, *, limit: int, below: int | None
) -> tuple[Sequence[ChangeRow], int | None]:
    """Newest first, those with numbers less than `below`; and what `below` is for the next page."""
    query = select(ChangeRow).where(ChangeRow.code_number == code.number)
    if below is not None:
        query = query.where(ChangeRow.number < below)
    rows = session.scalars(query.order_by(ChangeRow.number.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else None


def undo_change(
    session: Session, code: CodeRow, number: int, rules: DestinationRules, author: Author
) -> None:
    """Set what this change replaced, as one more change: whole or not at all. Raises NotFound, and
    InvalidRequest for what cannot be set any more."""
    row = session.get(ChangeRow, (code.number, number))
    if row is None:
        raise NotFound(
            f"There is no change {number} of this code. GET /v1/dynamic/{code.id}/history lists "
            f"the last {KEPT_MAX}."
        )
    changes = _replaced(row, rules, author.now)
    change_kept(session, code, changes, author, undoes=number)


def _state(tracker: TrackerRow) -> dict[str, Any]:
    return {
        "destination": tracker.destination,
        "ios_destination": tracker.destinations.get("ios"),
        "android_destination": tracker.destinations.get("android"),
        "utm": tracker.utm or None,
        "status": tracker.status,
        "pause_until": tracker.pause_until,
        "password": tracker.password_hash,
        "pin": tracker.pin_hash,
        "lock_hint": tracker.lock_hint or None,
    }


def _kept(name: str, value: Any) -> Any:
    return value is not None if name in SECRETS else value


def _replaced(row: ChangeRow, rules: DestinationRules, now: int) -> Changes:
    """What stood there before. Raises InvalidRequest."""
    values = dict(row.before)
    for name, word in SECRETS.items():
        if values.get(name):
            raise InvalidRequest(
                f"Change {row.number} replaced a {word}, which is not kept: set it, and what else "
                "is to be as before, with a PATCH."
            )
        if name in values:
            values[name] = None
    for name in ("destination", "ios_destination", "android_destination"):
        if values.get(name):
            values[name] = read_destination(values[name], rules, name)
    for name, nothing in (("utm", {}), ("lock_hint", "")):
        if name in values:
            values[name] = values[name] or nothing
    if "status" in values:
        values["status"] = TrackerStatus(values["status"])
    if (values.get("pause_until") or now) <= now:
        values |= {"pause_until": None} if "pause_until" in values else {}  # that pause is over
    return values


# ── operations ────────────────────────────────────────────────────────────────────────────────


class PageQuery(msgspec.Struct, frozen=True):
    limit: int | None = None
    cursor: str | None = None


@operation(
    "GET /dynamic/{id}/history",
    "What was changed of a code, newest first",
    query=PageQuery,
    answer=answers.History,
)
def list_history(call: Call, id: str) -> answers.History:
    """Changes of where the code leads and of its lock."""
    text, cursor = call.query.get("limit"), call.query.get("cursor")
    limit = read_number(text, "limit", requests.LIST_DEFAULT, 1, requests.LIST_MAX)
    with call.reading() as session:
        code, _ = find_dynamic(session, call.account, id)
        rows, below = list_changes(
            session, code, limit=limit, below=read_cursor(cursor) if cursor else None
        )
        changes = [change_body(row) for row in rows]
    return answers.History(changes, None if below is None else write_cursor(below))


@operation(
    "POST /dynamic/{id}/history/{number}/undo",
    "Set what a change replaced",
    answer=answers.CodeDetail,
)
def undo(call: Call, id: str, number: int) -> answers.CodeDetail:
    """The next scan meets it; the history has it as one more change."""
    now = call.now()
    author = author_of(call.caller, now)
    with call.writing() as session:
        code, _ = find_dynamic(session, call.account, id)
        undo_change(session, code, number if number <= ID_MAX else 0, call.api.rules, author)
        return answers.code_detail(code, call.api.short_base, now)


def author_of(caller: Caller, now: int) -> Author:
    who = caller.who
    name = who.name or who.email if isinstance(who, Member) else who.name
    return Author(caller.id, name, now)


def change_body(row: ChangeRow) -> answers.Change:
    """What it replaced under `from`, what it set under `to`."""
    return answers.Change(
        number=row.number,
        at=iso_time(row.created_at),
        by=row.changed_by,
        by_id=row.changed_by_id,
        undoes=row.undoes,
        fields=[
            answers.ChangedField(name, _shown(name, before), _shown(name, row.after[name]))
            for name, before in row.before.items()
        ],
    )


def _shown(name: str, value: Any) -> Any:
    return iso_time(value) if name == "pause_until" and value is not None else value
