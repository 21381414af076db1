"""OpenQR's resources: codes, folders and themes, and the operations on them.

A dynamic code stands on a tracker, one to one; a static code is its payload. Every function takes
the session of the caller's transaction, so that a change happens whole or not at all.
"""

import secrets
import string
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import BigInteger, ForeignKey, Index, Select, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from footfall.catalog.searching import is_same
from footfall.catalog.tables import Base, TrackerRow
from footfall.core.accounts import Privacy
from footfall.core.errors import Conflict, InvalidRequest, NotFound
from footfall.core.events import EventKind
from footfall.core.slugs import new_slug
from footfall.core.trackers import TrackerStatus
from footfall.parsing.folding import fold

SOURCE: Final = "openqr"
DYNAMIC_TYPE: Final = "url"
NAMES_MAX: Final = 500
"""How many folders, and how many themes, an account may have: they are listed whole."""

_ALPHABET: Final = string.ascii_lowercase + string.digits
_ID_LENGTH: Final = 12


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


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a dynamic code, checked already. UNSET leaves a field as it is.
    `pause_until` in milliseconds since 1970."""

    destination: str | UnsetType = UNSET
    label: str | UnsetType | None = UNSET
    slug: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    folder_id: str | UnsetType | None = UNSET
    theme: str | UnsetType | None = UNSET
    status: TrackerStatus | UnsetType = UNSET
    pause_until: int | UnsetType | None = UNSET
    password_hash: str | UnsetType | None = UNSET
    pin_hash: str | UnsetType | None = UNSET
    lock_hint: str | UnsetType = UNSET
    ios_destination: str | UnsetType | None = UNSET
    android_destination: str | UnsetType | None = UNSET
    utm: dict[str, str] | UnsetType = UNSET
    privacy: Privacy | UnsetType = UNSET


def _new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


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
    while _slug_taken(session, slug := draw_slug()):
        pass
    code_id = _new_id("c_")
    tracker = TrackerRow(
        account_id=account,
        slug=slug,
        kind=EventKind.SCAN.value,
        source=SOURCE,
        destination=destination,
        references={"code": code_id},
        privacy=Privacy.COARSE.value,
        created_at=now,
        updated_at=now,
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
        id=_new_id("c_"),
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
    if changes.label is not UNSET:
        code.label = changes.label
    if changes.tags is not UNSET:
        code.tags = changes.tags
    if changes.folder_id is not UNSET:
        folder = changes.folder_id
        code.folder = _find_folder(session, code.account_id, folder) if folder else None
    if changes.theme is not UNSET:
        theme = changes.theme
        code.theme = find_theme(session, code.account_id, theme) if theme else None
    if changes.slug is not UNSET and changes.slug != tracker.slug:
        if _slug_taken(session, changes.slug):
            raise SlugTaken(f"The slug '{changes.slug}' is taken. Choose another.")
        tracker.slug = changes.slug
    if changes.destination is not UNSET:
        tracker.destination = changes.destination
    if changes.password_hash is not UNSET:
        tracker.password_hash = changes.password_hash
    if changes.pin_hash is not UNSET:
        tracker.pin_hash = changes.pin_hash
    if changes.lock_hint is not UNSET:
        tracker.lock_hint = changes.lock_hint
    _change_status(tracker, changes)
    for system, url in (("ios", changes.ios_destination), ("android", changes.android_destination)):
        if url is not UNSET:
            others = {name: old for name, old in tracker.destinations.items() if name != system}
            tracker.destinations = others | ({system: url} if url else {})
    if changes.utm is not UNSET:
        tracker.utm = changes.utm
    if changes.privacy is not UNSET:
        tracker.privacy = changes.privacy.value
    tracker.updated_at = now
    session.flush()


def _change_status(tracker: TrackerRow, changes: Changes) -> None:
    """A status set by hand ends a timed pause; a timed pause is of an active code."""
    if changes.status is not UNSET:
        tracker.status = changes.status.value
        tracker.pause_until = None
    if changes.pause_until is not UNSET:
        if changes.pause_until is not None and tracker.status != TrackerStatus.ACTIVE.value:
            raise InvalidRequest(
                "pause_until is for active codes: this one is paused. "
                "Send status 'active' together with it."
            )
        tracker.pause_until = changes.pause_until


def delete_code(session: Session, code: CodeRow, now: int) -> None:
    """Forget the code at once and mark its tracker: the upkeep erases its scans. The slug is
    free again."""
    tracker = code.tracker
    session.delete(code)
    if tracker is not None:
        tracker.slug = None
        tracker.deleted_at = now
    session.flush()


def _slug_taken(session: Session, slug: str) -> bool:
    return session.scalar(select(TrackerRow.id).where(TrackerRow.slug == slug)) is not None


# ── folders and themes ────────────────────────────────────────────────────────────────────────


def create_folder(session: Session, account: int, name: str, now: int) -> FolderRow:
    _refuse_too_many(session, FolderRow, account)
    _refuse_taken(session, FolderRow, account, name)
    folder = FolderRow(id=_new_id("f_"), account_id=account, name=name, created_at=now)
    session.add(folder)
    session.flush()
    return folder


def create_theme(
    session: Session, account: int, name: str, style: dict[str, Any], now: int
) -> ThemeRow:
    _refuse_too_many(session, ThemeRow, account)
    _refuse_taken(session, ThemeRow, account, name)
    theme = ThemeRow(id=_new_id("t_"), account_id=account, name=name, style=style, created_at=now)
    session.add(theme)
    session.flush()
    return theme


def _refuse_taken(session: Session, rows: type[Named], account: int, name: str) -> None:
    if session.scalar(select(rows.id).where(rows.account_id == account, is_same(rows.name, name))):
        raise InvalidRequest(f"There is one named '{name}' already. Choose another name.")


def _refuse_too_many(session: Session, rows: type[Named], account: int) -> None:
    many = select(func.count()).select_from(rows).where(rows.account_id == account)
    if (session.scalar(many) or 0) >= NAMES_MAX:
        raise InvalidRequest(f"There are {NAMES_MAX} already, the most there may be. Delete some.")


def list_named(session: Session, rows: type[Named], account: int) -> Sequence[Named]:
    """All folders or themes of the account, by name."""
    return session.scalars(select(rows).where(rows.account_id == account).order_by(rows.name)).all()


def find_named(session: Session, rows: type[Named], account: int, id: str) -> Named:
    """A folder or theme. Raises NotFound, also for another account's."""
    row = session.get(rows, id)
    if row is None or row.account_id != account:
        raise NotFound(f"There is nothing with the id '{id}' here. List them to see the ids.")
    return row


def rename(session: Session, row: Named, name: str) -> None:
    """Raises InvalidRequest for a name that another has."""
    if fold(name) != fold(row.name):
        _refuse_taken(session, type(row), row.account_id, name)
    row.name = name


def delete_named(session: Session, rows: type[Named], account: int, id: str) -> None:
    """Delete a folder or theme; its codes stay, without it. Raises NotFound."""
    session.delete(find_named(session, rows, account, id))
    session.flush()


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
