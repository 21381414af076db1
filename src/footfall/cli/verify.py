"""`footfall verify`: balances all the books of a data directory that no server uses, and derives
stored columns again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from footfall import bootstrap
from footfall.api.bodies import iso_time
from footfall.app import changing_accounts
from footfall.cli.rederive import Derived, derive
from footfall.config import Settings
from footfall.core.books import Difference
from footfall.core.calendar import HOUR_MS
from footfall.core.errors import NotFound, Unavailable
from footfall.integrity import interrupted
from footfall.integrity.balance import Row
from footfall.integrity.inspection import (
    FOREVER_HOUR,
    Inspection,
    find_lost_groups,
    inspect,
    repair_differences,
)
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import SqliteLedger
from footfall.journal.reconciling import reconcile
from footfall.runtime.data_directory import locked_directory
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.maintenance.parts import RAW_TABLES
from footfall.store.paths import own_temporary_files
from footfall.store.store import ClickHouseStore

SHOWN_MAX: Final = 40
"""Lines of a table: how many more there are is said."""


class NotSettled(Unavailable):
    code = "not_settled"


class Verification:
    """On a directory that is locked for this process."""

    def __init__(self, settings: Settings, since: int, until: int, console: Console) -> None:
        self._settings = settings
        self._since = since
        self._until = until
        self._console = console
        self._journal = settings.directory / "journal.db"
        self.store: ClickHouseStore = bootstrap.open_store(settings)
        self._ledger = SqliteLedger(self._journal)
        self._comparer = ClickHouseComparer(self.store.opened)

    def run(self, *, repair: bool) -> bool:
        """True when the books balance, in the end."""
        try:
            if repair:
                self.settle()
            lost = find_lost_groups(self._ledger.read(None, 0, 1 << 40), self._ledger.waiting())
            found = self._inspect("Comparing")
            results: list[tuple[Difference, str]] = []
            if repair and found.differences:
                results = repair_differences(self._comparer, found.differences)
                found = self._inspect("Comparing again")
        finally:
            self.store.close()
        self._print(found, lost, {one: why for one, why in results if why})
        if repaired := sum(not why for _, why in results):
            self._say(f"{repaired} counted again from raw rows.")
        balanced = found.balanced and not lost
        self._advise(found, lost, balanced=balanced, repair=repair)
        return balanced

    def settle(self) -> None:
        """Rows or counts are about to change: nothing may be on its way in or out."""
        catalog = bootstrap.open_catalog(self._settings)
        changing = bool(changing_accounts(catalog))
        catalog.close()
        if changing:
            raise NotSettled(
                "A deletion of events or a policy is under way. Start the server, wait until GET "
                "/deletions and GET /policies say that it is done, stop it, and repair then."
            )
        journal = SqliteJournal(self._journal, self._settings.journal_bytes_max)
        try:
            reconcile(journal, ClickHouseBooks(self.store.opened).runs)
            while (batch := journal.take()) is not None:
                self.store.insert(batch, journal.release)
        finally:
            journal.close()

    def require_whole_rows(self) -> None:
        """Counts are rebuilt from raw rows: where rows are missing, counts would be lost. Raises
        NotSettled."""
        found = self._inspect("Comparing")
        rows = [one for one in found.differences if one.table in RAW_TABLES]
        if rows or found.gaps or not all(one.balanced for one in found.rows):
            raise NotSettled(
                "Raw events are missing or doubled, so counts cannot be rebuilt from them. Run "
                "footfall verify: it says what is missing. Nothing was changed."
            )

    def _inspect(self, what: str) -> Inspection:
        columns = (
            *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()),
            *(TextColumn("{task.completed:,.0f} events"), TimeRemainingColumn()),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(what, total=None)
            return inspect(
                self._ledger,
                ClickHouseBooks(self.store.opened),
                self._comparer,
                self._since,
                self._until,
                self._ledger.begun(),
                lambda done, total: progress.update(task, completed=done, total=total),
            )

    def _print(self, found: Inspection, lost: int, refused: dict[Difference, str]) -> None:
        _print_sources(self._console, found.rows)
        bad = [one for one in found.rows if not one.balanced]
        self._list(
            ("account", "source", "day", "journalled", "stored", "missing"),
            [
                (one.account, one.source, _day(one.hour), one.journalled, one.stored, one.missing)
                for one in bad
            ],
        )
        self._list(
            ("journal", "groups", "missing", "after", "before"),
            [
                (
                    *(one.journal, f"{one.first} to {one.last}", one.missing),
                    *("" if at is None else iso_time(at) for at in (one.after, one.before)),
                )
                for one in found.gaps
            ],
        )
        self._list(
            ("table", "account", "hour", "should have", "has", "rows", "not repaired because"),
            [
                (
                    *(one.table, one.account, iso_time(one.hour * HOUR_MS)),
                    *(one.expected, one.found, one.rows, refused.get(one, "")),
                )
                for one in found.differences
            ],
        )
        for account, hour in found.whole_from.items():
            if hour:
                self._say(
                    f"Account {account}: rollups before {iso_time(hour * HOUR_MS)} were not "
                    "compared, because raw events from then were removed."
                )
        if found.under_way:
            self._say("A batch that a stop cut in two is completed at the next start.")
        if lost:
            self._say(f"The journal's file lacks {lost} events that wait by its ledger.")

    def _list(self, headings: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
        if not rows:
            return
        table = Table(*headings)
        for row in rows[:SHOWN_MAX]:
            table.add_row(*map(str, row))
        self._console.print(table)
        if len(rows) > SHOWN_MAX:
            self._say(f"… and {len(rows) - SHOWN_MAX} more.")

    def _advise(self, found: Inspection, lost: int, *, balanced: bool, repair: bool) -> None:
        if interruption := interrupted.warning(self._settings.directory):
            self._say(interruption)
        if balanced:
            self._say("[green]The books balance.[/]")
            return
        self._say("[red]The books do not balance.[/]")
        if found.differences and not repair and not interruption:
            self._say("Count again what differs: footfall verify --repair")
        if found.gaps or lost or not all(one.balanced for one in found.rows):
            self._say(
                "What is missing is not in this directory: was a part of it restored from a "
                "backup of another time? docs/operations.md says more."
            )

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)


def _print_sources(console: Console, rows: Sequence[Row]) -> None:
    """One line a source, over all days."""
    table = Table("account", "source", "journalled", "other", "stored", "waiting", "removed", "")
    for place in sorted({(one.account, one.source) for one in rows}):
        mine = [one for one in rows if (one.account, one.source) == place]
        numbers = [
            sum(one.journalled or 0 for one in mine),
            *(sum(one.other for one in mine), sum(one.stored for one in mine)),
            *(sum(one.waiting for one in mine), sum(one.removed for one in mine)),
        ]
        mark = "[green]balanced[/]" if all(one.balanced for one in mine) else "[red]not balanced[/]"
        table.add_row(str(place[0]), place[1], *(f"{number:,}" for number in numbers), mark)
    console.print(table)


def _day(hour: int) -> str:
    return iso_time(hour * HOUR_MS)[:10]


@contextmanager
def stopped_directory(settings: Settings) -> Iterator[None]:
    """A data directory with events, locked for this process. Raises DirectoryInUse, NotFound."""
    directory = settings.directory
    if not (directory / "catalog.db").exists():
        raise NotFound(f"{directory} holds no data: name the data directory with --data.")
    with locked_directory(directory):
        own_temporary_files(directory)
        if not (directory / "journal.db").exists():  # the demo's data, not served yet
            SqliteJournal(directory / "journal.db", settings.journal_bytes_max).close()
        yield


def verify(settings: Settings, console: Console, since: int, until: int, *, repair: bool) -> bool:
    """True when the books balance. Raises DirectoryInUse, NotFound, Unavailable."""
    with stopped_directory(settings):
        return Verification(settings, since, until, console).run(repair=repair)


def rederive(settings: Settings, console: Console, *, apply: bool) -> Derived:
    """Without `apply` nothing is written. Raises DirectoryInUse, NotFound, Unavailable."""
    with stopped_directory(settings):
        verification = Verification(settings, 0, FOREVER_HOUR, console)
        try:
            if apply:
                verification.settle()
                verification.require_whole_rows()
            return derive(settings, verification.store, console, apply=apply)
        finally:
            verification.store.close()
