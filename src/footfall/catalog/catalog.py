"""The catalog: what is made and managed, and the memory of it that the hot path reads.

Every tracker is held in memory by its slug. A change is committed first and shown to the hot
path right after, so the next scan sees it and none waits for the database.
"""

import contextlib
import hmac
import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import URL, Engine, delete, event, func, make_url, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, TimeoutError
from sqlalchemy.orm import Session

from footfall.catalog.callers import KnownCallers
from footfall.catalog.connections import (
    CatalogUnopened,
    close_copy,
    detached,
    explained,
    open_copy,
    open_engine,
    remove_copies,
)
from footfall.catalog.idempotency import claim_of_request
from footfall.catalog.secrets import KEY_SHOWN_LENGTH, new_secret, secret_hash
from footfall.catalog.tables import AccountRow, ApiKeyRow, PendingEventRow, TrackerRow
from footfall.core.accounts import Account, AgeBy, ApiKey, Caller, Privacy, Scope
from footfall.core.errors import CatalogUnavailable, Conflict, NotFound, Unauthorized
from footfall.core.events import Event
from footfall.core.ids import Clock
from footfall.core.trackers import DeletedTracker, Tracker

log = logging.getLogger(__name__)

FORGOTTEN_AT_ONCE: Final = 500
LAST_USED_EVERY_MS: Final = 60_000
"""`last_used_at` of a key is written at most this often."""


class SqlCatalog:
    """Accounts, keys and trackers, and transactions for the APIs that manage resources."""

    def __init__(self, url: str | URL, clock: Clock, *, patient: bool = False) -> None:
        """A `patient` one reads a copy while the disk keeps its file from being opened, until
        `reopen`; another raises CatalogUnavailable."""
        self.clock = clock
        self._url = make_url(url)
        self.unopened = ""
        """Why a copy is read, "" when the file itself is."""
        self._engine = self._open(patient=patient)
        self._lock = threading.Lock()
        self._trackers: dict[str, Tracker] = {}
        self._by_id: dict[int, Tracker] = {}
        self._accounts: dict[int, Account] = {}
        with explained(self._url):
            self._callers = KnownCallers(detached(self._engine))
            self._load()

    def _open(self, *, patient: bool) -> Engine:
        if patient:
            remove_copies(self._url)
        try:
            return open_engine(self._url)
        except CatalogUnopened as error:
            if not patient:
                raise
            self.unopened = error.message
            log.error("The catalog is read from a copy, and nothing changed: %s", error.message)
            return open_copy(self._url)

    def reopen(self) -> None:
        """Open the file unless it is open. Blocks; raises CatalogUnavailable."""
        if not self.unopened:
            return
        engine = open_engine(self._url)
        copy, callers = self._engine, self._callers
        self._engine, self._callers = engine, KnownCallers(detached(engine))
        with self._lock:
            self._load()
        self.unopened = ""
        log.warning("The catalog is open.")
        callers.close()
        close_copy(copy)

    def checkpoint(self) -> None:
        """Copy the log beside the file into it, as far as nobody reads there: a log that is damaged
        loses no more than what came since. Blocks; raises CatalogUnavailable."""
        with _translated(), self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            connection.rollback()
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        self._callers.close()
        if self.unopened:
            close_copy(self._engine)
        self._engine.dispose()

    def _load(self) -> None:
        """All or nothing: accounts that are noticed without their trackers would never be again."""
        with self.reading() as session:
            accounts = {row.id: row.to_account() for row in session.scalars(select(AccountRow))}
            rows = session.scalars(
                select(TrackerRow).where(
                    TrackerRow.slug.is_not(None), TrackerRow.deleted_at.is_(None)
                )
            ).all()
        self._accounts = accounts
        self._show(rows)

    # ── from memory ───────────────────────────────────────────────────────────────────────────

    def tracker(self, slug: str) -> Tracker | None:
        """By slug; slugs are lower case, and a code printed in capitals leads there too."""
        return self._trackers.get(slug) or self._trackers.get(slug.lower())

    def tracker_with_id(self, id: int) -> Tracker | None:
        return self._by_id.get(id)

    def account(self, account: int) -> Account:
        return self._accounts[account]

    def owner(self) -> Account | None:
        """The first account: it owns what belongs to nobody, such as orphans."""
        return self._accounts[min(self._accounts)] if self._accounts else None

    # ── transactions ──────────────────────────────────────────────────────────────────────────

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with _translated(), self._engine.connect() as connection:
            connection.execution_options(footfall_reading=True)
            with Session(connection, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def writing(self, *, claims: bool = True) -> Iterator[Session]:
        """One transaction: all of it, on disk, or nothing. It stores the claim of a request under
        an idempotency key, unless `claims` is False: then a later transaction completes the
        operation. Trackers it touched are shown to the hot path once it is committed."""
        with _translated(), self._lock, Session(self._engine, expire_on_commit=False) as session:
            touched: set[TrackerRow] = set()

            @event.listens_for(session, "before_flush")
            def note(session: Session, *_: Any) -> None:
                for row in session.new | session.dirty:
                    if isinstance(row, TrackerRow):
                        touched.add(row)

            claim = claim_of_request() if claims else None
            with session.begin():
                if claim is not None:
                    claim.enter(session, self.clock())
                yield session
            if claim is not None:
                claim.stored = True
            self._show(touched)

    def _show(self, rows: Collection[TrackerRow]) -> None:
        """Replace these trackers in memory. The hot path reads without a lock, so each new entry is
        set before an old one goes: a tracker that exists is found at every moment."""
        before = [self._by_id.get(row.id) for row in rows]
        for row in rows:
            if row.slug is not None and row.deleted_at is None:
                tracker = row.to_tracker(self._accounts[row.account_id].privacy)
                self._by_id[row.id] = self._trackers[row.slug] = tracker
            else:
                self._by_id.pop(row.id, None)
        for old in before:
            if old is not None and self._trackers.get(old.slug) is old:
                del self._trackers[old.slug]

    # ── erasure ───────────────────────────────────────────────────────────────────────────────

    def deleted_trackers(self) -> list[DeletedTracker]:
        with self.reading() as session:
            rows = session.scalars(select(TrackerRow).where(TrackerRow.deleted_at.is_not(None)))
            return [row.to_deleted() for row in rows]

    def forget(self, tracker: int) -> None:
        """Remove the row of a tracker whose events are erased."""
        with self.writing() as session:
            session.execute(delete(TrackerRow).where(TrackerRow.id == tracker))

    def scrub(self) -> None:
        """Overwrite what was deleted, also in the log beside the file. While somebody reads there,
        that waits for the next time the log is started over."""
        with _translated(), self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            connection.rollback()
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # ── pending events ────────────────────────────────────────────────────────────────────────

    def pending_events(self, ids: Sequence[int] | None = None) -> list[Event]:
        query = select(PendingEventRow).order_by(PendingEventRow.id)
        if ids is not None:
            query = query.where(PendingEventRow.id.in_(ids))
        with self.reading() as session:
            rows = session.scalars(query)
            return [msgspec.json.decode(row.event, type=Event) for row in rows]

    def forget_promised(self, ids: Sequence[int]) -> None:
        with self.writing() as session:
            for start in range(0, len(ids), FORGOTTEN_AT_ONCE):
                some = ids[start : start + FORGOTTEN_AT_ONCE]
                session.execute(delete(PendingEventRow).where(PendingEventRow.id.in_(some)))

    # ── accounts and keys ─────────────────────────────────────────────────────────────────────

    def create_account(
        self,
        name: str,
        email: str,
        privacy: Privacy = Privacy.FULL,
        raw_days: int | None = None,
        *,
        secret: str | None = None,
    ) -> tuple[Account, str]:
        """An account and its admin key, whose secret is returned: both or neither."""
        secret = secret or new_secret()
        with self.writing() as session:
            row = AccountRow(
                name=name,
                email=email,
                privacy=privacy.value,
                raw_days=raw_days,
                created_at=self.clock(),
            )
            session.add(row)
            session.flush()
            session.add(self._key_row(row.id, "first", frozenset({Scope.ADMIN}), secret))
            account = row.to_account()
        self._accounts[account.id] = account
        return account, secret

    def change_account(
        self,
        account: int,
        privacy: Privacy | None = None,
        raw_days: int | None = None,
        age_by: AgeBy | None = None,
    ) -> Account:
        """`raw_days` 0 keeps raw events for ever; None leaves a value as it is."""
        with self.writing() as session:
            row = session.get(AccountRow, account)
            if row is None:
                raise NotFound(f"There is no account {account}. See: footfall accounts list")
            if privacy is not None:
                row.privacy = privacy.value
            if raw_days is not None:
                row.raw_days = raw_days or None
            if age_by is not None:
                row.age_by = age_by.value
            changed = row.to_account()
        self._notice(changed)
        return changed

    def accounts(self) -> list[Account]:
        with self.reading() as session:
            found = [row.to_account() for row in session.scalars(select(AccountRow))]
        for account in found:
            self._notice(account)
        return found

    def _notice(self, account: Account) -> None:
        """Another process may have changed the account: its trackers follow."""
        known = self._accounts.get(account.id)
        if known != account:
            with self._lock:
                self._load()

    def create_key(
        self,
        account: int,
        name: str,
        scopes: frozenset[Scope],
        *,
        expires_at: int | None = None,
        creations_per_hour: int | None = None,
        keys_max: int | None = None,
    ) -> tuple[str, ApiKey]:
        """Returns the secret, which is shown once and kept only as a hash, and the key. Raises
        Conflict when the account has `keys_max` keys that are not revoked."""
        secret = new_secret()
        with self.writing() as session:
            usable = ApiKeyRow.account_id == account, ApiKeyRow.revoked_at.is_(None)
            held = session.scalar(select(func.count()).where(*usable)) or 0
            if keys_max is not None and held >= keys_max:
                raise Conflict(f"An account has at most {keys_max} keys. Revoke some.")
            row = self._key_row(account, name, scopes, secret, expires_at)
            row.creations_per_hour = creations_per_hour
            session.add(row)
            session.flush()
            return secret, row.to_key()

    def _key_row(
        self,
        account: int,
        name: str,
        scopes: frozenset[Scope],
        secret: str,
        expires_at: int | None = None,
    ) -> ApiKeyRow:
        return ApiKeyRow(
            account_id=account,
            name=name,
            prefix=secret[:KEY_SHOWN_LENGTH],
            hash=secret_hash(secret),
            scopes=sorted(scopes),
            created_at=self.clock(),
            expires_at=expires_at,
        )

    def list_keys(self, account: int | None = None) -> list[ApiKey]:
        """Of one account, or of all; the first made first."""
        query = select(ApiKeyRow).order_by(ApiKeyRow.id)
        if account is not None:
            query = query.where(ApiKeyRow.account_id == account)
        with self.reading() as session:
            return [row.to_key() for row in session.scalars(query)]

    def revoke_key(self, key: int, account: int | None = None) -> ApiKey:
        """With an account, only a key of its own. Raises NotFound."""
        with self.writing() as session:
            row = session.get(ApiKeyRow, key)
            if row is None or account not in (None, row.account_id):
                raise NotFound(f"There is no key with the id {key}. See: footfall keys list")
            row.revoked_at = row.revoked_at or self.clock()
            return row.to_key()

    def authenticate(self, secret: str) -> Caller:
        """The hash is what is looked up, so the time taken tells nothing about a stored key;
        the comparison that decides takes constant time."""
        wanted = secret_hash(secret)
        now = self.clock()
        seen = self._callers.see(wanted)
        with self.reading() as session:
            row = session.scalar(select(ApiKeyRow).where(ApiKeyRow.hash == wanted))
            account = session.get(AccountRow, row.account_id) if row else None
        if row is None or account is None or not hmac.compare_digest(row.hash, wanted):
            raise Unauthorized("Missing or unknown API key.")
        key = row.to_key()
        if not key.usable(now):
            raise Unauthorized("This API key has expired or was revoked.")
        if key.last_used_at is None or now - key.last_used_at >= LAST_USED_EVERY_MS:
            with contextlib.suppress(CatalogUnavailable), self.writing() as session:
                session.execute(
                    update(ApiKeyRow).where(ApiKeyRow.id == key.id).values(last_used_at=now)
                )
            key = msgspec.structs.replace(key, last_used_at=now)
        caller = Caller(account.to_account(), key)
        self._notice(caller.account)
        self._callers.keep(wanted, caller, seen)
        return caller

    def known_caller(self, secret: str) -> Caller | None:
        """Who this is, when that is known: within a minute, and while key and account are as they
        were. It waits for nothing."""
        caller = self._callers.get(secret_hash(secret))
        if caller is None:
            return None
        key = caller.who
        assert isinstance(key, ApiKey)
        now, used_at = self.clock(), key.last_used_at or 0
        return caller if key.usable(now) and now - used_at < LAST_USED_EVERY_MS else None


def add_pending_events(session: Session, events: Iterable[Event]) -> None:
    """Promise these events with the transaction. See `capture.pending_events`."""
    session.add_all(
        PendingEventRow(id=event.id, event=msgspec.json.encode(event)) for event in events
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, TimeoutError) as error:
        if isinstance(error, IntegrityError):
            raise  # somebody's mistake, not the catalog's
        reason = getattr(error, "orig", error)
        raise CatalogUnavailable(f"The catalog cannot be used: {reason}") from error
