"""Changes that say what they are a change of: `If-Match`."""

import uuid

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.running import RunningServer


def _make(server: RunningServer) -> tuple[str, httpx.Response]:
    made = server.client.post(
        "/trackers", json={"kind": "open", "name": f"n{uuid.uuid4().hex}", "privacy": "full"}
    )
    return made.headers["location"], made


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(server: RunningServer) -> None:
    path, made = _make(server)
    read = server.client.get(path)
    assert read.headers["etag"] == made.headers["etag"]
    server.client.patch(path, json={"privacy": "coarse"}).raise_for_status()
    for late in (
        server.client.patch(
            path, json={"name": "Late"}, headers={"If-Match": read.headers["etag"]}
        ),
        server.client.delete(path, headers={"If-Match": read.headers["etag"]}),
    ):
        assert late.status_code == 412
        assert late.json()["code"] == "precondition_failed"
        assert "Read it again" in late.json()["error"]
    now = server.client.get(path)
    assert (now.json()["privacy"], now.json()["name"]) == ("coarse", made.json()["name"])
    tag = {"If-Match": now.headers["etag"]}
    changed = server.client.patch(path, json={"name": "In time"}, headers=tag)
    assert changed.json()["name"] == "In time"
    assert changed.headers["etag"] == server.client.get(path).headers["etag"] != tag["If-Match"]
    tag = {"If-Match": changed.headers["etag"]}
    assert server.client.delete(path, headers=tag).status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 200),
        ("*", 200),
        ('"0", {tag}', 200),
        ("W/{tag}", 200),
        ('W/"0", W/{tag}', 200),
        ('"{digest}-gzip"', 200),
        ('W/"{digest}-br"', 200),
        ('"{digest}--zstd"', 200),
        ('"{digest};x-gzip"', 200),
        ('"{digest}:br", "0"', 200),
        ('"{digest}0"', 412),
        ('"0-{digest}"', 412),
        ('W/"0-gzip"', 412),
        ('"-gzip"', 412),
        ('""', 412),
        ('"0"', 412),
        ("0f3a", 400),
        ("", 400),
    ],
)
def test_a_tag_is_that_of_the_content_however_a_proxy_marks_it(
    server: RunningServer, header: str | None, status: int
) -> None:
    path, made = _make(server)
    tag = made.headers["etag"]
    sent = (header or "").format(tag=tag, digest=tag.strip('"'))
    headers = {} if header is None else {"If-Match": sent}
    assert server.client.patch(path, json={"name": "x"}, headers=headers).status_code == status


def test_rules_of_retention_that_changed_meanwhile_are_not_written_over(
    start_server: StartServer,
) -> None:
    client = start_server().client
    tag = client.get("/retention").headers["etag"]
    mine = {"rules": [{"source": "*", "raw_days": 900}]}
    theirs = {"rules": [{"source": "*", "raw_days": 800}]}
    first = client.put("/retention", json=theirs, headers={"If-Match": tag})
    assert first.status_code == 200
    assert client.put("/retention", json=mine, headers={"If-Match": tag}).status_code == 412
    now = client.get("/retention")
    assert now.json()["rules"] == first.json()["rules"]
    tag = now.headers["etag"]
    assert client.put("/retention", json=mine, headers={"If-Match": tag}).status_code == 200
