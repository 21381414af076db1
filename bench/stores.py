"""The child of `sample.py`: one store, one directory, one answer."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from bench.mixed import mix, stream
from bench.native import REPORT, ROW, export_span
from bench.sample import Asked, Kept, Made, Rate, Times
from footfall import bootstrap
from footfall.cli.demo.calendar import slots
from footfall.cli.demo.demo import PEOPLE_PER_EVENT
from footfall.cli.demo.generate import Plan, generate
from footfall.cli.demo.people import REFERRERS, profiles
from footfall.core.calendar import DAY_MS, QUARTER_HOUR_MS
from footfall.core.events import COLUMNS, Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, first_id_at
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter, EventQuery
from footfall.core.reports import Metric, ReportQuery
from footfall.dialects.native.event_body import FILE_COLUMNS
from footfall.dialects.openqr.scans import report_query
from footfall.journal.journal import SqliteJournal
from footfall.journal.loader import Loader
from footfall.runtime.extracts import Extract, Format
from footfall.store.engine import Engine
from footfall.store.query.event_query import SqlQuery, select_events, select_tracker_report
from footfall.store.query.extracts import read_slice
from footfall.store.query.report_query import select_groups
from footfall.store.query.report_tables import table_for
from footfall.store.store import ClickHouseStore

SEED: Final = 1
MAKING_MEMORY_BYTES: Final = 3_000_000_000
CHUNK_EVENTS: Final = 1_000_000
SETTLE_SECONDS_MAX: Final = 240.0
SETTLED_SECONDS: Final = 3.0
NEAR_EVENTS: Final = 1_000_000
TIMES: Final = 24
SCAN_FIELDS: Final = (*COLUMNS[: COLUMNS.index("program")], "code", "metadata")
"""Every column that a scan of a code can fill: a page of codes shows no other."""
BATCH_EVENTS: Final = 10_000
MEMORY_BYTES: Final = 400_000_000


def url_of(asked: Asked) -> str:
    return f"chdb://{(Path(asked.directory) / 'store').absolute()}"


def rows_of(asked: Asked, sql: str) -> list[Any]:
    engine = Engine(url_of(asked), {})
    try:
        with engine.reading() as client:
            return list(client.query(sql).result_rows)
    finally:
        engine.close()


def count(asked: Asked) -> Kept:
    return Kept(*rows_of(asked, "SELECT count(), uniqExact(id) FROM events")[0])


# ── make ──────────────────────────────────────────────────────────────────────────────────────


def make(asked: Asked) -> Made:
    """Says the number of events after every insert."""
    until = bootstrap.now()
    plan = Plan(
        name="bench",
        account=1,
        source="openqr",
        seed=SEED,
        privacy=asked.privacy,
        slots=slots(asked.events, asked.days, until, len(asked.subjects)),
        subjects=asked.subjects,
        profiles=profiles(SEED),
        referrers=REFERRERS,
        people=max(1, int(asked.events * PEOPLE_PER_EVENT)),
    )
    began = time.monotonic()
    for inserted in generate(url_of(asked), MAKING_MEMORY_BYTES, plan, CHUNK_EVENTS):
        sys.stderr.write(f"{inserted}\n")
        sys.stderr.flush()
    seconds = time.monotonic() - began
    settled = settle_merges(asked)
    sizes = dict(
        rows_of(
            asked,
            "SELECT table, sum(bytes_on_disk) FROM system.parts"
            " WHERE active AND table != 'migrations' GROUP BY table",
        )
    )
    ((parts,),) = rows_of(
        asked, "SELECT count() FROM system.parts WHERE active AND table = 'events'"
    )
    ((tracker, nearest_events),) = rows_of(
        asked,
        "SELECT tracker, count() AS n FROM events WHERE account = 1 GROUP BY tracker"
        f" ORDER BY abs(toInt64(n) - {NEAR_EVENTS}) LIMIT 1",
    )
    nearest = next(subject for subject in asked.subjects if subject.tracker == tracker)
    return Made(asked.events, seconds, sizes, parts, settled, nearest, nearest_events)


def settle_merges(asked: Asked) -> bool:
    """Wait for the engine's own merges, forcing none; False when they go on for too long."""
    quiet_since = began = time.monotonic()
    parts = -1
    while time.monotonic() - began < SETTLE_SECONDS_MAX:
        merging, now = rows_of(
            asked,
            "SELECT (SELECT count() FROM system.merges), (SELECT count() FROM system.parts"
            " WHERE active)",
        )[0]
        if merging or now != parts:
            quiet_since, parts = time.monotonic(), now
        elif time.monotonic() - quiet_since > SETTLED_SECONDS:
            return True
        time.sleep(0.25)
    return False


# ── ask ───────────────────────────────────────────────────────────────────────────────────────


def ask(asked: Asked) -> Times:
    """Of the first subject: pages of its tracker and of the account, counts and the report."""
    store = ClickHouseStore(url_of(asked), MEMORY_BYTES)
    engine = Engine(url_of(asked), {"max_server_memory_usage": MEMORY_BYTES})
    tracker = asked.subjects[0].tracker
    now = bootstrap.now()
    deep = first_id_at(now - asked.days * DAY_MS // 2)
    pages = {
        "newest page of the account": EventQuery(account=1, fields=SCAN_FIELDS),
        "newest page of a tracker": EventQuery(account=1, tracker=tracker, fields=SCAN_FIELDS),
        "deep page of the account": EventQuery(account=1, cursor=deep, fields=SCAN_FIELDS),
        "deep page of a tracker": EventQuery(
            account=1, tracker=tracker, cursor=deep, fields=SCAN_FIELDS
        ),
        "newest page of the account, all columns": EventQuery(account=1),
        "newest page of a tracker, all columns": EventQuery(account=1, tracker=tracker),
    }
    year = report_query(1, tracker, 365, now)
    one_tracker = {"account": 1, "tracker": tracker}
    counted = (
        "SELECT count() FROM events WHERE account = {account:UInt32}"
        " AND tracker = {tracker:UInt64} AND verdict = 'counted'"
    )
    with engine.reading() as client:

        def bare(question: SqlQuery) -> Callable[[], Any]:
            sql, parameters = question
            return lambda: client.raw_query(sql, parameters=parameters, fmt="JSONEachRow")

        questions: dict[str, Callable[[], Any]] = {
            "SELECT 1": bare(("SELECT 1", {})),
            "count of a tracker": bare((counted, one_tracker)),
            "report of a year, rollup query": bare(select_tracker_report(year)),
            "report of a year": lambda: store.tracker_report(year),
        }
        for name, query in pages.items():
            questions[f"{name}, in the engine"] = bare(select_events(query))
            questions[name] = lambda query=query: store.events(query)  # type: ignore[misc]
        times = {name: milliseconds(question) for name, question in questions.items()}
    engine.close()
    store.close()
    return Times(times)


def ask_bare(asked: Asked) -> Times:
    """What the native API asks of the engine, asked of it alone."""
    engine = Engine(url_of(asked), {"max_server_memory_usage": MEMORY_BYTES})
    now = bootstrap.now()
    sql, parameters = month_by_country(now)
    with engine.reading() as client:
        report = milliseconds(
            lambda: client.raw_query(sql, parameters=parameters, fmt="JSONCompact")
        )
    row = socket_milliseconds(engine, now - export_span(asked.events, asked.days))
    engine.close()
    return Times({REPORT: report, ROW: row})


def milliseconds(question: Callable[[], Any]) -> float:
    """The median, after a few that warm up."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        question()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken[TIMES // 4 :])


def month_by_country(now: int) -> SqlQuery:
    query = ReportQuery(
        account=1,
        occurred_since=(now - 30 * DAY_MS) // QUARTER_HOUR_MS * QUARTER_HOUR_MS,
        occurred_until=now // QUARTER_HOUR_MS * QUARTER_HOUR_MS,
        dimensions=("country",),
        metrics=frozenset({Metric.EVENTS, Metric.COUNTED}),
    )
    table = table_for(query)
    return select_groups(query, table, query.dimensions, buckets=False)


def socket_milliseconds(engine: Engine, since: int) -> float:
    """A row: the engine's own JSON lines of everything since then, into a socket."""
    extract = Extract(
        query=EventFilter(account=1, since=since), columns=FILE_COLUMNS, format=Format.NDJSON
    )
    (sql, parameters), format = read_slice(extract, first=True)
    into, out = socket.socketpair()
    rows = 0

    def drain() -> None:
        nonlocal rows
        while piece := out.recv(1 << 20):
            rows += piece.count(b"\n")

    reader = threading.Thread(target=drain)
    reader.start()
    began = time.perf_counter()
    for piece in engine.stream(sql, parameters, format):
        into.sendall(piece)
    into.close()
    reader.join()
    taken = (time.perf_counter() - began) * 1000
    out.close()
    return taken / max(rows, 1)


# ── load ──────────────────────────────────────────────────────────────────────────────────────


def events(number: int) -> Iterator[list[Event]]:
    """Batches of events with everything that a visit shows."""
    people = [msgspec.structs.asdict(one) for one in profiles(SEED)]
    now = bootstrap.now() - EPOCH_MS
    for start in range(0, number, BATCH_EVENTS):
        batch = []
        for place in range(start, start + BATCH_EVENTS):
            facts = people[place % len(people)]
            batch.append(
                Event(
                    id=(now << 22) + place,
                    account=1,
                    tracker=1 + place % 12,
                    kind=EventKind.SCAN,
                    source="bench",
                    delay=-(place // 20),
                    ip=f"10.{place % 199}.{place % 211}.{place % 223}",
                    visitor=hash((place, "visitor")) & ((1 << 32) - 1),
                    **{**facts, "verdict": Verdict(facts["verdict"])},
                )
            )
        yield batch


def insert(asked: Asked) -> Rate:
    store = ClickHouseStore(url_of(asked), MEMORY_BYTES)
    store.open()
    encode = msgspec.json.Encoder().encode
    batches = [
        Batch(f"bench-{number}", number, len(batch), b"\n".join(map(encode, batch)) + b"\n")
        for number, batch in enumerate(events(asked.events))
    ]
    began = time.perf_counter()
    for batch in batches:
        store.insert(batch)
    taken = time.perf_counter() - began
    store.close()
    return Rate(asked.events / taken)


async def load(asked: Asked, *, journal_first: bool) -> Rate:
    store = ClickHouseStore(url_of(asked), MEMORY_BYTES)
    store.open()
    journal = SqliteJournal(Path(asked.directory) / "journal.db", 4 << 30)
    loader = Loader(journal, store, 600)
    batches = list(events(asked.events))
    began = time.perf_counter()
    if not journal_first:
        loader.start()
    for batch in batches:
        await asyncio.gather(*(journal.append(event) for event in batch))
    if journal_first:
        began = time.perf_counter()
        loader.start()
    await loader.catch_up()
    taken = time.perf_counter() - began
    await asyncio.to_thread(loader.stop)
    journal.close()
    store.close()
    return Rate(asked.events / taken)


KINDS: Final[dict[str, Callable[[Asked], msgspec.Struct]]] = {
    "count": count,
    "make": make,
    "mix": mix,
    "stream": stream,
    "ask": ask,
    "ask bare": ask_bare,
    "insert": insert,
    "load": lambda asked: asyncio.run(load(asked, journal_first=False)),
    "drain": lambda asked: asyncio.run(load(asked, journal_first=True)),
}


def main() -> None:
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    Path(asked.directory).mkdir(parents=True, exist_ok=True)
    sys.stdout.buffer.write(msgspec.json.encode(KINDS[asked.kind](asked)))


if __name__ == "__main__":
    main()
