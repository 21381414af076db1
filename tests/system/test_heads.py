"""`HEAD` is answered wherever `GET` is, with the same headers, no content and no event."""

from typing import Any

import httpx
import pytest

from tests.support.running import RunningServer

CHANGING = ("date", "remaining", "reset", "content-length")
STREAM = "/events/live"


@pytest.fixture(scope="module")
def paths(server: RunningServer) -> list[str]:
    """Every path of every API that GET has and that names nothing."""
    found = {"/", "/health", "/metrics", "/openapi", "/tag.js"}
    for name in ("native", "openqr", "vantio", "passentry", "copernica", "everflow"):
        document: dict[str, Any] = httpx.get(f"{server.url}/openapi/{name}.json").json()
        found |= {path for path, of in document["paths"].items() if "get" in of and "{" not in path}
    return sorted(found - {STREAM})


def test_every_path_answers_head_as_it_answers_get(server: RunningServer, paths: list[str]) -> None:
    assert len(paths) > 60
    for path in paths:
        by_get, by_head = server.client.get(path), server.client.head(path)
        assert (by_head.status_code, by_head.content) == (by_get.status_code, b""), path
        shown = [
            {name: value for name, value in one.headers.items() if not name.endswith(CHANGING)}
            for one in (by_get, by_head)
        ]
        assert shown[0] == shown[1], path
        assert by_get.headers.get("content-type", "").count("charset") <= 1, path
        assert ("content-length" in by_head.headers) == ("content-length" in by_get.headers), path


@pytest.mark.parametrize("path", ["/openapi/native.json", "/openapi/openqr.json", "/v1/meta"])
def test_head_tells_how_long_the_content_is(server: RunningServer, path: str) -> None:
    assert server.client.head(path).headers["content-length"] == str(
        len(server.client.get(path).content)
    )


def test_a_stream_that_never_ends_answers_head_at_once(server: RunningServer) -> None:
    answer = server.client.head(STREAM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_what_get_does_not_find_or_does_not_take_head_does_not_either(
    server: RunningServer,
) -> None:
    assert server.client.head("/nothing/here").status_code == 404
    assert server.client.head("/erasures").status_code == 405
    assert httpx.head(f"{server.url}/events").status_code == 401


@pytest.mark.parametrize("path", ["/s/nothing", "/imp/1/2", "/clk/1/2", "/sdk/click", "/t/1.gif"])
def test_head_records_no_event(server: RunningServer, path: str) -> None:
    def recorded() -> int:
        return int(httpx.get(f"{server.url}/health").json()["recorded"])

    before = recorded()
    answer = server.client.head(path)
    assert answer.status_code != 405
    assert answer.headers.get("x-footfall", "not counted") == "not counted"
    assert recorded() == before
