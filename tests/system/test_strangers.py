"""Whoever holds connections, headers or bodies: scans are answered, others get a clear refusal."""

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.running import RunningServer, wait_for
from tests.system.strangers import (
    DIALECTS,
    Sockets,
    everything_from,
    headers_of,
    metric,
    post,
    refused,
    sockets,
    text_of,
)

MANY = 1_100
"""More than the 1,024 connections that were all once."""

HALF_HEADER = b"GET /s/x HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 1_000
HALF_BODY = b"POST /t/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab"
BUDGET = 40_000_000
LARGE = 900_000


@pytest.fixture
def opened(server: RunningServer) -> Iterator[Sockets]:
    with sockets(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with small limits."""
    server = RunningServer(
        tmp_path_factory.mktemp("small") / "data",
        connections_max=64,
        connections_per_address_max=8,
        requests_per_address_max=2,
        bodies_bytes_max=BUDGET,
        idle_seconds=60,
        requests_per_minute=1_000_000,
    )
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def slug(small: RunningServer) -> str:
    return str(small.create_code()["short_url"].rsplit("/", 1)[1])


@pytest.mark.parametrize("first", [b"", HALF_HEADER, HALF_BODY], ids=["silent", "header", "body"])
def test_a_thousand_connections_of_others_keep_nobody_from_a_redirect(
    server: RunningServer, opened: Sockets, first: bytes
) -> None:
    slug = str(server.create_code()["short_url"].rsplit("/", 1)[1])
    for _ in range(MANY):
        opened.open(first)
    assert metric(server, "footfall_connections") > MANY
    for _ in range(5):
        assert server.scan(slug).status_code == 302


def test_when_there_are_too_many_the_silent_ones_are_closed_and_who_asks_is_answered(
    small: RunningServer, slug: str
) -> None:
    before = refused(small, "connections")
    with sockets(small) as opened:
        for number in range(150):  # no address has more than its share
            opened.open(b"" if number % 2 else HALF_HEADER, f"127.0.5.{number % 50 + 1}")
        for _ in range(5):
            assert small.scan(slug).status_code == 302
        wait_for(lambda: refused(small, "connections") > before or None)
        wait_for(lambda: metric(small, "footfall_connections") <= 32 or None)


def test_an_address_has_its_share_when_there_are_many_and_a_stream_is_kept(
    small: RunningServer,
) -> None:
    with sockets(small) as opened, small.client.stream("GET", "/events/live") as stream:
        assert stream.status_code == 200
        others = [opened.open(b"", f"127.0.6.{number + 1}") for number in range(4)]
        for _ in range(40):
            opened.open()  # of the stream's own address
        wait_for(lambda: opened.closed() >= 32 or None)
        assert all(one.send(b"G") for one in others)
        event = {"kind": "delivery", "url": "https://a.org/kept"}
        assert small.client.post("/events", json=event).status_code == 200
        assert any("kept" in line for line in stream.iter_lines())
    assert refused(small, "address_connections") >= 32


def test_http2_is_not_spoken(opened: Sockets) -> None:
    assert everything_from(opened.open(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) == b""
    upgrade = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
    upgraded = opened.open(upgrade + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
    assert everything_from(upgraded).startswith(b"HTTP/1.1 200 ")


def test_a_header_is_bounded_before_its_end(opened: Sockets) -> None:
    one = opened.open(b"GET /s/x HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 20_000)
    assert everything_from(one).startswith(b"HTTP/1.1 431 ")
    whole = b"GET /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-A: " + b"a" * 15_000
    assert everything_from(opened.open(whole + b"\r\n\r\n")).startswith(b"HTTP/1.1 404 ")


def test_a_body_that_does_not_come_ends_as_408_in_the_words_of_each_api(
    server: RunningServer, opened: Sockets
) -> None:
    """All at once: each of them takes the 10 seconds that a body may take."""
    locked = server.create_code()
    changed = server.client.patch(f"/v1/dynamic/{locked['id']}", json={"pin": "4321"})
    assert changed.status_code == 200
    waiting = {
        name: opened.open(post(path, headers_of(server, name), 50, b"{"))
        for name, (path, _) in DIALECTS.items()
    }
    form = opened.open(post(f"/s/{locked['short_url'].rsplit('/', 1)[1]}", {}, 50, b"word="))
    view = opened.open(post("/t/nothing", {}, 50, b"{"))
    for name, one in waiting.items():
        head, _, body = everything_from(one).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 "), (name, head)
        assert "1 bytes came of 50" in text_of(name, json.loads(body))
    for one, page in ((form, b"could not read this"), (view, b"")):
        answer = everything_from(one)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert page in answer
    assert refused(server, "body_time") >= len(waiting) + 2
    wait_for(lambda: metric(server, "footfall_body_bytes") == 0 or None)


def test_bodies_beyond_the_budget_are_refused_and_scans_views_and_words_are_not(
    small: RunningServer, slug: str
) -> None:
    held = 15_000_000, 15_000_000, 4_700_000
    with sockets(small) as opened:
        for number, size in enumerate(held):
            start = post("/events", headers_of(small, "native"), size, b"[" * (size - 1))
            opened.open(start, f"127.0.8.{number + 1}")  # no address has more than its share
        wait_for(lambda: metric(small, "footfall_body_bytes") == sum(held) - 3 or None)
        for name, (path, _) in DIALECTS.items():
            headers = headers_of(small, name)
            answer = httpx.post(f"{small.url}{path}", headers=headers, content=b"[" * LARGE)
            assert answer.status_code == 503, (name, answer.text)
            assert answer.headers["retry-after"] == "2"
            assert text_of(name, answer.json())
        assert small.scan(slug).status_code == 302
        assert small.client.post("/t/nothing", json={"url": "https://a.org"}).status_code == 204
        assert small.client.post("/v1/dynamic", json={"destination": "x"}).status_code == 400
        assert refused(small, "body_bytes") == len(DIALECTS)
    wait_for(lambda: metric(small, "footfall_body_bytes") == 0 or None)
    taken = small.client.post("/events", content=b"[" * LARGE)
    assert taken.status_code == 400, taken.text


def test_what_bodies_inflate_to_counts_as_well(small: RunningServer) -> None:
    event = b'{"kind":"delivery","url":"%s"}' % (b"u" * 1_400)
    body = gzip.compress(b"[" + b",".join([event] * 10_000) + b"]", 1)
    headers = {"Content-Encoding": "gzip"}
    with sockets(small) as opened:
        size = 24_000_000 // 2
        for number in range(2):
            start = post("/events", headers_of(small, "native"), size, b"[" * (size - 1))
            opened.open(start, f"127.0.9.{number + 1}")
        wait_for(lambda: metric(small, "footfall_body_bytes") == 2 * size - 2 or None)
        answer = small.client.post("/events", content=body, headers=headers)
        assert answer.status_code == 503, answer.text
    wait_for(lambda: metric(small, "footfall_body_bytes") == 0 or None)
    answer = small.client.post("/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()["stored"]) == (200, 10_000)


def test_an_address_has_so_many_requests_under_way_and_scans_are_none_of_them(
    small: RunningServer, slug: str
) -> None:
    before = refused(small, "address_requests")
    with ExitStack() as streams:
        for _ in range(2):
            with_stream = httpx.Client(base_url=small.url, headers=small.client.headers)
            streams.enter_context(with_stream)
            streams.enter_context(with_stream.stream("GET", "/events/live"))
        for name, (path, _) in DIALECTS.items():
            if name == "native":
                continue  # POST /events waits for nothing but the disk
            answer = httpx.get(f"{small.url}{path}", headers=headers_of(small, name))
            assert answer.status_code == 429, (name, answer.text)
            assert answer.headers["retry-after"] == "1"
            assert "under way" in answer.text
        assert small.scan(slug).status_code == 302
    wait_for(lambda: small.client.get("/health").status_code == 200 or None)
    assert refused(small, "address_requests") >= before + len(DIALECTS) - 1


def test_behind_a_proxy_its_clients_have_shares_and_its_connections_do_not(
    start_server: StartServer,
) -> None:
    server = start_server(
        trusted_proxy_hops=1,
        connections_max=64,
        connections_per_address_max=8,
        requests_per_address_max=1,
        idle_seconds=60,
    )
    slug = str(server.create_code()["short_url"].rsplit("/", 1)[1])
    first, second = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.2"}
    with sockets(server) as opened:
        for _ in range(30):
            opened.open()
        with server.client.stream("GET", "/events/live", headers=first) as stream:
            assert stream.status_code == 200
            assert server.client.get("/v1/me", headers=first).status_code == 429
            assert server.client.get("/v1/me", headers=second).status_code == 200
            assert server.scan(slug, first).status_code == 302
        assert opened.closed() == 0


def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_nothing_behind(
    server: RunningServer,
) -> None:
    said = server.log.read_text()
    with sockets(server) as opened:
        for name, (path, _) in DIALECTS.items():
            opened.open(post(path, headers_of(server, name), 50, b"{"))
        wait_for(lambda: metric(server, "footfall_body_bytes") >= len(DIALECTS) or None)
    wait_for(lambda: metric(server, "footfall_body_bytes") == 0 or None)
    assert server.log.read_text() == said


def test_the_limits_stand_in_the_metrics(server: RunningServer) -> None:
    assert metric(server, "footfall_connections") >= 1
    assert metric(server, "footfall_connections_max") == 16_384
    assert metric(server, "footfall_body_bytes_max") == 48 << 20
