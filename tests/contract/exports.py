"""Exports on a real catalog, engine and disk; time and room are given by the test."""

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet

from footfall.catalog.tables import AccountRow
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, ID_MAX, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter
from footfall.core.trackers import DeletedTracker
from footfall.jobs.export.exports import Exports
from footfall.jobs.export.jobs import Export
from footfall.runtime.background import Background
from footfall.runtime.extracts import Extract, Format
from footfall.runtime.read_queue import ReadLimits, Turns
from footfall.runtime.reader import Reader
from footfall.store.store import ClickHouseStore
from tests.support.catalogs import new_catalog

NOW = 1_790_035_200_000
SOURCE = "test"
_numbers = itertools.count(1)


class Loaded:
    """All events are in the store already."""

    async def catch_up(self) -> None:
        return None

    async def as_of(self) -> int:
        return ID_MAX

    async def settle(self) -> None:
        return None


class Place:
    """A catalog, a store and exports with slices of ten rows, at a time that stands still."""

    def __init__(self, directory: Path, store: ClickHouseStore) -> None:
        self.now = NOW
        self.store = store
        self.directory = directory / "exports"
        self.catalog = new_catalog(directory, lambda: self.now)
        self.account = self.add_account()
        self.background = Background(1)
        self.exports = self.restart()

    def add_account(self) -> int:
        account = next(_numbers)  # another one than in the other tests of this store
        with self.catalog.writing() as session:
            facts = {"name": "A", "email": "a@example.org", "privacy": "full", "created_at": NOW}
            session.add(AccountRow(id=account, **facts))
        return account

    def restart(self, **limits: int) -> Exports:
        reader = Reader(Loaded(), self.store, Turns(ReadLimits(), self.store.cancel))
        self.exports = Exports(
            self.catalog,
            self.store,
            reader,
            self.background,
            self.directory,
            lambda: self.now,
            **{"slice_rows": 10, "spare_bytes": 0, **limits},
        )
        return self.exports

    def insert(self, count: int, first: int = 0, tracker: int = 1) -> list[int]:
        events = [
            Event(
                id=(NOW - EPOCH_MS << TIME_SHIFT) + number,
                account=self.account,
                tracker=tracker,
                kind=EventKind.IMPRESSION,
                source=SOURCE,
                verdict=Verdict.COUNTED,
                sub1=f"n {number}",
            )
            for number in range(first, first + count)
        ]
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in events)
        self.store.insert(Batch(f"exports-{next(_numbers)}", 0, count, lines))
        return [one.id for one in events]

    async def create(self, format: Format = Format.NDJSON, **conditions: Any) -> Export:
        query = EventFilter(account=self.account, **conditions)
        columns = {"id": "id", "sub1": "sub1"}
        return await self.exports.create(
            SOURCE, Extract(query=query, columns=columns, format=format)
        )

    def state(self, export: Export) -> Export:
        return self.exports.find(self.account, SOURCE, export.id)

    def finish(self) -> None:
        while self.exports.step():
            pass

    def content(self, export: Export) -> bytes:
        _, file = self.exports.open(self.account, SOURCE, export.id)
        with file:
            return file.read()

    def ids(self, export: Export) -> list[int]:
        content = self.content(export)
        if export.format is Format.NDJSON:
            return [json.loads(line)["id"] for line in content.splitlines()]
        if export.format is Format.CSV:
            head, *lines = content.decode().splitlines()
            assert head == '"id","sub1"'
            return [int(line.partition(",")[0]) for line in lines]
        path = self.directory / f"{export.id}.parquet"
        return pyarrow.parquet.read_table(path)["id"].to_pylist()  # type: ignore[no-any-return]

    def files(self) -> set[str]:
        return {path.name for path in self.directory.iterdir()}

    def erase(self, tracker: int, source: str = SOURCE) -> None:
        """One pass of upkeep: what was asked for before is older than it."""
        self.now += 1
        began = self.now
        deleted_trackers = [DeletedTracker(self.account, tracker, source, NOW)]
        remover = self.store.remover()
        query = EventFilter(account=self.account, trackers=(tracker,))
        remover.rebuild_counts(query)
        remover.remove(query)
        self.now += 1
        self.exports.erase(deleted_trackers, began)

    def close(self) -> None:
        self.catalog.close()
        self.background.close()
