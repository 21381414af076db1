"""The import of one file: row by row into batches, batch by batch to the server, into the ledger.

Each event has an id made of the file's content and its row, unless the mapping gives one: a second
run of the same file doubles nothing, for as long as the server knows the ids.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.cli.import_.files import Row, Source
from footfall.cli.import_.formats import LOGS, FileFormat
from footfall.cli.import_.ledger import Ledger, RefusedRows, read_ledger, write_ledger
from footfall.cli.import_.mapping import BadRow, Plan, RowMapping
from footfall.cli.import_.sending import Server
from footfall.dialects.native.ingest_body import EventRequest
from footfall.parsing.invalid_values import describe

BATCH_BYTES_MAX: Final = 8 << 20
DRY_ROWS_MAX: Final = 5

Advance = Callable[[int], None]
_decode: Final = msgspec.json.Decoder(EventRequest).decode


class Order(msgspec.Struct, frozen=True):
    """What is to be imported, and where its ledger is kept."""

    path: Path
    format: FileFormat | None
    plan: Plan
    url: str
    state: Path | None
    refused: Path | None
    batch: int


class Importer:
    """Raises InvalidRequest where the order cannot be carried out."""

    def __init__(self, order: Order, server: Server) -> None:
        self.source = Source(order.path, order.format)
        self._server = server
        self._batch = order.batch
        digest = self.source.digest()
        plan = msgspec.json.encode(order.plan, order="deterministic").decode()
        self._digest = digest
        self.state = order.state or order.path.with_name(f"{order.path.name}.footfall-import")
        self.ledger = read_ledger(self.state, f"{digest} {order.url} {self.source.format} {plan}")
        self.resumed_at = self.ledger.row
        self._refused_path = order.refused
        slugs: dict[str, int] = {}
        if self.source.format in LOGS and not order.plan.path:
            slugs = server.slugs()
        self._mapping = RowMapping(order.plan, self.source.format, slugs)

    @property
    def unused(self) -> list[str]:
        """Columns that are in no event, by name."""
        return sorted(self._mapping.unused)

    def run(self, advance: Advance) -> Ledger:
        """All that is left. `advance` is called after each batch with how many bytes were read."""
        refused = RefusedRows(self._refused_path, self.ledger.refused_bytes)
        try:
            for batch in self._batches():
                self._settle(batch, refused)
                advance(self.source.read_bytes)
        finally:
            refused.close()
        assert self.ledger.balanced, self.ledger
        self.state.unlink(missing_ok=True)
        return self.ledger

    def try_out(self) -> tuple[list[dict[str, Any]], Ledger]:
        """The first events as they would be sent, and what would be refused; nothing is sent. What
        only the server can know, such as whether there is such a tracker, is not looked at."""
        ledger = Ledger("")
        first: list[dict[str, Any]] = []
        for row in self.source.rows():
            ledger.read += 1
            line = self._line(row)
            if line is None:
                ledger.left_out += 1
                continue
            try:
                if isinstance(line, str):
                    raise BadRow(line)
                _decode(line)
            except msgspec.ValidationError as error:
                ledger.refuse(row.number, describe(error, EventRequest))
                continue
            except (BadRow, msgspec.MsgspecError, ValueError, RecursionError) as error:
                ledger.refuse(row.number, str(error))
                continue
            ledger.stored += 1
            if len(first) < DRY_ROWS_MAX:
                first.append(msgspec.json.decode(line))
        return first, ledger

    def _batches(self) -> Iterator[list[tuple[Row, bytes | str | None]]]:
        batch: list[tuple[Row, bytes | str | None]] = []
        size = 0
        for row in self.source.rows():
            if row.number <= self.resumed_at:
                continue
            line = self._line(row)
            batch.append((row, line))
            size += len(line or "")
            if len(batch) >= self._batch or size >= BATCH_BYTES_MAX:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _line(self, row: Row) -> bytes | str | None:
        """The event as JSON, why it is none, or None when the row is not chosen."""
        if row.problem:
            return row.problem
        try:
            if not self._mapping.chosen(row.fields):
                return None
            event = self._mapping.event(row.fields, f"{self._digest}-{row.number:09d}")
            return msgspec.json.encode(event)
        except BadRow as error:
            return str(error)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            return f"This cannot be written as JSON: {str(error)[:100]}"

    def _settle(self, batch: list[tuple[Row, bytes | str | None]], refused: RefusedRows) -> None:
        """Send a batch, write down what became of each row, and then that it is dealt with."""
        lines = [line for _, line in batch if isinstance(line, bytes)]
        entries = iter(self._server.send(lines) if lines else [])
        ledger = self.ledger
        for row, line in batch:
            ledger.read += 1
            if line is None:
                ledger.left_out += 1
                continue
            problem = line
            if isinstance(line, bytes):
                entry = next(entries)
                if entry.status == "stored":
                    ledger.stored += 1
                    continue
                if entry.status == "duplicate":
                    ledger.duplicates += 1
                    continue
                problem = entry.error
            assert isinstance(problem, str)
            ledger.refuse(row.number, problem)
            refused.write(row.number, problem, row.text)
        ledger.row = batch[-1][0].number
        ledger.refused_bytes = refused.sync()
        write_ledger(self.state, ledger)
