"""Signing in: passwords, sessions, and what a one-time link lets somebody do.

Every method blocks, those with a password for some 20 ms, and any may raise CatalogUnavailable.
"""

import contextlib
import functools
from typing import Final

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.searching import is_same
from footfall.catalog.tables import AccountRow, InvitationRow, MemberRow, SessionRow
from footfall.core.accounts import Account, Caller, Member, Role
from footfall.core.calendar import DAY_MS
from footfall.core.errors import CatalogUnavailable, Conflict, InvalidRequest, Unauthorized
from footfall.core.ids import Clock
from footfall.members.members import add_member, anybody_joined, end_access, read_email, read_name
from footfall.members.passwords import hash_password, verify_password
from footfall.members.tokens import TOKEN_LENGTH_MAX, csrf_of, new_token, token_hash
from footfall.parsing.folding import fold_email

PASSWORD_LENGTH_MIN: Final = 10
PASSWORD_LENGTH_MAX: Final = 1_024
SESSIONS_MAX: Final = 50
"""Of a member; the one unused for longest ends."""

SEEN_EVERY_MS: Final = 60_000
"""When somebody was last here, and the end of a session that moves with it, are written at most
this often."""

WRONG: Final = "This e-mail and password do not belong together."
ENDED: Final = "You are not signed in any more. Sign in again."
USED_UP: Final = (
    "This link was used, replaced or is too old. Ask an owner for a new one, or run: "
    "footfall members link EMAIL"
)


class WrongPassword(InvalidRequest):
    """Somebody who is signed in gave another password than their own."""


class SignedIn(msgspec.Struct, frozen=True):
    """A session: `token` is what its cookie holds, `csrf` what goes beside it."""

    account: Account
    member: Member
    token: str

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)

    @property
    def caller(self) -> Caller:
        return Caller(self.account, self.member)


class Link(msgspec.Struct, frozen=True):
    """What a one-time link is for. Without a `member` it makes the first owner. `invited_by` is
    the member who made it, None where no member did or it was removed."""

    account: Account
    member: Member | None
    invited_by: Member | None
    expires_at: int


class Sessions:
    """`days`: a session that is not used for so long ends."""

    def __init__(self, catalog: SqlCatalog, clock: Clock, days: int) -> None:
        self._catalog = catalog
        self._clock = clock
        self.seconds: Final = days * DAY_MS // 1_000

    def sign_in(self, email: str, password: str) -> SignedIn:
        """Raises Unauthorized: the same, after the same time, whatever is wrong."""
        stand_in = _hash_of_nobody()
        with self._catalog.reading() as session:
            row = session.scalar(select(MemberRow).where(is_same(MemberRow.email, email.strip())))
        kept = row.password_hash if row is not None else None
        fits = verify_password(kept or stand_in, password)
        if row is None or kept is None or not fits:
            raise Unauthorized(WRONG)
        with self._catalog.writing() as session:
            # It may have been changed, or the member removed, while it was compared.
            again = session.get(MemberRow, row.id)
            if again is None or again.password_hash != kept:
                raise Unauthorized(WRONG)
            return self._open(session, again)

    def look(self, token: str) -> Link:
        """What a one-time link is for; it stays usable. Raises Unauthorized."""
        with self._catalog.reading() as session:
            row = self._invitation(session, token)
            member, by = (
                None if id is None else session.get_one(MemberRow, id).to_member()
                for id in (row.member_id, row.invited_by)
            )
            account = session.get_one(AccountRow, row.account_id).to_account()
            return Link(account, member, by, row.expires_at)

    def welcome(self, token: str, email: str, name: str, password: str) -> SignedIn:
        """Use a one-time link: the member gets this password and is signed in, here only. `email`
        is needed for the first owner alone; an empty `name` leaves the one that is known.

        Raises Unauthorized for a link that does not work, InvalidRequest, Conflict.
        """
        link = self.look(token)
        email = link.member.email if link.member else read_email(email)
        check_password(password, email)
        name = read_name(name)
        hashed = hash_password(password)
        with self._catalog.writing() as session:
            row = self._invitation(session, token)
            session.delete(row)
            if row.member_id is None:
                if anybody_joined(session, row.account_id):
                    raise Conflict("This account has an owner. Sign in, or ask for an invitation.")
                member = self._first_owner(session, row.account_id, email)
            else:
                member = session.get_one(MemberRow, row.member_id)
            member.password_hash = hashed
            member.name = name or member.name
            end_access(session, member.id)
            return self._open(session, member)

    def _first_owner(self, session: Session, account: int, email: str) -> MemberRow:
        """Somebody invited who has not come yet may be the one."""
        row = session.scalar(
            select(MemberRow).where(
                is_same(MemberRow.email, email), MemberRow.account_id == account
            )
        )
        if row is None:
            return add_member(session, account, email, "", Role.OWNER, self._clock())
        row.role = Role.OWNER.value
        return row

    def change_password(self, member: Member, old: str, new: str) -> SignedIn:
        """Every session of the member ends, and a new one begins. Raises InvalidRequest, also when
        the old one is wrong: whoever asks is signed in."""
        check_password(new, member.email)
        with self._catalog.reading() as session:
            row = session.get(MemberRow, member.id)
        kept = row.password_hash if row is not None else None
        if kept is None or not verify_password(kept, old):
            raise WrongPassword("old: this is not your password.")
        hashed = hash_password(new)
        with self._catalog.writing() as session:
            again = session.get(MemberRow, member.id)
            if again is None or again.password_hash != kept:
                raise Unauthorized(ENDED)
            again.password_hash = hashed
            end_access(session, again.id)
            return self._open(session, again)

    def find(self, token: str) -> SignedIn:
        """Whose session this is; being requested keeps it alive. Raises Unauthorized."""
        now, wanted = self._clock(), _hash(token)
        with self._catalog.reading() as session:
            row = session.get(SessionRow, wanted)
            if row is None or row.expires_at <= now:
                raise Unauthorized(ENDED)
            member = session.get_one(MemberRow, row.member_id)
            account = session.get_one(AccountRow, member.account_id)
        if not 0 <= now - row.seen_at < SEEN_EVERY_MS:  # below 0: the clock was set back
            with contextlib.suppress(CatalogUnavailable):
                self._see(wanted, member.id, now)
        return SignedIn(account.to_account(), member.to_member(), token)

    def end(self, token: str) -> None:
        with self._catalog.writing() as session:
            session.execute(delete(SessionRow).where(SessionRow.hash == _hash(token)))

    def _see(self, hash: str, member: int, now: int) -> None:
        with self._catalog.writing() as session:
            session.execute(
                update(SessionRow)
                .where(SessionRow.hash == hash)
                .values(seen_at=now, expires_at=now + self.seconds * 1_000)
            )
            session.execute(
                update(MemberRow).where(MemberRow.id == member).values(last_seen_at=now)
            )

    def _open(self, session: Session, row: MemberRow) -> SignedIn:
        now, token = self._clock(), new_token()
        session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
        kept = (
            select(SessionRow.hash)
            .where(SessionRow.member_id == row.id)
            .order_by(SessionRow.seen_at.desc())
            .limit(SESSIONS_MAX - 1)
        )
        session.execute(
            delete(SessionRow).where(
                SessionRow.member_id == row.id, SessionRow.hash.not_in(session.scalars(kept).all())
            )
        )
        row.last_seen_at = now
        session.add(
            SessionRow(
                hash=token_hash(token),
                member_id=row.id,
                created_at=now,
                seen_at=now,
                expires_at=now + self.seconds * 1_000,
            )
        )
        session.flush()
        account = session.get_one(AccountRow, row.account_id)
        return SignedIn(account.to_account(), row.to_member(), token)

    def _invitation(self, session: Session, token: str) -> InvitationRow:
        row = session.get(InvitationRow, _hash(token))
        if row is None or row.expires_at <= self._clock():
            raise Unauthorized(USED_UP)
        return row


def check_password(password: str, email: str) -> None:
    """Raises InvalidRequest."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise InvalidRequest(
            f"password: it needs {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX:,} characters."
        )
    if fold_email(password) == fold_email(email):
        raise InvalidRequest("password: it must not be the e-mail address.")


def _hash(token: str) -> str:
    return token_hash(token[:TOKEN_LENGTH_MAX])


@functools.cache
def _hash_of_nobody() -> str:
    """Compared with when nobody has the e-mail, so that this takes as long."""
    return hash_password(new_token())
