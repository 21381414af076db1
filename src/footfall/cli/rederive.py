"""`footfall verify --rederive`: which stored columns an upgrade would fill differently, and their
rewriting."""

from collections import Counter
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from footfall.config import Settings
from footfall.core.reports import ArchivedMonth
from footfall.integrity import interrupted
from footfall.jobs.archive.manifests import archived_months, read_manifest
from footfall.jobs.deletion.deletions import archive_directory
from footfall.store.maintenance.rederive import RUNS_BETWEEN_WAITS as RUNS
from footfall.store.maintenance.rederive import SOURCES, Change, Rederiver
from footfall.store.store import ClickHouseStore

EXAMPLES: Final = 5
"""Of each column: the changes with the most events."""

CHANGES_MAX: Final = 100_000
"""Different changes that are remembered: referrers come from strangers. Rarer ones are dropped
from the examples; the number of events of a column stays exact."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    before: str
    after: str
    events: int


class Column(msgspec.Struct, frozen=True, kw_only=True):
    column: str
    events: int
    examples: list[Example]


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """`changed` events have a new value in one column or more; `applied` says whether it is
    written."""

    applied: bool
    events: int
    changed: int
    columns: list[Column]
    next: str


class _ChangeSummary:
    def __init__(self) -> None:
        self.events = self.changed = 0
        self._of_column: Counter[str] = Counter()
        self._changes: Counter[Change] = Counter()

    def add(self, events: int, changed: int, changes: Counter[Change]) -> None:
        self.events += events
        self.changed += changed
        for (column, _, _), number in changes.items():
            self._of_column[column] += number
        self._changes.update(changes)
        if len(self._changes) > CHANGES_MAX:
            self._changes = Counter(dict(self._changes.most_common(CHANGES_MAX // 2)))

    def columns(self) -> list[Column]:
        found = []
        for name in (name for source in SOURCES for name in source.columns):
            if self._of_column[name]:
                mine = Counter({c: n for c, n in self._changes.items() if c[0] == name})
                examples = [
                    Example(before=before, after=after, events=number)
                    for (_, before, after), number in mine.most_common(EXAMPLES)
                ]
                found.append(Column(column=name, events=self._of_column[name], examples=examples))
        return found


def derive(settings: Settings, store: ClickHouseStore, console: Console, *, apply: bool) -> Derived:
    """Without `apply` nothing is written. Interrupted, the same call continues: events that are
    rewritten do not differ any more. Blocks; raises StoreUnavailable."""
    archives = archive_directory(settings.directory)

    def archived(account: int) -> list[ArchivedMonth]:
        return archived_months(archives, read_manifest(archives, account))

    rederiver = Rederiver(store.opened(), archived)
    if apply:
        interrupted.begin(settings.directory)
        rederiver.wait()
    found = _ChangeSummary()
    accounts = rederiver.accounts()
    with _progress(console) as progress:
        what = "Deriving again" if apply else "Comparing"
        task = progress.add_task(what, total=sum(events for _, events in accounts))
        rewritten = 0
        for account, _ in accounts:
            first = 0
            while (run := rederiver.look(account, first)) is not None:
                if apply and run.changed:
                    rederiver.rewrite(run)
                    rewritten += 1
                    if rewritten % RUNS == 0:
                        rederiver.wait()
                found.add(run.events, run.changed, run.changes)
                progress.advance(task, run.events)
                first = run.last + 1
        if apply:
            rederiver.wait()
            interrupted.end(settings.directory)
    derived = Derived(
        applied=apply,
        events=found.events,
        changed=found.changed,
        columns=found.columns(),
        next=_advise(found.changed, apply=apply),
    )
    _print(console, derived)
    return derived


def _advise(changed: int, *, apply: bool) -> str:
    if not changed:
        return "Nothing to do: every stored column is what its text gives. Start the server."
    if apply:
        return "Rows and counts are rewritten. Start the server: footfall serve"
    return f"Nothing was written. To rewrite these events: {interrupted.COMMAND}"


def _progress(console: Console) -> Progress:
    return Progress(
        *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()),
        *(TextColumn("{task.completed:,.0f} events"), TimeRemainingColumn()),
        console=console,
        transient=True,
    )


def _print(console: Console, derived: Derived) -> None:
    if derived.columns:
        table = Table("column", "events", "from", "to", "of these")
        for one in derived.columns:
            for at, example in enumerate(one.examples):
                name, events = (one.column, f"{one.events:,}") if at == 0 else ("", "")
                texts = escape(example.before or "(empty)"), escape(example.after or "(empty)")
                table.add_row(name, events, *texts, f"{example.events:,}")
        console.print(table)
    verb = "changed" if derived.applied else "would change"
    console.print(f"{derived.changed:,} of {derived.events:,} events {verb}.", soft_wrap=True)
    console.print(derived.next, soft_wrap=True)
