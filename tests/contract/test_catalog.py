"""What every catalog promises and how it guards keys."""

import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.secrets import KEY_SHOWN_LENGTH
from footfall.catalog.tables import TrackerRow
from footfall.core.accounts import Privacy, Scope
from footfall.core.errors import Conflict, Forbidden, NotFound, Unauthorized
from footfall.core.events import EventKind
from footfall.core.trackers import DeletedTracker

NOW = 1_790_000_000_000
TraceFunction = Any


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(tmp_path: Path, clock: Clock) -> Iterator[SqlCatalog]:
    opened = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", clock)
    yield opened
    opened.close()


def tracker(account: int, slug: str) -> TrackerRow:
    return TrackerRow(
        account_id=account,
        slug=slug,
        kind=EventKind.SCAN.value,
        source="test",
        destination="https://example.org/",
        privacy=Privacy.COARSE.value,
        created_at=NOW,
        updated_at=NOW,
    )


def test_a_tracker_is_found_as_soon_as_it_is_committed(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    with catalog.writing() as session:
        session.add(tracker(account.id, "menu"))
        assert catalog.tracker("menu") is None
    found = catalog.tracker("menu")
    assert found is not None
    assert found.account == account.id


def test_a_transaction_that_fails_leaves_nothing(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]

    def fail_half_way() -> None:
        with catalog.writing() as session:
            session.add(tracker(account.id, "menu"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert catalog.tracker("menu") is None
    with catalog.reading() as session:
        assert session.query(TrackerRow).count() == 0


def test_a_renamed_tracker_leaves_its_old_slug(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    with catalog.writing() as session:
        row = tracker(account.id, "old")
        session.add(row)
    with catalog.writing() as session:
        again = session.get(TrackerRow, row.id)
        assert again is not None
        again.slug = "new"
    assert catalog.tracker("old") is None
    assert catalog.tracker("new") is not None


def test_a_deleted_tracker_is_doomed_until_it_is_forgotten(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    with catalog.writing() as session:
        row = tracker(account.id, "menu")
        session.add(row)
    with catalog.writing() as session:
        again = session.get(TrackerRow, row.id)
        assert again is not None
        again.deleted_at = NOW + 5
    assert catalog.tracker("menu") is None
    assert catalog.deleted_trackers() == [DeletedTracker(account.id, row.id, row.source, NOW + 5)]
    catalog.forget(row.id)
    assert catalog.deleted_trackers() == []


def test_trackers_are_in_memory_again_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    first = SqlCatalog(url, clock)
    account = first.create_account("A", "a@example.org")[0]
    with first.writing() as session:
        session.add(tracker(account.id, "menu"))
    first.close()
    second = SqlCatalog(url, clock)
    assert second.tracker("menu") is not None
    assert second.owner() == account
    second.close()


def test_a_key_is_kept_only_as_a_hash(catalog: SqlCatalog, tmp_path: Path) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    secret, key = catalog.create_key(account.id, "k", frozenset({Scope.READ}))
    assert catalog.authenticate(secret).account == account
    assert secret.startswith(key.prefix)
    assert len(key.prefix) == KEY_SHOWN_LENGTH
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()


def test_a_key_of_the_form_that_the_strictest_client_takes(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    secret, _ = catalog.create_key(account.id, "k", frozenset({Scope.READ}))
    assert secret.startswith("oqr_")
    assert secret[4:].isalnum()
    assert 20 <= len(secret[4:]) <= 120


def test_an_unknown_an_expired_and_a_revoked_key_are_refused(
    catalog: SqlCatalog, clock: Clock
) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    expiring, _ = catalog.create_key(
        account.id, "k", frozenset({Scope.READ}), expires_at=NOW + 1000
    )
    revoked, key = catalog.create_key(account.id, "k", frozenset({Scope.READ}))
    catalog.authenticate(expiring)
    catalog.authenticate(revoked)
    catalog.revoke_key(key.id)
    clock.now += 1000
    for secret in ("", "oqr_unknown", expiring, revoked):
        with pytest.raises(Unauthorized):
            catalog.authenticate(secret)
    with pytest.raises(NotFound):
        catalog.revoke_key(999)


def test_a_key_made_by_another_process_is_known_at_once(
    catalog: SqlCatalog, tmp_path: Path, clock: Clock
) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    other = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", clock)
    secret, _ = other.create_key(account.id, "k", frozenset({Scope.READ}))
    other.close()
    assert catalog.authenticate(secret).account.id == account.id


def test_a_known_key_stays_known_while_others_change(catalog: SqlCatalog, tmp_path: Path) -> None:
    account, secret = catalog.create_account("A", "a@example.org")
    catalog.authenticate(secret)  # its first use is noted, which is a change
    caller = catalog.authenticate(secret)
    other = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", catalog.clock)
    for number in range(20):  # more than one of these is looked at
        with (other if number % 2 else catalog).writing() as session:
            session.add(tracker(account.id, f"menu-{number}"))
        assert catalog.known_caller(secret) == caller
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api_keys SET revoked_at = 1",
        "UPDATE api_keys SET scopes = '[]'",
        "UPDATE accounts SET privacy = 'coarse'",
        "DELETE FROM api_keys",
    ],
)
def test_a_known_key_is_read_anew_once_it_or_its_account_changes(
    catalog: SqlCatalog, tmp_path: Path, change: str
) -> None:
    _, secret = catalog.create_account("A", "a@example.org")
    catalog.authenticate(secret)
    catalog.authenticate(secret)
    assert catalog.known_caller(secret) is not None
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as elsewhere, elsewhere:
        elsewhere.execute(change)
    deadline = time.monotonic() + 5
    while catalog.known_caller(secret) is not None:
        assert time.monotonic() < deadline


def test_a_key_may_do_what_its_scopes_say(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    reader, _ = catalog.create_key(account.id, "r", frozenset({Scope.READ}))
    admin, _ = catalog.create_key(account.id, "a", frozenset({Scope.ADMIN}))
    catalog.authenticate(reader).require(Scope.READ)
    with pytest.raises(Forbidden, match="scope 'write'"):
        catalog.authenticate(reader).require(Scope.WRITE)
    for scope in Scope:
        catalog.authenticate(admin).require(scope)


def test_the_last_use_of_a_key_is_noted_at_most_once_a_minute(
    catalog: SqlCatalog, clock: Clock
) -> None:
    account = catalog.create_account("A", "a@example.org")[0]
    secret, _ = catalog.create_key(account.id, "k", frozenset({Scope.READ}))

    def last_used() -> int | None:
        return catalog.list_keys()[-1].last_used_at

    catalog.authenticate(secret)
    clock.now += 59_999
    catalog.authenticate(secret)
    assert last_used() == NOW
    clock.now += 1
    catalog.authenticate(secret)
    assert last_used() == NOW + 60_000


def test_every_commit_of_the_catalog_is_synchronous(catalog: SqlCatalog) -> None:
    with catalog.reading() as session:
        connection = session.connection().connection.dbapi_connection
        assert isinstance(connection, sqlite3.Connection)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_tracker_without_a_mode_of_its_own_has_its_accounts(
    catalog: SqlCatalog, tmp_path: Path, clock: Clock
) -> None:
    """Also when another process changes the account: the next request of a key notices it."""
    account, secret = catalog.create_account("A", "a@example.org", Privacy.FULL)
    with catalog.writing() as session:
        row = tracker(account.id, "poster")
        row.privacy = ""
        session.add_all([row, tracker(account.id, "code")])
    assert modes(catalog) == (Privacy.FULL, Privacy.COARSE)
    catalog.change_account(account.id, Privacy.TRUNCATED)
    assert modes(catalog) == (Privacy.TRUNCATED, Privacy.COARSE)
    other = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", clock)
    other.change_account(account.id, Privacy.COARSE)
    other.close()
    catalog.authenticate(secret)
    assert modes(catalog) == (Privacy.COARSE, Privacy.COARSE)


def modes(catalog: SqlCatalog) -> tuple[Privacy, Privacy]:
    poster, code = catalog.tracker("poster"), catalog.tracker("code")
    assert poster is not None
    assert code is not None
    return poster.privacy, code.privacy


def test_a_tracker_that_is_renamed_is_somebody_at_every_line(catalog: SqlCatalog) -> None:
    """Each line of the change is a moment at which another thread may ask."""
    account = catalog.create_account("A", "a@example.org")[0]
    with catalog.writing() as session:
        rows = [tracker(account.id, "lunch"), tracker(account.id, "dinner")]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    asked = 0

    def ask(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal asked
        if Path(frame.f_code.co_filename).name != "catalog.py":
            return None
        if frame.f_code.co_name in ("tracker", "tracker_with_id"):
            return None
        asked += 1
        assert [catalog.tracker_with_id(id) is not None for id in ids] == [True, True]
        assert catalog.tracker("lunch") is not None
        return ask

    traced = sys.gettrace()
    sys.settrace(ask)
    try:
        with catalog.writing() as session:  # one gives its slug up, and the other takes it
            session.get_one(TrackerRow, ids[0]).slug = "brunch"
            session.flush()
            session.get_one(TrackerRow, ids[1]).slug = "lunch"
    finally:
        sys.settrace(traced)
    assert asked > 10
    assert catalog.tracker("dinner") is None
    shown = {slug: catalog.tracker(slug) for slug in ("brunch", "lunch")}
    assert [one.id if one else None for one in shown.values()] == ids


def test_the_cap_of_keys_holds_for_keys_that_are_made_at_once(catalog: SqlCatalog) -> None:
    account = catalog.create_account("A", "a@example.org")[0]

    def make(number: int) -> bool:
        try:
            catalog.create_key(account.id, str(number), frozenset({Scope.READ}), keys_max=3)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(make, range(16)))
    assert made == 2  # and the first one of the account
    assert len(catalog.list_keys(account.id)) == 3
