"""Extracts of events, slice by slice, on the real engine and with independent readers."""

import csv
import gzip
import io
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet
import pytest

from footfall.api.files import guarded as guard
from footfall.core.events import COLUMNS, Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import EventFilter
from footfall.jobs.export.jobs import FORMATS
from footfall.runtime.extracts import Extract, Format, Slice
from footfall.store.store import ClickHouseStore

MIDNIGHT = 1_790_035_200_000
_accounts = itertools.count(1)
EVERYTHING = {name: name for name in (*COLUMNS, "occurred_at")}
ODD = ["", "plain", 'it\'s \\ "odd", no?', "ü ☃ 漢", "a\nb\tc", "\u0000 \x1f", "<script>", "'"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('extracts')}", 400_000_000)
    yield opened
    opened.close()


def made(account: int, count: int) -> list[Event]:
    texts = [name for name, value in zip(COLUMNS, msgspec.structs.astuple(one(1, 1)), strict=True)]
    texts = [name for name in texts if getattr(one(1, 1), name) == "" and name != "ip"]
    return [
        one(
            account,
            number,
            delay=number % 3 * 1500,
            verdict=list(Verdict)[number % len(Verdict)],
            ip=["", "192.0.2.7", "2001:db8::1"][number % 3],
            visitor=(1 << 32) - 1 - number,
            asn=number,
            **{name: ODD[(number + place) % len(ODD)] for place, name in enumerate(texts)},
        )
        for number in range(count)
    ]


def one(account: int, number: int, **fields: Any) -> Event:
    facts = {
        "id": (MIDNIGHT - EPOCH_MS << TIME_SHIFT) + number * 977,
        "account": account,
        "tracker": 1 + number % 2,
        "kind": EventKind.IMPRESSION,
        "source": "test",
        "verdict": Verdict.COUNTED,
        **fields,
    }
    return Event(**facts)


def insert(store: ClickHouseStore, events: list[Event]) -> None:
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    store.insert(Batch(f"extracts-{next(_accounts)}", 0, len(events), lines))


def write(store: ClickHouseStore, extract: Extract, path: Path, rows: int) -> list[Slice]:
    """A whole file in slices of so many rows."""
    slices: list[Slice] = []
    with path.open("wb") as file:
        rest = extract
        while part := store.find_slice(rest, rows):
            query = msgspec.structs.replace(rest.query, below=part.last + 1)
            run = msgspec.structs.replace(rest, query=query)
            for piece in store.read_slice(run, first=not slices):
                file.write(gzip.compress(piece) if extract.format is Format.PARQUET else piece)
            slices.append(part)
            query = msgspec.structs.replace(extract.query, above=part.last)
            rest = msgspec.structs.replace(extract, query=query)
        if not slices:
            nothing = msgspec.structs.replace(extract.query, below=0)
            for piece in store.read_slice(
                msgspec.structs.replace(extract, query=nothing), first=True
            ):
                file.write(gzip.compress(piece) if extract.format is Format.PARQUET else piece)
    return slices


def rows_of(path: Path, format: Format) -> list[dict[str, Any]]:
    """As somebody else's program reads it; numbers of CSV are still text."""
    if format is Format.CSV:
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    if format is Format.NDJSON:
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    return pyarrow.parquet.read_table(path).to_pylist()  # type: ignore[no-any-return]


def expected(event: Event, format: Format) -> dict[str, Any]:
    row = {name: getattr(event, name) for name in COLUMNS}
    row |= {"kind": event.kind.value, "verdict": event.verdict.value}
    at = datetime.fromtimestamp(event.occurred_at / 1000, UTC)
    text = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row["occurred_at"] = at if format is Format.PARQUET else text
    return {name: str(value) for name, value in row.items()} if format is Format.CSV else row


def extract_of(account: int, format: Format, **conditions: Any) -> Extract:
    query = EventFilter(account=account, **conditions)
    return Extract(query=query, columns=EVERYTHING, format=format)


def whole_file(store: ClickHouseStore, extract: Extract, directory: Path, rows: int) -> Path:
    path = directory / "slices"
    write(store, extract, path, rows)
    if extract.format is Format.PARQUET:
        merged = directory / "merged"
        merged.write_bytes(b"".join(store.merge_slices(extract, path)))
        return merged
    return path


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rows", [7, 1000])
def test_a_file_has_every_event_with_every_field_once_and_in_order(
    store: ClickHouseStore, tmp_path: Path, format: Format, rows: int
) -> None:
    account = next(_accounts)
    events = made(account, 40)
    insert(store, events[20:])
    insert(store, [*events[:20], *made(next(_accounts), 5)])
    path = whole_file(store, extract_of(account, format), tmp_path, rows)
    assert rows_of(path, format) == [expected(event, format) for event in events]


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_without_events_can_be_read(
    store: ClickHouseStore, tmp_path: Path, format: Format
) -> None:
    path = whole_file(store, extract_of(next(_accounts), format), tmp_path, 10)
    assert rows_of(path, format) == []
    if format is Format.CSV:
        assert path.read_text().startswith('"id","account","tracker","kind"')
    if format is Format.PARQUET:
        assert pyarrow.parquet.read_schema(path).names == list(EVERYTHING)


def test_slices_are_those_of_the_filter_and_of_the_size(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    account = next(_accounts)
    events = made(account, 40)
    insert(store, events)
    chosen = [event for event in events if event.tracker == 2 and event.verdict != Verdict.BOT]
    extract = extract_of(
        account,
        Format.NDJSON,
        tracker=2,
        verdicts=tuple(one for one in Verdict if one is not Verdict.BOT),
        below=events[35].id,
    )
    chosen = [event for event in chosen if event.id < events[35].id]
    slices = write(store, extract, tmp_path / "file", 6)
    assert [part.rows for part in slices] == [6] * (len(chosen) // 6) + [len(chosen) % 6]
    assert [part.last for part in slices[:-1]] == [event.id for event in chosen[5::6]]
    assert [row["id"] for row in rows_of(tmp_path / "file", Format.NDJSON)] == [
        event.id for event in chosen
    ]


def test_columns_have_the_names_and_the_order_that_are_asked_for(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    account = next(_accounts)
    (event,) = made(account, 1)
    insert(store, [event])
    columns = {"offer": "affiliate", "affiliate": "offer", "ip": "country", "time": "occurred_at"}
    query = EventFilter(account=account)
    extract = Extract(query=query, columns=columns, format=Format.NDJSON)
    (row,) = rows_of(whole_file(store, extract, tmp_path, 10), Format.NDJSON)
    assert list(row) == list(columns)
    assert row["offer"] == event.affiliate
    assert row["affiliate"] == event.offer
    assert row["ip"] == event.country


FORMULAS = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\n=1", "  =1", "\x00=1", "＝1", "－1", "﹢1"]
TEXTS = ["'=1", "1-1", "plain", "", "a=1", "ü", "(1)"]


@pytest.mark.parametrize("raw", [False, True])
def test_no_text_of_a_csv_is_a_formula_unless_it_is_asked_for_raw(
    store: ClickHouseStore, tmp_path: Path, raw: bool
) -> None:
    account = next(_accounts)
    texts = [*FORMULAS, *TEXTS]
    events = [one(account, number, referrer=text) for number, text in enumerate(texts)]
    insert(store, events)
    names = ("id", "delay", "asn", "referrer", "id_text", "id_digits", "occurred_at", "ip")
    columns = {name: name for name in names}
    query = EventFilter(account=account)
    extract = Extract(query=query, columns=columns, format=Format.CSV, raw_cells=raw)
    rows = rows_of(whole_file(store, extract, tmp_path, 5), Format.CSV)
    guarded = [guard(text) for text in texts]
    assert guarded == [*(f"'{text}" for text in FORMULAS), *TEXTS]
    assert [row["referrer"] for row in rows] == (texts if raw else guarded)
    assert [row["id"] for row in rows] == [row["id_text"] for row in rows]
    assert {row["delay"] for row in rows} == {"0"}
    as_json = msgspec.structs.replace(extract, format=Format.NDJSON)
    lines = rows_of(whole_file(store, as_json, tmp_path, 5), Format.NDJSON)
    assert [row["referrer"] for row in lines] == texts
