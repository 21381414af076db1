"""`footfall import`: what is read in CSV and in access logs."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from tests.native.importing import PHONE, Import, rows_of
from tests.support.running import RunningServer


@pytest.fixture
def importing(server: RunningServer, tmp_path: Path) -> Import:
    return Import(server, tmp_path)


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


def test_a_log_has_the_scans_that_the_redirect_recorded(importing: Import) -> None:
    body = {"kind": "scan", "destination": "https://example.org/"}
    slug = importing.server.client.post("/trackers", json=body).json()["slug"]
    line = '203.0.113.5 - - [01/Mar/2026:10:00:00 +0100] "GET {} HTTP/1.1" {} 0 "-" "A phone"\n'
    paths = [
        f"/s/{slug}/",
        f"/S/{slug.upper()}",
        f"/s//{slug}",
        f"/s/{slug}.",
        f"/s/{slug}%E2%80%9D?a=1",
    ]
    answers = {path: importing.server.scan(path[3:]).status_code for path in paths}
    assert set(answers.values()) == {302}, answers
    text = "".join(line.format(path, 302) for path in paths)
    text += line.format(f"/s/{slug}/more", 404) + line.format(f"/s/{slug}/more", 200)
    code, said = importing.run(importing.write("scans.log", text), "--dry-run")
    assert code == 0
    assert rows_of(said) == {"read": 7, "would be sent": 5, "left out": 2, "refused": 0}


def test_numbers_of_rows_are_read_whole_or_refused(importing: Import) -> None:
    wrong = ["1.5", "true", '"1_0"', "1e400", '"\u0661"', "[1]", "-0.5", "9e99"]
    right = ["7", '" 7 "', "7.0", '"007"', "7e0"]
    rows = [f'{{"kind": "open", "tracker": {one}}}\n' for one in (*right, *wrong)]
    times = ["9" * 40, "1e400", "true", '"\u0661\u0662"', '"1759312800"', "1759312800.5"]
    rows += [f'{{"kind": "open", "occurred_at": {one}}}\n' for one in times]
    code, said = importing.run(importing.write("numbers.ndjson", "".join(rows)), "--dry-run")
    assert code == 1
    assert rows_of(said) == {"read": 19, "would be sent": 7, "refused": 12}
    assert said.count('"tracker":7') == len(right)


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
