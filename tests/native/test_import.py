"""`footfall import`: files of every format, interrupted and gone on with, balanced at the end."""

import gzip
import json
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
from backports import zstd

from tests.native.importing import Import, rows_of
from tests.support.running import RunningServer, output_of, wait_for

PARQUET = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn="chdb://")
client.command("INSERT INTO FUNCTION file('" + sys.argv[1] + "', 'Parquet') SELECT 'scan' AS kind,"
    " toDateTime64('2026-03-01 10:00:00.250', 3, 'UTC') + number AS at, toString(number) AS who,"
    " toUInt64(" + sys.argv[2] + ") AS tracker FROM numbers(2500)")
"""


@pytest.fixture
def importing(server: RunningServer, tmp_path: Path) -> Import:
    return Import(server, tmp_path)


def test_a_csv_is_imported_once_however_often_it_is(importing: Import) -> None:
    path = importing.csv(1500)
    code, said = importing.run(path, *importing.mapped, "--batch", "400")
    assert (code, rows_of(said)) == (
        0,
        {"read": 1500, "stored": 1500, "duplicate": 0, "refused": 0},
    )
    assert importing.counter.counted() == 1500
    code, said = importing.run(path, *importing.mapped)
    assert (code, rows_of(said)["duplicate"]) == (0, 1500)
    assert importing.counter.counted() == 1500
    assert sorted(one.name for one in importing.directory.iterdir()) == ["visits.csv"]


def test_bad_rows_are_refused_with_reason_and_number_and_written_down(importing: Import) -> None:
    rows = [
        b"time,utm,visitor",
        b"2026-03-01T10:00:00Z,a,1",
        b"yesterday,a,2",
        b"2026-03-01 10:00:00,a,3",
        b"2026-03-01T10:00:00Z,a",
        b"2026-03-01T10:00:00Z,\xff,5",
        b"2998-03-01T10:00:00Z,a,6",
        b'2026-03-01T10:00:00Z,"a ""quoted""\nline",7',
    ]
    path = importing.write("visits.csv", b"\n".join(rows))
    bad = importing.directory / "bad.ndjson"
    code, said = importing.run(path, *importing.mapped, "--refused", str(bad))
    assert (code, rows_of(said)) == (1, {"read": 7, "stored": 2, "duplicate": 0, "refused": 5})
    written = [json.loads(line) for line in bad.read_text().splitlines()]
    assert [one["row"] for one in written] == [2, 3, 4, 5, 6]
    for one, named in zip(
        written, ("not a time", "--zone", "columns", "UTF-8", "future"), strict=True
    ):
        assert named in one["error"]
    code, said = importing.run(path, *importing.mapped, "--zone", "Europe/Amsterdam")
    assert rows_of(said) == {"read": 7, "stored": 1, "duplicate": 2, "refused": 4}


def is_far(process: subprocess.Popen[bytes], state: Path, rows: int) -> bool | None:
    """Once an import has this many rows behind it, or has ended."""
    far = state.exists() and json.loads(state.read_bytes())["row"] >= rows
    return True if far or process.poll() is not None else None


def test_an_import_that_is_killed_goes_on_where_it_was_and_balances(importing: Import) -> None:
    rows = 30_000
    path = importing.csv(rows)
    state = importing.directory / "state"
    options = [*importing.mapped, "--batch", "500", "--state", str(state)]
    kills = 0
    for least in (500, 4_000, 9_000):
        process = subprocess.Popen(
            importing.command(path, *options),
            env=importing.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

        wait_for(partial(is_far, process, state, least))
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert kills == 3
    code, said = importing.run(path, *options)
    assert "Going on after row" in said
    books = rows_of(said)
    assert (code, books["read"], books["refused"]) == (0, rows, 0)
    assert books["stored"] + books["duplicate"] == rows
    assert importing.counter.counted() == rows
    assert not state.exists()


def test_a_server_that_is_killed_meanwhile_is_waited_for(
    importing: Import,
) -> None:
    """Its own server: it dies."""
    server = RunningServer(importing.directory / "data", requests_per_minute=1_000_000)
    server.start()
    try:
        mine = Import(server, importing.directory)
        rows = 8_000
        path = mine.csv(rows)
        state = importing.directory / "visits.csv.footfall-import"
        process = subprocess.Popen(
            mine.command(path, *mine.mapped, "--batch", "250"),
            env=mine.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: state.exists() or None)
        server.kill()
        server.start()
        said, _ = process.communicate(timeout=120)
        books = rows_of(said)
        assert (process.returncode, books["read"]) == (0, rows)
        assert books["stored"] + books["duplicate"] == rows
        assert mine.counter.counted() == rows
    finally:
        server.close()


def test_a_ledger_of_another_content_or_mapping_is_not_gone_on_with(importing: Import) -> None:
    path = importing.csv(10)
    importing.write("visits.csv.footfall-import", '{"task": "another", "row": 3}')
    code, said = importing.run(path, *importing.mapped)
    assert (code, "Remove it" in " ".join(said.split())) == (1, True)
    importing.write("visits.csv.footfall-import", '{"task"')
    assert importing.run(path, *importing.mapped)[0] == 1
    assert importing.counter.counted() == 0


def test_a_dry_run_shows_the_first_events_and_what_would_be_refused(importing: Import) -> None:
    path = importing.write("v.csv", "kind,when\n" + "scan,1780000000\n" * 7 + "party,5\n")
    code, said = importing.run(path, "--map", "occurred_at=column:when", "--dry-run")
    assert (code, rows_of(said)) == (1, {"read": 8, "would be sent": 7, "refused": 1})
    shown = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert len(shown) == 5
    assert shown[0]["occurred_at"] == 1_780_000_000_000
    assert shown[0]["id"].endswith("-000000001")
    assert "party" in said


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_ndjson_needs_no_mapping_when_its_names_are_those_of_events(
    importing: Import, suffix: str
) -> None:
    event = {**importing.counter.event(), "metadata": {"a": [1]}, "more": "ignored"}
    text = f"{json.dumps(event)}\n\nnonsense\n{json.dumps(event)}\n".encode()
    packed = {"": text, ".gz": gzip.compress(text), ".zst": zstd.compress(text)}[suffix]
    code, said = importing.run(importing.write(f"events.ndjson{suffix}", packed))
    assert (code, rows_of(said)) == (1, {"read": 3, "stored": 2, "duplicate": 0, "refused": 1})
    assert importing.counter.counted() == 2


def test_parquet_is_read_with_a_mapping_from_a_file(importing: Import) -> None:
    path = importing.directory / "visits.parquet"
    tracker = str(importing.counter.tracker)
    output_of(PARQUET, path, tracker)
    mapping = importing.write(
        "mapping.toml",
        '[map]\noccurred_at = "column:at"\nunique = "column:who"\n'
        'references.campaign = "spring"\nmetadata.source = "parquet"\n',
    )
    code, said = importing.run(path, "--mapping", str(mapping))
    assert (code, rows_of(said)["stored"]) == (0, 2500)
    assert importing.counter.counted() == 2500


@pytest.mark.parametrize(
    ("name", "content", "options", "named"),
    [
        ("a.csv", "a,b\n1,2\n", ["--map", "colour=red"], "colour"),
        ("a.csv", "a,b\n1,2\n", ["--map", "kind"], "FIELD=VALUE"),
        ("a.csv", "a,a\n1,2\n", [], "each column once"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00broken", [], "cannot be read on"),
        ("a.csv", b"\xfd7zXZ\x00\x00\x04", [], "compressed by xz"),
        ("a.csv", "kind,id\nscan,1\n".encode("utf-16"), [], "save it as UTF-8"),
        ("a.csv", 'a,"b\n1,2\n', [], "each column once"),
        ("a.parquet", b"PAR1 and no more", [], "cannot be read on"),
        ("a", "what\nis\nthis\n", [], "--format"),
        ("a.csv", "a\n1\n", ["--zone", "Mars/Olympus"], "Mars"),
    ],
)
def test_what_cannot_be_imported_says_why_in_one_line(
    importing: Import, name: str, content: str | bytes, options: list[str], named: str
) -> None:
    code, said = importing.run(importing.write(name, content), *options)
    assert code == 1
    assert named in " ".join(said.split())
    assert "Traceback" not in said


def test_a_key_that_may_not_is_refused_and_nothing_is_kept(importing: Import) -> None:
    path = importing.csv(3)
    key = importing.write("key", "oqr_wrongWrongWrongWrongWrong")
    code, said = importing.run(path, *importing.mapped, "--key-file", str(key))
    assert (code, "key" in said) == (1, True)
    assert "oqr_wrong" not in said
    assert importing.counter.counted() == 0
