"""`POST /events`: what a body may be, what is answered, and what is known when it comes again."""

import gzip
import json
import socket
import sqlite3
from codecs import BOM_UTF8
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from backports import zstd

from footfall.bootstrap import open_catalog
from footfall.capture.signed_links import visitor_of
from footfall.config import Settings
from footfall.core.accounts import Scope
from footfall.dialects.native.dialect import BODY_BYTES_MAX
from tests.conftest import StartServer
from tests.native.ingesting import NDJSON, Counter, compress, statuses
from tests.support.running import PHONE, RunningServer


@pytest.fixture
def counter(server: RunningServer) -> Counter:
    return Counter(server)


def test_every_event_has_its_answer_in_the_order_of_the_request(counter: Counter) -> None:
    answer = counter.ingest(counter.event(id="a"), counter.event(), 7, counter.event(id="a"))
    assert statuses(answer) == ["stored", "stored", "refused", "duplicate"]
    assert (answer["stored"], answer["duplicates"], answer["refused"]) == (2, 1, 1)
    assert answer["durable"] is True
    first, second, refused, repeated = answer["events"]
    assert int(first["id"]) < int(second["id"])
    assert repeated["id"] == first["id"]
    assert "object" in refused["error"]
    assert counter.counted() == 2


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["array", "lines", "object"])
def test_a_body_may_be_an_array_lines_or_one_event_compressed_or_not(
    counter: Counter, form: str, encoding: str
) -> None:
    event = json.dumps(counter.event()).encode()
    body, headers, events = {
        "array": (b"[" + event + b"," + event + b"]", {}, 2),
        "lines": (b"\n" + event + b"\r\n \n" + event, NDJSON, 2),
        "object": (b" " + event, {}, 1),
    }[form]
    response = counter.post(
        compress(body, encoding), {**headers, "Content-Encoding": encoding} if encoding else headers
    )
    assert response.status_code == 200, response.text
    assert statuses(response.json()) == ["stored"] * events
    assert counter.counted() == events


@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["array", "lines", "joined lines", "object", "a bad line"])
def test_a_byte_order_mark_before_events_is_ignored(
    counter: Counter, form: str, encoding: str
) -> None:
    event = json.dumps(counter.event()).encode()
    body, headers, expected = {
        "array": (b"[" + event + b"," + event + b"]", {}, ["stored"] * 2),
        "lines": (event + b"\r\n" + event, NDJSON, ["stored"] * 2),
        "joined lines": (event + b"\n" + BOM_UTF8 + event + b"\n", NDJSON, ["stored"] * 2),
        "object": (b"\n" + event, {}, ["stored"]),
        "a bad line": (event + b"\n{", NDJSON, ["stored", "refused"]),
    }[form]
    packed = compress(BOM_UTF8 + body, encoding)
    response = counter.post(packed, {**headers, "Content-Encoding": encoding or "identity"})
    assert statuses(response.json()) == expected, response.text
    assert counter.counted() == expected.count("stored")


def test_a_byte_order_mark_before_any_json_is_ignored(server: RunningServer) -> None:
    for path, body in (
        ("/reports", b"{}"),
        ("/v1/dynamic", b'{"destination": "https://example.org"}'),
    ):
        response = server.client.post(path, content=BOM_UTF8 + body)
        assert response.is_success, response.text


def test_a_bad_line_is_refused_alone_and_named(counter: Counter) -> None:
    event = json.dumps(counter.event()).encode()
    bad = [b"{", b"nonsense", b'{"kind":"scan"} {}', b'"\xff"', b'{"kind":"\xff"}', b"[" * 5000]
    body = b"\n".join([event, *bad, event])
    answer = counter.post(body, NDJSON).json()
    assert statuses(answer) == ["stored", *["refused"] * len(bad), "stored"]
    assert all(one["error"] for one in answer["events"][1:-1])
    assert counter.counted() == 2


def test_two_events_in_one_line_are_none_whatever_the_other_lines_are(counter: Counter) -> None:
    event = json.dumps(counter.event()).encode()
    for other, status in ((event, "stored"), (b"{", "refused")):
        answer = counter.post(event + b" " + event + b"\n" + other + b"\n" + event, NDJSON).json()
        assert statuses(answer) == ["refused", status, "stored"]
    assert counter.counted() == 3


def test_an_event_says_what_was_told_of_it_and_nothing_else_than_its_tracker(
    counter: Counter,
) -> None:
    sent = {
        "references": {"code": "of somebody else", "emailing": "12"},
        "unique": "anna",
        "ip": "81.2.3.4",
        "user_agent": PHONE,
        "country": "BE",
        "url": "https://example.org/é",
        "metadata": {"a": 1},
    }
    counter.ingest(counter.event(**sent), {"kind": "bounce", "user_agent": "Googlebot/2.1"})
    bounce, event = counter.server.client.get("/events", params={"limit": 2}).json()["events"]
    expected = {
        "code": counter.code,
        "emailing": "12",
        "visitor": visitor_of(counter.tracker, "anna"),
        "country": "BE",
        "device": "mobile",
        "url": "https://example.org/é",
        "metadata": {"a": 1},
        "verdict": "counted",
    }
    assert {name: event[name] for name in expected} == expected
    assert not {"ip", "user_agent", "os"} & {name for name, value in event.items() if value}
    assert (bounce["kind"], bounce["source"], bounce["verdict"]) == ("bounce", "native", "counted")


def test_when_nothing_can_be_stored_the_answer_is_an_error_with_every_reason(
    counter: Counter,
) -> None:
    response = counter.post(b'[{"kind":"party"},{}]')
    answer = response.json()
    assert (response.status_code, answer["code"]) == (400, "invalid_request")
    assert "party" in answer["error"]
    assert statuses(answer) == ["refused", "refused"]
    assert counter.post(b"[]").json()["stored"] == 0


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_of_a_compressed_body_that_is_cut_off_nothing_is_stored(
    counter: Counter, encoding: str
) -> None:
    lines = b"\n".join(json.dumps(counter.event(unique=str(n))).encode() for n in range(200))
    whole = compress(lines, encoding)
    for length in (1, 9, len(whole) // 2, len(whole) - 1):
        response = counter.post(whole[:length], {**NDJSON, "Content-Encoding": encoding})
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    spoiled = whole[:-40] + b"\x00" * 8 + whole[-32:]
    assert counter.post(spoiled, {**NDJSON, "Content-Encoding": encoding}).status_code == 400
    assert counter.counted() == 0


@pytest.mark.parametrize("ending", ["chunked", "counted"])
def test_of_a_request_that_is_cut_off_nothing_is_stored(counter: Counter, ending: str) -> None:
    line = json.dumps(counter.event()).encode() + b"\n"
    head = (
        f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {counter.server.key}\r\n"
        "Content-Type: application/x-ndjson\r\n"
    ).encode()
    if ending == "chunked":
        request = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(line), line)
    else:
        request = head + b"Content-Length: %d\r\n\r\n%b" % (2 * len(line), line)
    with socket.create_connection(("127.0.0.1", counter.server.port)) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert counter.ingest(counter.event())["stored"] == 1  # the server goes on
    assert counter.counted() == 1


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_small_body_that_inflates_beyond_the_limit_is_refused(
    counter: Counter, encoding: str
) -> None:
    bomb = compress(b" " * (BODY_BYTES_MAX + 1), encoding)
    response = counter.post(bomb, {"Content-Encoding": encoding})
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    many = compress(b"", encoding) * 1000
    assert counter.post(many, {"Content-Encoding": encoding}).status_code == 413


def test_pieces_of_gzip_or_zstd_that_follow_each_other_are_one_body(counter: Counter) -> None:
    line = json.dumps(counter.event()).encode() + b"\n"
    for encoding, one in (("gzip", gzip.compress(line)), ("zstd", zstd.compress(line))):
        response = counter.post(one * 3, {**NDJSON, "Content-Encoding": encoding})
        assert response.json()["stored"] == 3, response.text


def test_an_encoding_that_is_not_known_is_refused_with_those_that_are(counter: Counter) -> None:
    response = counter.post(b"[]", {"Content-Encoding": "br"})
    assert (response.status_code, response.json()["code"]) == (415, "unknown_encoding")
    assert response.headers["accept-encoding"] == "gzip, zstd, identity"


# ── the caller's own id ───────────────────────────────────────────────────────────────────────


def test_an_id_is_known_again_in_the_same_body_a_later_one_and_after_a_kill(
    start_server: StartServer,
) -> None:
    counter = Counter(start_server())
    (first, second) = counter.ingest(counter.event(id="é"), counter.event(id="é"))["events"]
    assert (first["status"], second["status"]) == ("stored", "duplicate")
    counter.server.kill()
    counter.server.start()
    (again,) = counter.ingest(counter.event(id="é", kind="click"))["events"]
    assert again == {"id": first["id"], "status": "duplicate"}
    assert counter.counted() == 1


def test_bodies_under_way_at_once_store_each_id_once(counter: Counter) -> None:
    body = json.dumps([counter.event(id=f"race-{n}") for n in range(300)]).encode()
    with ThreadPoolExecutor(4) as pool:
        answers = [one.json() for one in pool.map(counter.post, [body] * 8)]
    assert sum(one["stored"] for one in answers) == 300
    ids = [[event["id"] for event in one["events"]] for one in answers]
    assert all(one == ids[0] for one in ids)
    assert counter.counted() == 300


def test_the_ids_of_two_accounts_are_apart(server: RunningServer, counter: Counter) -> None:
    catalog = open_catalog(Settings(data=str(server.data)))
    _, other = catalog.create_account("Other", "other@example.org")
    catalog.close()
    assert counter.ingest(counter.event(id="mine"))["stored"] == 1
    theirs = httpx.post(
        f"{server.url}/events",
        json={"kind": "open", "id": "mine"},
        headers={"Authorization": f"Bearer {other}"},
    )
    assert statuses(theirs.json()) == ["stored"]


@pytest.mark.parametrize("id", ["", "x" * 129, 7, None])
def test_an_id_has_one_to_128_characters(counter: Counter, id: object) -> None:
    answer = counter.post(json.dumps([counter.event(id=id), counter.event()]).encode()).json()
    assert statuses(answer) == ["stored" if id is None else "refused", "stored"]


def test_keys_are_kept_as_hashes_only(start_server: StartServer) -> None:
    counter = Counter(start_server())
    counter.ingest(counter.event(id="somebody@example.org"))
    counter.server.stop()
    assert b"somebody@example.org" not in (counter.server.data / "journal.db").read_bytes()
    with sqlite3.connect(counter.server.data / "journal.db") as journal:
        ((key,),) = journal.execute("SELECT key FROM ingested_keys").fetchall()
    assert len(key) == 16


def test_a_revoked_key_tells_of_nothing_from_the_next_request_on(
    server: RunningServer, counter: Counter
) -> None:
    catalog = open_catalog(Settings(data=str(server.data)))
    secret, key = catalog.create_key(1, "mail server", frozenset({Scope.CAPTURE}))
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {secret}"}) as client:
        for _ in range(3):  # known from memory
            assert client.post("/events", json=[]).status_code == 200
        catalog.revoke_key(key.id)
        assert client.post("/events", json=[]).status_code == 401
    catalog.close()
