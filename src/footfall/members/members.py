"""The members of an account in the catalog: who they are, what they may do, and the one-time links
with which they choose a password.

Every method blocks, and any may raise CatalogUnavailable.
"""

import contextlib
from typing import Final

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.searching import is_same
from footfall.catalog.tables import InvitationRow, MemberRow, SessionRow
from footfall.core.accounts import Member, Role
from footfall.core.calendar import DAY_MS
from footfall.core.errors import CatalogUnavailable, Conflict, InvalidRequest, NotFound
from footfall.core.ids import Clock
from footfall.members.tokens import new_token, token_hash
from footfall.parsing.folding import fold_email

MEMBERS_MAX: Final = 1_000
"""Of an account."""

EMAIL_LENGTH_MAX: Final = 254
NAME_LENGTH_MAX: Final = 200
LINK_DAYS: Final = 7


class Invited(msgspec.Struct, frozen=True):
    """A member, and a link that works once."""

    member: Member
    link: str


class Members:
    def __init__(self, catalog: SqlCatalog, clock: Clock, public_base: str) -> None:
        self._catalog = catalog
        self._clock = clock
        self._public_base = public_base

    def list(self, account: int) -> list[Member]:
        """All of them, the first made first."""
        with self._catalog.reading() as session:
            rows = session.scalars(
                select(MemberRow).where(MemberRow.account_id == account).order_by(MemberRow.id)
            )
            return [row.to_member() for row in rows]

    def find(self, email: str) -> Member:
        """Of any account. Raises NotFound."""
        with self._catalog.reading() as session:
            row = session.scalar(select(MemberRow).where(is_same(MemberRow.email, email.strip())))
            if row is None:
                raise NotFound("There is no member with this e-mail. See: footfall members list")
            return row.to_member()

    def invite(
        self, account: int, email: str, name: str, role: Role, by: Member | None = None
    ) -> Invited:
        """A new member, who can sign in once a password is chosen with the link. The link names
        the member who invites, `by`.

        Raises InvalidRequest, and Conflict when the e-mail is known here.
        """
        email, name = read_email(email), read_name(name)
        now = self._clock()
        with self._catalog.writing() as session:
            among = select(func.count()).where(MemberRow.account_id == account)
            if session.scalars(among).one() >= MEMBERS_MAX:
                raise Conflict(f"An account has at most {MEMBERS_MAX} members. Remove some.")
            row = add_member(session, account, email, name, role, now)
            return Invited(row.to_member(), self._new_link(session, account, row.id, by))

    def change(
        self, account: int, id: int, name: str | None = None, role: Role | None = None
    ) -> Member:
        """None leaves a value as it is. A role counts from the member's next request on.

        Raises InvalidRequest, NotFound, and Conflict for the last owner.
        """
        with self._catalog.writing() as session:
            row = _find(session, account, id)
            if role is not None and role is not Role.OWNER:
                _keep_an_owner(session, row)
            if role is not None:
                row.role = role.value
            if name is not None:
                row.name = read_name(name)
            return row.to_member()

    def remove(self, account: int, id: int) -> None:
        """The member's sessions and links end with it. Raises NotFound, and Conflict for the last
        owner."""
        with self._catalog.writing() as session:
            row = _find(session, account, id)
            _keep_an_owner(session, row)
            end_access(session, row.id)
            session.delete(row)

    def link(self, account: int, id: int, by: Member | None = None) -> Invited:
        """A new one-time link, made by a member; older ones of the invited member end. Raises
        NotFound."""
        with self._catalog.writing() as session:
            row = _find(session, account, id)
            session.execute(delete(InvitationRow).where(InvitationRow.member_id == id))
            return Invited(row.to_member(), self._new_link(session, account, id, by))

    def first_link(self, *, again: bool = True) -> str | None:
        """A link that makes the first owner of the first account, None when somebody can sign in
        there. Older ones end; not `again`, None when there is one that still works."""
        account = self._catalog.owner()
        if account is None:
            return None
        # A full disk keeps nobody from starting a server.
        with contextlib.suppress(CatalogUnavailable), self._catalog.writing() as session:
            if anybody_joined(session, account.id):
                return None
            ours = InvitationRow.account_id == account.id, InvitationRow.member_id.is_(None)
            works = select(InvitationRow.hash).where(
                *ours, InvitationRow.expires_at > self._clock()
            )
            if not again and session.scalar(works.limit(1)) is not None:
                return None
            session.execute(delete(InvitationRow).where(*ours))
            return self._new_link(session, account.id, None)
        return None

    def _new_link(
        self, session: Session, account: int, member: int | None, by: Member | None = None
    ) -> str:
        """The token follows `#`, which no browser sends to a server: so it is in no log."""
        now = self._clock()
        session.execute(delete(InvitationRow).where(InvitationRow.expires_at <= now))
        token = new_token()
        session.add(
            InvitationRow(
                hash=token_hash(token),
                account_id=account,
                member_id=member,
                invited_by=by.id if by else None,
                created_at=now,
                expires_at=now + LINK_DAYS * DAY_MS,
            )
        )
        return f"{self._public_base}/dashboard/welcome#{token}"


def read_email(text: str) -> str:
    """As it is kept. Raises InvalidRequest."""
    email = fold_email(text)
    user, _, host = email.rpartition("@")
    plain = email.isprintable() and " " not in email
    if not (user and host and plain and len(email) <= EMAIL_LENGTH_MAX):
        raise InvalidRequest("email: this is no e-mail address, such as ada@example.org.")
    return email


def read_name(text: str) -> str:
    """Raises InvalidRequest."""
    name = text.strip()
    if len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise InvalidRequest(f"name: at most {NAME_LENGTH_MAX} characters, on one line.")
    return name


def add_member(
    session: Session, account: int, email: str, name: str, role: Role, now: int
) -> MemberRow:
    """Raises Conflict."""
    if session.scalar(select(MemberRow.id).where(is_same(MemberRow.email, email))) is not None:
        raise Conflict("email: somebody has this address here. One address is one member.")
    row = MemberRow(account_id=account, email=email, name=name, role=role.value, created_at=now)
    session.add(row)
    session.flush()
    return row


def end_access(session: Session, member: int) -> None:
    """No session and no link of the member works any more."""
    session.execute(delete(SessionRow).where(SessionRow.member_id == member))
    session.execute(delete(InvitationRow).where(InvitationRow.member_id == member))


def anybody_joined(session: Session, account: int) -> bool:
    """Whether somebody can sign in."""
    joined = select(MemberRow.id).where(
        MemberRow.account_id == account, MemberRow.password_hash.is_not(None)
    )
    return session.scalar(joined.limit(1)) is not None


def _find(session: Session, account: int, id: int) -> MemberRow:
    row = session.get(MemberRow, id)
    if row is None or row.account_id != account:
        raise NotFound(f"There is no member with the id {id}.")
    return row


def _keep_an_owner(session: Session, row: MemberRow) -> None:
    """Raises Conflict when nobody else could manage the account."""
    if row.role != Role.OWNER or row.password_hash is None:
        return
    others = select(func.count()).where(
        MemberRow.account_id == row.account_id,
        MemberRow.id != row.id,
        MemberRow.role == Role.OWNER.value,
        MemberRow.password_hash.is_not(None),
    )
    if not session.scalars(others).one():
        raise Conflict(
            "This is the only owner who can sign in. Make another member an owner first."
        )
