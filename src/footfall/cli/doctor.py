"""`footfall doctor`: looks at each part on disk and says what to do about what it finds."""

import json
import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from footfall import bootstrap
from footfall.capture.event_counts import CountKey
from footfall.cli.terminal import sentence_of
from footfall.config import Settings
from footfall.core.errors import FootfallError
from footfall.core.ids import received_at
from footfall.dialects.passentry.records.readers import readers_admitting_again
from footfall.integrity.inspection import FOREVER_HOUR
from footfall.integrity.presence import look_offline
from footfall.jobs.deletion.jobs import removed_counts
from footfall.jobs.deletion.policy import expired_hours
from footfall.journal.ledger import SqliteLedger, connect_to_read
from footfall.journal.mark import lag, read_mark
from footfall.parsing.crawlers import LIST
from footfall.places.databases import PlaceDatabases, describe
from footfall.runtime.data_directory import (
    DirectoryInUse,
    locked_directory,
    make_private,
    open_to_others,
)
from footfall.runtime.watched_clock import problem_in
from footfall.store.maintenance.ledger import ClickHouseBooks

FREE_BYTES_MIN: Final = 1 << 30
CLOCK_MS_MAX: Final = 2_000
"""How far the journal's newest event may lie in the future before the clock is suspect."""


ANSWER_SECONDS_MAX: Final = 5.0
NAMED_MAX: Final = 5


class Unhealthy(FootfallError):
    """The part can be looked at, and is not as it should be."""

    code = "unhealthy"


class Finding(msgspec.Struct, frozen=True):
    part: str
    healthy: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """One finding a part. The event store of a running server is left to the server."""
    directory = settings.directory
    try:
        return _examine(settings, directory)
    except Exception as error:  # what keeps it from looking is a finding too
        return [Finding("data directory", False, sentence_of(error))]


def _examine(settings: Settings, directory: Path) -> list[Finding]:
    findings = [_directory(directory), _disk(directory)]
    if not findings[0].healthy:
        return findings
    findings.append(_others(directory))
    findings += [_journal(directory / "journal.db"), _clock(directory)]
    findings += [_attempt("catalog", lambda: _catalog(settings))]
    findings.append(_attempt("doors", lambda: _doors(settings)))
    findings.append(Finding("lists of crawlers", True, LIST))
    findings.append(_attempt("place data", lambda: _places(settings)))
    try:
        with locked_directory(directory):
            findings.append(_attempt("event store", lambda: _store(settings)))
    except DirectoryInUse as error:
        url = error.url
        findings.append(_attempt("event store", lambda: _running(url)))
    return findings


def _attempt(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, True, look())
    except Unhealthy as error:
        return Finding(part, False, error.message)
    except Exception as error:  # the other parts are looked at all the same
        return Finding(part, False, sentence_of(error))


def _directory(directory: Path) -> Finding:
    if not directory.exists():
        return Finding("data directory", False, f"{directory} is missing: run footfall serve")
    probe = directory / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        text = f"cannot be written ({error}): free the disk or give this user the directory"
        return Finding("data directory", False, text)
    return Finding("data directory", True, str(directory.absolute()))


def _others(directory: Path) -> Finding:
    make_private(directory)
    if found := open_to_others(directory):
        names = ", ".join(map(str, found))
        text = f"may read or replace {names}, which this user does not close: chown -R what is "
        text += "there to the server's user and chmod -R go-rwx it, or use a directory of its own"
        return Finding("other users", False, text)
    return Finding("other users", True, "cannot read the data directory's files")


def _disk(directory: Path) -> Finding:
    free = shutil.disk_usage(directory if directory.exists() else Path.cwd()).free
    text = f"{free / 1e9:.1f} GB free"
    if free < FREE_BYTES_MIN:
        text += ": scans go unrecorded when none is left. Free some, or let an account keep raw "
        text += "events for fewer days (footfall accounts change --raw-days)"
        return Finding("disk", False, text)
    return Finding("disk", True, text)


def _read_journal(path: Path) -> tuple[int, int, str, str]:
    """Events waiting, the newest event's id, SQLite's own verdict on the file, and why it is behind
    what it once was, "" when it is not."""
    known = read_mark(path)  # first: the journal of a running server is never behind it
    connection = connect_to_read(path)
    try:
        (events, newest) = connection.execute(
            "SELECT coalesce(sum(events), 0), coalesce(max(last_id), 0) FROM groups"
        ).fetchone()
        name, released = connection.execute("SELECT name, last_id FROM state").fetchone()
        (position,) = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'groups'"
        ).fetchone()
        (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
    finally:
        connection.close()
    return events, max(newest, released), verdict, lag(known, name, position)


def _journal(path: Path) -> Finding:
    try:
        events, _, verdict, behind = _read_journal(path)
    except sqlite3.Error as error:
        return Finding("journal", False, f"{path} cannot be read: {error}")
    if verdict != "ok":
        return Finding("journal", False, f"{path} is damaged ({verdict}): keep a copy of it")
    if behind:
        text = f"{behind}: a part of it was restored, or the disk lost writes. docs/operations.md"
        return Finding("journal", False, f"{text} says what the next start does")
    return Finding("journal", True, f"whole; {events} events wait for the event store")


def _clock(directory: Path) -> Finding:
    if problem := problem_in(directory):
        return Finding("clock", False, problem)
    try:
        _, newest, _, _ = _read_journal(directory / "journal.db")
    except sqlite3.Error:
        newest = 0
    ahead = received_at(newest) - time.time() * 1000 if newest else 0
    if ahead > CLOCK_MS_MAX:
        text = (
            f"the newest event was received {ahead / 1000:.0f} s in the future: the clock was "
            "set back. Ids go on from it; set the clock right (NTP)"
        )
        return Finding("clock", False, text)
    return Finding("clock", True, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _catalog(settings: Settings) -> str:
    catalog = bootstrap.open_catalog(settings)
    try:
        bootstrap.check_catalog(catalog, settings)
        return f"{len(catalog.accounts())} accounts, {len(catalog.list_keys())} keys"
    finally:
        catalog.close()


def _doors(settings: Settings) -> str:
    """A warning only: for members who come and go it is right."""
    catalog = bootstrap.open_catalog(settings)
    try:
        with catalog.reading() as session:
            again, readers = readers_admitting_again(session)
    finally:
        catalog.close()
    if not again:
        return f"{readers} readers"
    named = ", ".join(again[:NAMED_MAX]) + (", …" if len(again) > NAMED_MAX else "")
    return (
        f"{len(again)} of {readers} readers admit the same pass again at once ({named})."
        ' For tickets set validityPeriodSeconds, or "Rule at the doors" in the dashboard'
    )


def _places(settings: Settings) -> str:
    places = PlaceDatabases(settings.directory / "places", settings.place_file)
    if warning := places.warning(bootstrap.now()):
        raise Unhealthy(warning)
    listed = describe(places.databases, bootstrap.now())
    return ", ".join(f"{one.name} of {one.date}, {one.days_old} days old" for one in listed)


def _store(settings: Settings) -> str:
    store = bootstrap.open_store(settings)
    catalog = bootstrap.open_catalog(settings)

    def removed(account: int) -> dict[CountKey, int]:
        with catalog.reading() as session:
            return removed_counts(session, account, 0, FOREVER_HOUR)

    def expired(account: int) -> dict[str, int]:
        if problem_in(settings.directory):  # nothing is removed by its age
            return {}
        with catalog.reading() as session:
            return expired_hours(session, account, bootstrap.now())

    try:
        text = f"answers, engine {store.check()}"
        ledger = SqliteLedger(settings.directory / "journal.db")
        present = look_offline(ledger, ClickHouseBooks(store.opened), removed, expired)
    finally:
        catalog.close()
        store.close()
    if not present.whole:
        raise Unhealthy(present.warning())
    return text


def _running(url: str) -> str:
    """What the server on the directory says of itself. It may be starting, or hang."""
    if not url:
        return "in use by another command, which looks after it"
    text = f"in use by the running server: see {url}/health"
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{url}/health", timeout=ANSWER_SECONDS_MAX) as answer:
            state = json.load(answer)
    except urllib.error.HTTPError as error:
        state = json.load(error)
    except OSError as error:
        raise Unhealthy(f"the running server does not answer on {url}: {error}") from None
    if said := state.get("problem") or state.get("warning"):
        raise Unhealthy(f"{said} The running server says so: {url}/health")
    return text
