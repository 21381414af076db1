"""Inserts that enter every table exactly once, whatever happened to an earlier attempt.

An insert goes into `incoming`, or into `incoming_ads`, which passes it on and counts the ads. They
keep nothing: from there one part goes into each table.
A process can die between two of those. The engine's own recognition of repeated inserts is not
enough then: it notes the token of a part before it puts the part in its place, and does not force
the note to disk. Killed in between, it takes the repeated part for a known one, and the part is
lost; after a power cut it takes a known part for a new one. So a repeated insert asks the tables
themselves what they hold. Decision record 0011.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.core.errors import StoreUnavailable
from footfall.core.ports import Batch

TABLES: Final = {
    "events": ("account", "tracker", "id"),
    "events_by_tracker": ("account", "tracker", "id"),
    "events_by_quarter_hour": ("account", "tracker", "last_id"),
    "rollup": ("account", "tracker", "last_id"),
    "rollup_account": ("account", "last_id"),
    "rollup_ads": ("account", "tracker", "last_id"),
    "books": ("account", "last_id"),
}
"""Each table that counts, and the columns that tell whose events it holds."""

RAW: Final = ("events", "events_by_tracker")

SETTINGS: Final[dict[str, Any]] = {
    # One insert is one block, and so one part in each table: there whole, or not at all.
    "max_insert_block_size": 4_000_000,
    "min_insert_block_size_rows": 4_000_000,
    "min_insert_block_size_bytes": 1 << 30,
    "input_format_parallel_parsing": 0,
    "max_insert_threads": 1,
    # What a line leaves out has the default of its type: no column of ours has another.
    "input_format_defaults_for_omitted_fields": 0,
    # Of an attempt that is still under way on a server elsewhere, while this is its repetition.
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}


class Probe(msgspec.Struct, frozen=True):
    """An event by which a table tells whether it holds an insert: of the insert's events of one
    tracker the one with the greatest id, which is the `last_id` of every count that it is in.
    Likewise of those that name an offer: `rollup_ads` counts no others."""

    account: int
    id: int
    tracker: int = 0
    offer: str = ""


_OF_LINES: Final[dict[str, Any]] = {
    # The views are planned again for each insert: to improve and to compile the plan takes longer
    # than what it saves.
    "query_plan_enable_optimizations": 0,
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
}

_AN_OFFER: Final = b'"offer":'

_decode_probe: Final = msgspec.json.Decoder(Probe).decode


def probes_of(lines: bytes) -> list[Probe]:
    """Of an insert as JSON lines."""
    newest: dict[tuple[int, int, bool], Probe] = {}
    for line in lines.splitlines():
        event = _decode_probe(line)
        for of_ads in {False, event.offer != ""}:
            key = (event.account, event.tracker, of_ads)
            known = newest.get(key)
            if known is None or known.id < event.id:
                newest[key] = event
    return list(newest.values())


def insert_lines(
    client: Client,
    lines: bytes,
    token: str,
    *,
    again: bool,
    embedded: bool,
    origin: Sequence[str] = (),
    tail: bytes = b"",
) -> None:
    """JSON lines as the journal has them, `again` when it was begun before, and nobody knows how it
    ended. A table that has `tail` has all of them: see `core.ports.Batch`. Raises StoreUnavailable
    when other rows entered than these."""
    table = "incoming_ads" if _AN_OFFER in lines else "incoming"
    rows = sum(1 for line in lines.splitlines() if line)

    def insert(settings: dict[str, Any]) -> None:
        summary = client.raw_insert(
            table, insert_block=lines, fmt="JSONEachRow", settings={**settings, **_OF_LINES}
        )
        if embedded and summary.written_rows != rows:
            raise StoreUnavailable(
                f"Of a batch of {rows} events {summary.written_rows} entered the event store. It "
                "stays in the journal and is tried again."
            )

    probes = probes_of(lines) + probes_of(tail) if again else None
    insert_once(client, insert, token, probes, origin)
    # A server elsewhere counts the rows of its views too.
    if not embedded and not {*RAW} <= {*_holding(client, probes_of(lines))}:
        raise StoreUnavailable(
            f"The event store took a batch of {rows} events and does not hold it. It stays in the "
            "journal and is tried again."
        )


def insert_once(
    client: Client,
    insert: Callable[[dict[str, Any]], object],
    token: str,
    probes: list[Probe] | None = None,
    origin: Sequence[str] = (),
) -> None:
    """Call `insert` with the settings under which its rows enter every table once.

    `probes` when it comes again. `origin` says of a batch where it comes from, for the books.
    """
    if probes is None:
        insert(_settings(token, origin))
        return
    insert(_settings(token, [*_holding(client, probes), *origin]))
    last = _settings("", [*_holding(client, probes), *origin])
    insert({**last, "insert_deduplicate": 0})


def origin_of(batch: Batch) -> list[str]:
    """Its journal and the run of groups there, as the views of `books` and `batches` read them. A
    piece that is not the final one is of a journal, and of no groups yet."""
    if not batch.first:
        return [f"journal:{batch.journal}"] if batch.journal and not batch.final else []
    return [
        f"journal:{batch.journal}",
        f"first:{batch.first}",
        f"last:{batch.last}",
        f"groups:{batch.groups}",
    ]


def _settings(token: str, words: Sequence[str]) -> dict[str, Any]:
    """`log_comment` is text that the engine leaves to the caller; here it names the tables that
    the views leave out, and where a batch comes from (`migrations/`)."""
    return {**SETTINGS, "insert_deduplication_token": token, "log_comment": ",".join(words)}


def _holding(client: Client, probes: list[Probe]) -> list[str]:
    """The tables that hold the insert. One of its events is enough: a part is there as a whole.
    `rollup_ads` holds nothing of an insert without ads, and takes nothing of it again."""
    parameters: dict[str, Any] = {
        "accounts": list({probe.account for probe in probes}),
        "of_trackers": [(probe.account, probe.tracker, probe.id) for probe in probes],
        "of_accounts": [(probe.account, probe.id) for probe in probes],
    }
    sets = {
        3: "{of_trackers:Array(Tuple(UInt32, UInt64, UInt64))}",
        2: "{of_accounts:Array(Tuple(UInt32, UInt64))}",
    }
    sql = " UNION ALL ".join(
        f"SELECT '{table}' FROM {table} WHERE account IN {{accounts:Array(UInt32)}}"
        f" AND ({', '.join(columns)}) IN {sets[len(columns)]} GROUP BY ALL"
        for table, columns in TABLES.items()
    )
    return [table for (table,) in client.query(sql, parameters=parameters).result_rows]
