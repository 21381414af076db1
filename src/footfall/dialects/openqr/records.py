"""OpenQR's resources: codes, folders and themes, and the operations on them.

A dynamic code stands on a tracker, one to one; a static code is its payload. Every function takes
the session of the caller's transaction, so that a change happens whole or not at all.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import BigInteger, ForeignKey, Index, Select, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from footfall.catalog.records import (
    check_count,
    forget_tracker,
    free_slug,
    new_id,
    new_tracker,
    slug_taken,
)
from footfall.catalog.searching import is_same
from footfall.catalog.slugs import new_slug
from footfall.catalog.tables import Base, TrackerRow
from footfall.core.accounts import Privacy
from footfall.core.errors import Conflict, InvalidRequest, NotFound
from footfall.core.trackers import TrackerStatus
from footfall.parsing.folding import fold

SOURCE: Final = "openqr"
DYNAMIC_TYPE: Final = "url"
NAMES_MAX: Final = 500
"""How many folders, and how many themes, an account may have: they are listed whole."""


class SlugTaken(Conflict):
    """Another tracker has the slug."""

    code: ClassVar[str] = "slug_taken"


class FolderRow(Base):
    __tablename__ = "openqr_folders"
    __table_args__ = (Index("ix_openqr_folders_name", "account_id", "name", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)


class ThemeRow(Base):
    """`style` is kept as it was given; `drawing.py` reads its colours."""

    __tablename__ = "openqr_themes"
    __table_args__ = (Index("ix_openqr_themes_name", "account_id", "name", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    style: Mapped[dict[str, Any]]
    created_at: Mapped[int] = mapped_column(BigInteger)


class CodeRow(Base):
    """`number` grows with every code and is never reused: lists go by it. `tracker_id` is null
    for a static code, `payload` "" for a dynamic one."""

    __tablename__ = "openqr_codes"
    __table_args__ = (
        Index("ix_openqr_codes_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    tracker_id: Mapped[int | None] = mapped_column(
        ForeignKey("trackers.id", ondelete="CASCADE"), unique=True
    )
    type: Mapped[str]
    payload: Mapped[str] = mapped_column(default="")
    label: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(default=list)
    folder_id: Mapped[str | None] = mapped_column(
        ForeignKey("openqr_folders.id", ondelete="SET NULL"), index=True
    )
    theme_id: Mapped[str | None] = mapped_column(
        ForeignKey("openqr_themes.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[int] = mapped_column(BigInteger)

    tracker: Mapped[TrackerRow | None] = relationship(lazy="joined")
    folder: Mapped[FolderRow | None] = relationship(lazy="joined")
    theme: Mapped[ThemeRow | None] = relationship(lazy="joined")


Named = TypeVar("Named", FolderRow, ThemeRow)

Changes = Mapping[str, Any]
"""What to change of a dynamic code, checked, by the fields of `requests.ChangeRequest`: times in
milliseconds since 1970, a password and a PIN hashed."""


# ── codes ─────────────────────────────────────────────────────────────────────────────────────


def create_dynamic(
    session: Session,
    account: int,
    destination: str,
    *,
    now: int,
    label: str | None = None,
    theme: ThemeRow | None = None,
    draw_slug: Callable[[], str] = new_slug,
) -> CodeRow:
    """A code behind a short link with a random slug; a slug that is taken is drawn again.

    Its scans hold country, device class and referrer host only, whatever the account's mode:
    that is what OpenQR promises to those who scan.
    """
    code_id = new_id("c_")
    tracker = new_tracker(
        account,
        SOURCE,
        now,
        free_slug(session, draw_slug),
        destination=destination,
        references={"code": code_id},
        privacy=Privacy.COARSE.value,
    )
    code = CodeRow(
        id=code_id,
        account_id=account,
        tracker=tracker,
        type=DYNAMIC_TYPE,
        label=label,
        theme=theme,
        created_at=now,
    )
    session.add(code)
    session.flush()
    return code


def create_static(
    session: Session, account: int, type: str, payload: str, *, now: int, label: str | None = None
) -> CodeRow:
    code = CodeRow(
        id=new_id("c_"),
        account_id=account,
        type=type,
        payload=payload,
        label=label,
        created_at=now,
    )
    session.add(code)
    session.flush()
    return code


def find_code(session: Session, account: int, code_id: str) -> CodeRow:
    """A static or dynamic code. Raises NotFound, also for another account's."""
    code = session.scalar(codes_of(account).where(CodeRow.id == code_id))
    if code is None:
        raise NotFound("There is no such code. Give the id that creating it returned.")
    return code


def find_dynamic(session: Session, account: int, code_id: str) -> tuple[CodeRow, TrackerRow]:
    """A dynamic code and its tracker. Raises NotFound, also for a static code."""
    code = find_code(session, account, code_id)
    if code.tracker is None:
        raise NotFound("This code is static: no server stands behind it. See GET /v1/codes.")
    return code, code.tracker


def codes_of(account: int) -> Select[CodeRow]:
    """All that are there."""
    return (
        select(CodeRow)
        .outerjoin(TrackerRow, CodeRow.tracker_id == TrackerRow.id)
        .where(CodeRow.account_id == account, TrackerRow.deleted_at.is_(None))
    )


def count_active(session: Session, account: int) -> int:
    """How many dynamic codes are active."""
    return (
        session.scalar(
            select(func.count())
            .select_from(CodeRow)
            .join(TrackerRow, CodeRow.tracker_id == TrackerRow.id)
            .where(
                CodeRow.account_id == account,
                TrackerRow.deleted_at.is_(None),
                TrackerRow.status == TrackerStatus.ACTIVE.value,
            )
        )
        or 0
    )


def change_code(session: Session, code: CodeRow, changes: Changes, now: int) -> None:
    """Apply what is set. Raises SlugTaken for a slug in use, InvalidRequest for an unknown folder
    or theme and for a pause of a code that is not active."""
    tracker = code.tracker
    assert tracker is not None, "only dynamic codes change"
    for name, value in changes.items():
        match name:
            case "label" | "tags":
                setattr(code, name, value)
            case "folder_id":
                code.folder = _find_folder(session, code.account_id, value) if value else None
            case "theme":
                code.theme = find_theme(session, code.account_id, value) if value else None
            case "slug":
                if value != tracker.slug and slug_taken(session, value):
                    raise SlugTaken(f"The slug '{value}' is taken. Choose another.")
                tracker.slug = value
            case "ios_destination" | "android_destination":
                system = name.removesuffix("_destination")
                others = {one: url for one, url in tracker.destinations.items() if one != system}
                tracker.destinations = others | ({system: value} if value else {})
            case "password" | "pin":
                setattr(tracker, f"{name}_hash", value)
            case "destination" | "lock_hint" | "utm" | "privacy":
                setattr(tracker, name, value)
    _change_status(tracker, changes)
    tracker.updated_at = now
    session.flush()


def _change_status(tracker: TrackerRow, changes: Changes) -> None:
    """A status set by hand ends a timed pause; a timed pause is of an active code."""
    if "status" in changes:
        tracker.status, tracker.pause_until = changes["status"].value, None
    if "pause_until" in changes:
        if changes["pause_until"] is not None and tracker.status != TrackerStatus.ACTIVE.value:
            raise InvalidRequest(
                "pause_until is for active codes: this one is paused. "
                "Send status 'active' together with it."
            )
        tracker.pause_until = changes["pause_until"]


def delete_code(session: Session, code: CodeRow, now: int) -> None:
    """Forget the code at once and mark its tracker: the upkeep erases its scans. The slug is
    free again."""
    session.delete(code)
    if code.tracker is not None:
        forget_tracker(code.tracker, now)
    session.flush()


# ── folders and themes ────────────────────────────────────────────────────────────────────────


def create_named(session: Session, row: Named) -> Named:
    """Add a folder or theme. Raises InvalidRequest for a name that another has, and where there are
    as many as there may be."""
    rows = type(row)
    too_many = f"There are {NAMES_MAX} already, the most there may be. Delete some."
    check_count(session, rows, row.account_id, NAMES_MAX, too_many)
    _refuse_taken(session, rows, row.account_id, row.name)
    session.add(row)
    session.flush()
    return row


def _refuse_taken(session: Session, rows: type[Named], account: int, name: str) -> None:
    if session.scalar(select(rows.id).where(rows.account_id == account, is_same(rows.name, name))):
        raise InvalidRequest(f"There is one named '{name}' already. Choose another name.")


def rename(session: Session, row: Named, name: str) -> None:
    """Raises InvalidRequest for a name that another has."""
    if fold(name) != fold(row.name):
        _refuse_taken(session, type(row), row.account_id, name)
    row.name = name


def find_theme(session: Session, account: int, theme: str) -> ThemeRow:
    """By id or name. Raises InvalidRequest: a theme is named inside a request."""
    rows = session.scalars(
        select(ThemeRow).where(
            ThemeRow.account_id == account, or_(ThemeRow.id == theme, is_same(ThemeRow.name, theme))
        )
    ).all()
    if not rows:
        raise InvalidRequest(f"There is no theme '{theme}'. GET /v1/themes lists those there are.")
    return next((row for row in rows if row.id == theme), rows[0])


def _find_folder(session: Session, account: int, folder_id: str) -> FolderRow:
    folder = session.get(FolderRow, folder_id)
    if folder is None or folder.account_id != account:
        raise InvalidRequest(
            f"There is no folder '{folder_id}'. GET /v1/folders lists those there are."
        )
    return folder
