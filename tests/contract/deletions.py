"""Deletions on a real catalog, engine, journal and disk; time and room are given by the test."""

import itertools
import random
from pathlib import Path
from typing import Any

import msgspec

from footfall.catalog.tables import AccountRow
from footfall.core.accounts import AgeBy
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, ID_MAX, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter
from footfall.jobs.archive.archives import Archives
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion.deletions import Deletions
from footfall.jobs.deletion.jobs import DELETIONS, Deletion, Kind, Plan, removed_counts
from footfall.jobs.export.exports import Exports
from footfall.journal.journal import SqliteJournal
from footfall.runtime.background import Background
from footfall.runtime.read_queue import ReadLimits, Turns
from footfall.runtime.reader import Reader
from footfall.store.maintenance.rebuild import Region, find_counted, held_of, select_counts
from footfall.store.query.event_query import conditions_of
from footfall.store.store import ClickHouseStore
from tests.contract.exports import Loaded
from tests.support.catalogs import new_catalog

NOW = Month(2026, 9).since + 10 * 86_400_000
DAY_MS = 86_400_000
_numbers = itertools.count(1)


class Arriving(Loaded):
    """Events after the frontier may be on their way."""

    def __init__(self, ground: "Ground") -> None:
        self._ground = ground

    async def as_of(self) -> int:
        return self._ground.frontier


class Ground:
    """An account with events of three sources in May, June and the last days."""

    def __init__(self, directory: Path, store: ClickHouseStore) -> None:
        self.now = NOW
        self.frontier = ID_MAX
        """Every event up to this id is in the store."""
        self.store = store
        self.directory = directory
        self.catalog = new_catalog(directory, lambda: self.now)
        self.journal = SqliteJournal(directory / "journal.db", 1 << 30, hold_seconds=60)
        self.background = Background(2)
        self.account = self.add_account()
        self.deletions = self.restart()

    def add_account(self) -> int:
        account = next(_numbers)  # another one than in the other tests of this store
        with self.catalog.writing() as session:
            facts = {"name": "A", "email": "a@example.org", "privacy": "full", "created_at": NOW}
            session.add(AccountRow(id=account, **facts))
        return account

    def restart(self, **limits: Any) -> Deletions:
        reader = Reader(Loaded(), self.store, Turns(ReadLimits(), self.store.cancel))
        exports = Exports(
            *(self.catalog, self.store, reader, self.background),
            *(self.directory / "exports", lambda: self.now),
        )
        archives = Archives(
            *(self.directory / "archive", self.store.archive_store(), lambda: self.now),
            spare_bytes=0,
        )
        self.deletions = Deletions(
            self.catalog,
            self.store.remover(),
            archives,
            exports,
            self.journal,
            Arriving(self),
            self.background,
            lambda: self.now,
            **({"spare_bytes": 0} | limits),
        )
        return self.deletions

    def insert(self, at: int, count: int = 200, account: int | None = None, **facts: Any) -> None:
        """Events from this time on, ten seconds apart, some told of an hour late."""
        chance = random.Random(at)
        owner = account or self.account
        events = [
            Event(
                id=(at + n * 10_000 - EPOCH_MS << TIME_SHIFT) + next(_numbers) % 4096,
                account=owner,
                kind=EventKind.CLICK,
                verdict=Verdict.COUNTED,
                visitor=1 + n % 40,
                offer=chance.choice(["", "7"]),
                **{
                    "source": "native",
                    "delay": chance.choice([0, 0, 3_600_000]),
                    "tracker": n % 4,
                    "profile": str(n % 5),
                    "ip": f"203.0.113.{n % 10}",
                    **facts,
                },
            )
            for n in range(count)
        ]
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
        self.store.insert(Batch(f"deletions-{next(_numbers)}", 0, count, lines))

    async def erase(self, **conditions: Any) -> Deletion:
        query = EventFilter(account=self.account, **conditions)
        plan = Plan(queries=(query,))
        asked = await self.deletions.ask(self.account, Kind.ERASURE, plan, "test", "proof")
        await self.deletions.step()
        return self.state(asked.id)

    async def archive(
        self, before: str, *, remove: bool = False, age_by: AgeBy = AgeBy.RECEIVED
    ) -> Deletion:
        plan = Plan(before=before, age_by=age_by, remove=remove)
        asked = await self.deletions.ask(self.account, Kind.ARCHIVE, plan, "test")
        await self.deletions.step()
        return self.state(asked.id)

    def state(self, id: str) -> Deletion:
        with self.catalog.reading() as session:
            return DELETIONS.find(session, self.account, id)

    def all(self) -> list[Deletion]:
        with self.catalog.reading() as session:
            return DELETIONS.page(session, self.account, None, 1_000)

    def removed(self) -> int:
        """Events that the catalog says went."""
        with self.catalog.reading() as session:
            return sum(removed_counts(session, self.account, 0, 1 << 40).values())

    def count(self, account: int | None = None, **conditions: Any) -> int:
        """Rows that both tables of events have."""
        query = EventFilter(account=account or self.account, **conditions)
        held = self.store.archive_store().count(query)
        by_tracker = self.query("events_by_tracker", query)
        assert held == by_tracker
        return held

    def query(self, table: str, query: EventFilter) -> int:
        conditions, parameters = conditions_of(query)
        with self.store._engine.reading() as client:
            sql = f"SELECT count() FROM {table} WHERE {conditions}"
            ((rows,),) = client.query(sql, parameters=parameters).result_rows
        return int(rows)

    def wrong_counts(self, account: int | None = None) -> dict[str, tuple[Any, Any]]:
        """Tables whose counts are not what the rows say: what they hold, and what they should."""
        region = Region(account=account or self.account)
        wrong = {}
        with self.store._engine.reading() as client:
            for one in find_counted(client):
                measure = "sum(events)"
                if one.sketched:
                    measure += " + 1000000 * sum(with_visitor)"
                    measure += " + finalizeAggregation(uniqCombinedMergeState(17)(visitor_sketch))"
                held, of_held = held_of(one, region)
                should, of_should = select_counts(one, region)
                bucket = "quarter_hour" if one.by_receipt else "bucket"
                keys = f"{'tracker, ' if one.by_tracker else ''}{bucket}"
                sql = (
                    f"SELECT {keys}, {measure} AS n {{}} GROUP BY {keys} HAVING n > 0 ORDER BY ALL"
                )
                found = client.query(sql.format(held), parameters=of_held).result_rows
                wanted = client.query(
                    sql.format(f"FROM ({should})"), parameters=of_should
                ).result_rows
                if found != wanted:
                    wrong[one.table] = found, wanted
        return wrong

    def total(self) -> int:
        """What the rollup counts."""
        with self.store._engine.reading() as client:
            ((total,),) = client.query(
                "SELECT sum(events) FROM rollup WHERE dimension = 'total' AND"
                f" account = {self.account}"
            ).result_rows
        return int(total)

    def close(self) -> None:
        self.journal.close()
        self.catalog.close()
        self.background.close()
