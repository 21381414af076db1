"""Signs that RFC 3986 wants encoded, sent as they are in the target of a request.

The HTTP server refuses three of them in a query (`<`, `>`, `"`), and `<`, `>` and the backtick in
a path: docs/operations.md. All others are understood.
"""

import socket
import uuid

import httpx
import msgspec
import pytest

from tests.dialects.copernica import Mailing
from tests.support.running import RunningServer

QUERY_SIGNS = "|\\^`{}[]'~!$*()éü€😀"
PATH_SIGNS = "\"|\\^{}[]'~!$*()éü€😀"


def ask(server: RunningServer, target: str, key: str) -> tuple[int, bytes]:
    """The status and the body of a GET whose target is sent byte by byte as it is written here."""
    head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {key}\r\nX-Eflow-API-Key: {key}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, body = answer.partition(b"\r\n\r\n")
    return int(first.split(b" ", 2)[1]), body


@pytest.mark.parametrize(
    "path",
    [
        *("/events", "/trackers", "/v1/dynamic", "/v1/codes", "/api/v1/impressions"),
        *("/api/v1/passes", "/v1/networks/offers", "/v4/publisher/impressions", "/impressions"),
    ],
)
def test_signs_in_a_query_are_what_they_are(server: RunningServer, path: str) -> None:
    encoded = httpx.get(
        server.url + path,
        params={"search": QUERY_SIGNS},
        headers={"Authorization": f"Bearer {server.key}", "X-Eflow-API-Key": server.key},
    )
    status, _ = ask(server, f"{path}?search={QUERY_SIGNS}", server.key)
    assert status == encoded.status_code
    assert status < 500


def test_a_search_is_understood_without_encoding(server: RunningServer) -> None:
    label = f"{uuid.uuid4().hex}{QUERY_SIGNS}"
    code = server.create_code()["id"]
    server.client.patch(f"/v1/dynamic/{code}", json={"label": label}).raise_for_status()
    for path in ("/v1/dynamic", "/v1/codes", "/trackers"):
        _, body = ask(server, f"{path}?search={label}", server.key)
        rows = msgspec.json.decode(body)
        found = rows.get("codes") or rows["trackers"]
        assert [row.get("resource_id", row["id"]) for row in found] == [code], path


def test_comparisons_of_copernica_are_understood_without_encoding(
    server: RunningServer,
) -> None:
    mailing = Mailing(server)
    for made in mailing.address([{}, {}])["data"]:
        mailing.fetch(made["pixel"])
    first, second = (row["ID"] for row in mailing.rows("publisher/impressions"))
    for text, ids in ((f"ID=={second}", [second]), (f"ID!={second}", [first])):
        target = f"/v2/publisher/impressions?fields[]={text}&fields[x{{}}|]=no"
        status, body = ask(server, target, mailing.key)
        assert status == 200
        assert [row["ID"] for row in msgspec.json.decode(body)["data"]] == ids
    mailing.close()


@pytest.mark.parametrize("path", ["/s/", "/l/", "/v4/profile/", "/events/", "/api/v1/passes/"])
def test_signs_in_a_path_are_a_name_that_is_unknown(server: RunningServer, path: str) -> None:
    status, _ = ask(server, f"{path}{PATH_SIGNS}", server.key)
    assert status in (400, 404)
