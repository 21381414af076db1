"""`footfall import`: files of every format, interrupted and gone on with, balanced at the end."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from backports import zstd
from typer.testing import CliRunner

from footfall.cli import app
from tests.native.telling import Counter
from tests.running import RunningServer, footfall, output_of, wait_for

PARQUET = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn="chdb://")
client.command("INSERT INTO FUNCTION file('" + sys.argv[1] + "', 'Parquet') SELECT 'scan' AS kind,"
    " toDateTime64('2026-03-01 10:00:00.250', 3, 'UTC') + number AS at, toString(number) AS who,"
    " toUInt64(" + sys.argv[2] + ") AS tracker FROM numbers(2500)")
"""
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


class Import:
    """The command on a server, and a tracker of its own to count by."""

    def __init__(self, server: RunningServer, directory: Path) -> None:
        self.server = server
        self.counter = Counter(server)
        self.directory = directory

    def command(self, path: Path, *options: str) -> list[str]:
        program = [sys.executable, "-m", "footfall", "import", str(path)]
        return [*program, "--url", self.server.url, *options]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "FOOTFALL_KEY": self.server.key, "COLUMNS": "200"}

    def run(self, path: Path, *options: str) -> tuple[int, str]:
        """The exit code and what is said. In this process: a start takes two seconds."""
        if path.suffix == ".parquet":
            return self.run_apart(path, *options)
        arguments = ["import", str(path), "--url", self.server.url, *options]
        done = CliRunner().invoke(app, arguments, env={"FOOTFALL_KEY": self.server.key})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    def run_apart(self, path: Path, *options: str) -> tuple[int, str]:
        """In a process of its own: it reads with the engine."""
        done = footfall(*self.command(path, *options)[3:], env=self.environment)
        return done.returncode, done.stdout

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.directory / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def csv(self, rows: int, name: str = "visits.csv") -> Path:
        lines = [f"2026-03-01T10:00:00Z,spring,{number}" for number in range(rows)]
        return self.write(name, "\n".join(["time,utm,visitor", *lines, ""]))

    @property
    def mapped(self) -> list[str]:
        maps = ("kind=scan", "occurred_at=column:time", "references.campaign=column:utm")
        tracker = str(self.counter.tracker)
        return ["--tracker", tracker, *(part for one in maps for part in ("--map", one))]


def rows_of(said: str) -> dict[str, int]:
    """The lines of the reconciliation."""
    found = re.findall(
        r"│ (read|stored|would be sent|duplicate|left out|refused) +│ +([\d,]+)", said
    )
    rows = {name: int(number.replace(",", "")) for name, number in found}
    others = sum(number for name, number in rows.items() if name != "read")
    assert rows["read"] == others, said
    return rows


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


def test_a_quote_that_is_never_closed_costs_its_own_row(importing: Import) -> None:
    rows = [f"2026-03-01T10:00:00Z,spring,{number}" for number in range(20)]
    rows[4] = '2026-03-01T10:00:00Z,"spring,4'
    rows[11] = '2026-03-01T10:00:00Z,"a ""quoted""\nline",11'
    path = importing.write("visits.csv", "\n".join(["time,utm,visitor", *rows, ""]))
    code, said = importing.run(path, *importing.mapped)
    assert (code, rows_of(said)) == (1, {"read": 20, "stored": 19, "duplicate": 0, "refused": 1})
    assert "never closed" in said or "expected after" in said


def test_column_names_may_have_spaces_and_capitals_and_unknown_ones_are_named(
    importing: Import,
) -> None:
    header = " Occurred_At ;KIND;Tracker;Metadata.Colour;Betrag"
    row = f"2026-03-01T10:00:00Z;scan;{importing.counter.tracker};red;12"
    path = importing.write("visits.csv", f"{header}\n{row}\n")
    code, said = importing.run(path, "--dry-run")
    (event,) = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert (code, event["kind"], event["occurred_at"]) == (0, "scan", "2026-03-01T10:00:00Z")
    assert event["metadata"] == {"Colour": "red"}
    assert "no field has their name: Betrag." in " ".join(said.split())


def test_lines_may_end_with_a_carriage_return_alone(importing: Import) -> None:
    path = importing.csv(7)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    code, said = importing.run(path, *importing.mapped)
    assert (code, rows_of(said)["stored"]) == (0, 7)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("visits.csv.GZ", gzip.compress),
        ("visits.csv", gzip.compress),
        ("VISITS.CSV.ZST", zstd.compress),
        ("visits.csv.gz", zstd.compress),
        ("visits.csv.gz", bytes),
    ],
)
def test_a_compressed_file_is_known_by_its_first_bytes(
    importing: Import, name: str, pack: Callable[[bytes], bytes]
) -> None:
    path = importing.csv(3, "plain.csv")
    packed = importing.write(name, pack(path.read_bytes()))
    code, said = importing.run(packed, *importing.mapped, "--dry-run")
    assert (code, rows_of(said)["read"]) == (0, 3)


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


NGINX = """\
203.0.113.5 - - [01/Mar/2026:10:00:00 +0100] "GET /s/{slug} HTTP/1.1" 302 0 "-" "{phone}"
1.1.1.6 - bob [01/Mar/2026:10:00:01 +0100] "GET /s/{slug}?x=1 HTTP/1.1" 302 0 "https://a.nl/" "-"
203.0.113.7 - - [01/Mar/2026:10:00:02 +0100] "GET /s/{slug} HTTP/1.1" 302 0 "-" "Googlebot/2.1"
203.0.113.8 - - [01/Mar/2026:10:00:03 +0100] "HEAD /s/{slug} HTTP/1.1" 302 0 "-" "{phone}"
203.0.113.8 - - [01/Mar/2026:10:00:03 +0100] "GET /s/unknown-here HTTP/1.1" 404 0 "-" "{phone}"
1.1.1.8 - - [01/Mar/2026:10:00:03 +0100] "GET /blog/one HTTP/1.1" 200 1 "-" "A \\x22quoted\\x22 one"
203.0.113.8 - - [31/Feb/2026:10:00:03 +0100] "GET /blog/two HTTP/1.1" 200 10 "-" "-"
what is this
"""
APACHE = """\
shop.example:443 203.0.113.5 - - [01/Mar/2026:10:00:00 -0730] "GET /s/{slug} HTTP/1.1" 302 -
203.0.113.6 - - [01/Mar/2026:10:00:01 +0100] "GET /s/{slug} HTTP/1.1" 302 12 "-" "{phone}"
"""


def caddy(slug: str, path: str = "") -> str:
    request = {
        "remote_ip": "203.0.113.9",
        "method": "GET",
        "host": "go.example",
        "uri": path or f"/s/{slug}",
        "headers": {"User-Agent": [PHONE], "Accept-Language": ["nl"]},
    }
    lines = [{"level": "info", "ts": ts, "request": request, "status": 302, "size": 0}
             for ts in (1780000000.25, "2026-05-28T20:26:40+02:00")]  # fmt: skip
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_access_logs_become_scans_of_the_short_links_in_them(importing: Import) -> None:
    made = importing.server.client.post(
        "/trackers", json={"kind": "scan", "destination": "https://example.org/"}
    ).json()
    slug = made["slug"]
    # The tracker of a pass has no slug: no line of a log leads to it.
    importing.server.client.post("/api/v1/passes", json={"pass": {}}).raise_for_status()
    for name, text, expected in (
        (
            "access.log",
            NGINX,
            {"read": 8, "stored": 3, "duplicate": 0, "left out": 3, "refused": 2},
        ),
        ("other_vhosts_access.log", APACHE, {"read": 2, "stored": 2, "duplicate": 0, "refused": 0}),
        ("caddy.log", caddy(slug), {"read": 2, "stored": 2, "duplicate": 0, "refused": 0}),
    ):
        written = text.replace("{slug}", slug).replace("{phone}", PHONE)
        code, said = importing.run(importing.write(name, written))
        assert (code, rows_of(said)) == (int(bool(expected["refused"])), expected), said


def test_chosen_paths_of_a_log_become_views_of_a_tracker(importing: Import) -> None:
    log = importing.write("access.log", NGINX.replace("{phone}", PHONE))
    tracker = str(importing.counter.tracker)
    options = ("--path", "/blog/*", "--tracker", tracker, "--map", "kind=scan")
    code, said = importing.run(log, *options, "--dry-run")
    (event,) = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert event["occurred_at"] == "2026-03-01T10:00:03+01:00"
    assert (event["url"], event["user_agent"]) == ("/blog/one", 'A "quoted" one')
    code, said = importing.run(log, *options)
    assert (code, rows_of(said)["stored"]) == (1, 1)
    assert importing.counter.counted() == 1


VIEWS = """\
203.0.113.9:51234 - - [01/Mar/2026:10:00:01 +0100] "GET /blog/a HTTP/1.1" 200 9 "-" "caf\\xC3\\xA9"
[2001:db8::1]:4711 - - [01/Mar/2026:10:00:02 +0100] "GET /blog/b HTTP/1.1" 304 0 "-" "caf\\xE9"
host.example.org - - [01/Mar/2026:10:00:03 +0100] "GET /blog/c HTTP/1.1" 200 9 "-" "a\\\\x41"
unix: - - [01/Mar/2026:10:00:04 +0100] "GET /blog/d HTTP/1.1" 200 9 "-" "-"
203.0.113.9 - - [01/Mar/2026:10:00:05 +0100] "GET /blog/e HTTP/1.1" 301 9 "-" "-"
203.0.113.9 - - [01/Mar/2026:10:00:06 +0100] "GET /blog/f HTTP/1.1" 302 9 "-" "-"
203.0.113.9 - - [01/Mar/2026:10:00:07 +0100] "GET /blog/g HTTP/1.1" 206 9 "-" "-"
203.0.113.9 - - [01/Mar/2026:10:00:08 +0100] "GET /blog/h HTTP/1.1" 204 0 "-" "-"
"""


def test_a_log_has_addresses_and_letters_in_many_forms_and_only_pages_are_views(
    importing: Import,
) -> None:
    log = importing.write("access.log", VIEWS)
    options = ("--path", "/blog/*", "--tracker", str(importing.counter.tracker))
    code, said = importing.run(log, *options, "--dry-run")
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [(one["url"], one.get("ip"), one.get("user_agent")) for one in events] == [
        ("/blog/a", "203.0.113.9", "café"),
        ("/blog/b", "2001:db8::1", "café"),
        ("/blog/c", None, "a\\x41"),
        ("/blog/d", None, None),
    ]
    code, said = importing.run(log, *options)
    expected = {"read": 8, "stored": 4, "duplicate": 0, "left out": 4, "refused": 0}
    assert (code, rows_of(said)) == (0, expected)


def test_a_part_of_a_page_is_a_view_when_it_is_the_first(importing: Import) -> None:
    lines = []
    for wanted in ("bytes=0-", "bytes=0-1023", "bytes=1024-", "bytes=-500"):
        line = json.loads(caddy("", "/film.mp4").splitlines()[0])
        line["status"] = 206
        line["request"]["headers"]["Range"] = [wanted]
        lines.append(json.dumps(line))
    log = importing.write("caddy.log", "\n".join(lines))
    options = ("--path", "/film.mp4", "--tracker", str(importing.counter.tracker), "--dry-run")
    _, said = importing.run(log, *options)
    assert rows_of(said) == {"read": 4, "would be sent": 2, "left out": 2, "refused": 0}


@pytest.mark.parametrize(
    ("name", "content", "options", "named"),
    [
        ("a.csv", "a,b\n1,2\n", ["--map", "colour=red"], "colour"),
        ("a.csv", "a,b\n1,2\n", ["--map", "kind"], "FIELD=VALUE"),
        ("a.csv", "a,a\n1,2\n", [], "each column once"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00broken", [], "cannot be read on"),
        ("a.csv", b"\xfd7zXZ\x00\x00\x04", [], "compressed by xz"),
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
