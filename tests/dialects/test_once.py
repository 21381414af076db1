"""`Idempotency-Key`: whatever an API makes, it makes once, however often the request is sent."""

import socket
import sqlite3
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.idempotency import Claim, current_claim
from footfall.core.errors import Conflict
from tests.support.running import RunningServer

DESTINATION = "https://example.org/once"


class Made(NamedTuple):
    """How something is made, and where it is listed then. `{name}` is another for each test."""

    path: str
    body: dict[str, Any]
    listed: str


MAKERS = {
    "tracker": Made("/trackers", {"kind": "open", "name": "{name}"}, "/trackers?search={name}"),
    "policy": Made("/policies", {"rules": {}, "note": "{name}"}, "/policies"),
    "code": Made(
        "/v1/dynamic",
        {"destination": DESTINATION, "label": "{name}"},
        "/v1/dynamic?search={name}",
    ),
    "codes": Made(
        "/v1/dynamic/bulk",
        {"codes": [{"destination": DESTINATION, "label": "{name}"}]},
        "/v1/dynamic?search={name}",
    ),
    "folder": Made("/v1/folders", {"name": "{name}"}, "/v1/folders"),
    "theme": Made("/v1/themes", {"name": "{name}", "style": {}}, "/v1/themes"),
    "programme": Made(
        "/api/v1/programs",
        {"name": "{name}", "landing_url": DESTINATION},
        "/api/v1/programs?limit=100",
    ),
    "advertiser": Made(
        "/v1/networks/advertisers", {"name": "{name}"}, "/v1/networks/advertisers?page_size=2000"
    ),
    "pass": Made("/api/v1/passes", {"pass": {"fullName": "{name}"}}, "/api/v1/passes?perPage=100"),
    "pass template": Made(
        "/api/v1/pass-templates", {"passTemplate": {"name": "{name}"}}, "/api/v1/pass-templates"
    ),
    "reader": Made(
        "/api/v1/entities/default/readers", {"reader": {"name": "{name}"}}, "/api/v1/readers"
    ),
    "mailing": Made(
        "/v4/publisher/emailings",
        {"subject": "{name}"},
        "/v4/publisher/emailings?limit=1000",
    ),
}
every_maker = pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)


def _filled(maker: Made) -> tuple[str, str, Any]:
    name = f"n{uuid.uuid4().hex}"
    return name, maker.listed.format(name=name), _fill(maker.body, name)


def _fill(value: Any, name: str) -> Any:
    text = msgspec.json.encode(value).decode().replace("{name}", name)
    return msgspec.json.decode(text)


def _post(server: RunningServer, path: str, body: Any, key: str) -> httpx.Response:
    headers = {"Idempotency-Key": key, "X-Eflow-API-Key": server.key}
    return server.client.post(path, json=body, headers=headers)


@every_maker
def test_what_is_made_under_a_key_is_made_once(server: RunningServer, maker: Made) -> None:
    name, listed, body = _filled(maker)
    key = uuid.uuid4().hex
    first = _post(server, maker.path, body, key)
    assert first.is_success, first.text
    again = _post(server, maker.path, body, key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replay"] == "true"
    for header in ("location", "x-created", "content-type"):
        assert again.headers.get(header) == first.headers.get(header)
    assert _count(server, listed, name) == 1
    # Another key makes another, where names may repeat.
    other = _post(server, maker.path, body, uuid.uuid4().hex)
    assert "idempotent-replay" not in other.headers
    assert _count(server, listed, name) == (2 if other.is_success else 1)


def _count(server: RunningServer, listed: str, name: str) -> int:
    """How many things of the list have this name somewhere."""
    answer = server.client.get(listed, headers={"X-Eflow-API-Key": server.key})
    assert answer.status_code == 200, answer.text
    content: Any = answer.json()
    lists = [one for one in content.values() if isinstance(one, list)]
    return sum(name in msgspec.json.encode(one).decode() for rows in lists for one in rows)


@every_maker
def test_a_key_belongs_to_one_request(server: RunningServer, maker: Made) -> None:
    _, _, body = _filled(maker)
    _, _, another = _filled(maker)
    key = uuid.uuid4().hex
    assert _post(server, maker.path, body, key).is_success
    refused = _post(server, maker.path, another, key)
    assert 400 <= refused.status_code < 500
    assert "used for another request" in refused.text


def test_the_same_request_twice_at_once_makes_one(server: RunningServer) -> None:
    name, listed, body = _filled(MAKERS["advertiser"])
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: _post(server, MAKERS["advertiser"].path, body, key), range(8))
        )
    assert {one.content for one in answers} == {answers[0].content}
    assert {one.status_code for one in answers} == {201}
    assert _count(server, listed, name) == 1


def test_a_request_that_was_refused_may_be_sent_again(server: RunningServer) -> None:
    key = uuid.uuid4().hex
    body = {"kind": "open", "slug": f"s{uuid.uuid4().hex[:12]}"}
    taken = server.client.post("/trackers", json=body).json()
    assert _post(server, "/trackers", body, key).status_code == 409
    server.client.delete(f"/trackers/{taken['id']}")
    assert _post(server, "/trackers", body, key).status_code == 201
    assert _post(server, "/trackers", body, "").status_code == 400
    assert _post(server, "/trackers", body, "k" * 256).status_code == 400


def test_a_connection_that_is_cut_leaves_no_second_thing(server: RunningServer) -> None:
    name, listed, body = _filled(MAKERS["programme"])
    key, content = uuid.uuid4().hex, msgspec.json.encode(body)
    head = (
        f"POST {MAKERS['programme'].path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n"
        f"Authorization: Bearer {server.key}\r\nIdempotency-Key: {key}\r\n\r\n"
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head.encode() + content)
    assert _post(server, MAKERS["programme"].path, body, key).is_success
    assert _count(server, listed, name) == 1


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [
        ("/keys", {"name": "once", "scopes": ["read"]}, "secret"),
        ("/members", {"email": "{name}@example.org", "role": "viewer"}, "link"),
        ("/erasures", {"reference": {"profile": "{name}"}}, "proof_salt"),
    ],
)
def test_a_secret_that_is_shown_once_is_not_kept_to_be_shown_again(
    server: RunningServer, path: str, body: dict[str, Any], secret: str
) -> None:
    name = uuid.uuid4().hex
    key = f"key of {name}"
    first = _post(server, path, _fill(body, name), key)
    assert first.json()[secret]
    again = _post(server, path, _fill(body, name), key)
    assert again.status_code == 409
    assert "its answer is not kept" in again.json()["error"]
    files = [file.read_bytes() for file in server.data.glob("catalog*")]
    assert files
    for kept in files:
        assert key.encode() not in kept
        assert first.json()[secret].rpartition("#")[2].encode() not in kept


WEBHOOK = {"url": "https://example.org/{name}", "events": ["referral.created"]}
SUBSCRIPTION = {
    "webhookSubscription": {
        "url": "https://example.org/{name}",
        "subscribedEvents": ["passScanned"],
    }
}


@pytest.mark.parametrize(
    ("path", "body", "listed"),
    [
        ("/api/v1/webhooks", WEBHOOK, "/api/v1/webhooks"),
        ("/api/v1/webhook-subscriptions", SUBSCRIPTION, "/api/v1/webhook-subscriptions"),
    ],
)
def test_the_secret_of_a_webhook_is_not_in_a_kept_answer(
    server: RunningServer, path: str, body: dict[str, Any], listed: str
) -> None:
    name, key = f"n{uuid.uuid4().hex}", uuid.uuid4().hex
    first = _post(server, path, _fill(body, name), key)
    assert first.is_success, first.text
    again = _post(server, path, _fill(body, name), key)
    assert again.status_code == 409
    assert "its answer is not kept" in again.text
    assert _count(server, listed, name) == 1


def test_a_secret_that_was_replaced_is_never_shown_again(server: RunningServer) -> None:
    made = _post(
        server, "/api/v1/webhooks", _fill(WEBHOOK, uuid.uuid4().hex), uuid.uuid4().hex
    ).json()
    path = f"/api/v1/webhooks/{made['id']}/rotate-secret"
    key = uuid.uuid4().hex
    old = _post(server, path, {}, key).json()["secret"]
    assert _post(server, path, {}, uuid.uuid4().hex).json()["secret"] != old
    again = _post(server, path, {}, key)
    assert again.status_code == 409
    assert old not in again.text


def test_openqr_names_no_slug_where_none_was_asked_for(server: RunningServer) -> None:
    """The vendor has no code for a request that was carried out before."""
    _, _, body = _filled(MAKERS["folder"])
    key = uuid.uuid4().hex
    _post(server, "/v1/folders", body, key).raise_for_status()
    row = Claim(1, key, b"").row_key
    with closing(sqlite3.connect(server.data / "catalog.db")) as catalog, catalog:
        catalog.execute("UPDATE idempotency SET status = 0, body = '' WHERE key = ?", (row,))
    again = _post(server, "/v1/folders", body, key)
    assert (again.status_code, again.json()["code"]) == (409, "invalid_request")
    assert "its answer is not kept" in again.json()["error"]


def test_a_door_lets_a_pass_in_once_under_a_key(server: RunningServer) -> None:
    reader = f"r{uuid.uuid4().hex}"
    body = {"scan": {"readerId": reader, "passId": reader, "scanType": "barcode"}}
    asked = {"reader": {"name": "Gate", "id": reader}}
    server.client.post("/api/v1/entities/default/readers", json=asked).raise_for_status()
    server.client.post("/api/v1/passes", params={"extId": reader}, json={}).raise_for_status()
    key = uuid.uuid4().hex
    first, again = (_post(server, "/api/v1/scans", body, key) for _ in range(2))
    assert first.json() == again.json()
    scans = server.client.get("/api/v1/scans", params={"readerId": reader}).json()
    assert scans["meta"]["totalCount"] == 1


def test_what_only_reads_is_asked_anew_under_a_key(server: RunningServer) -> None:
    body = {"since": "2026-07-01", "until": "2026-07-02", "metrics": ["events"]}
    for _ in range(2):
        answer = _post(server, "/reports", body, "the same for ever")
        assert answer.status_code == 200
        assert "idempotent-replay" not in answer.headers


def test_an_export_is_made_once_under_a_key(server: RunningServer) -> None:
    before = len(server.client.get("/exports").json()["exports"])
    key = uuid.uuid4().hex
    first, again = (_post(server, "/exports", {"format": "csv"}, key) for _ in range(2))
    assert first.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    assert len(server.client.get("/exports").json()["exports"]) == before + 1


def test_what_was_done_before_a_crash_and_not_answered_is_not_done_again(tmp_path: Path) -> None:
    catalog = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", lambda: 1_790_000_000_000)
    account, _ = catalog.create_account("Owner", "owner@example.org")
    try:
        current_claim.set(Claim(account.id, "a key", b"content"))
        with catalog.writing():
            pass
        current_claim.set(Claim(account.id, "a key", b"content"))
        with pytest.raises(Conflict, match="carried out before"), catalog.writing():
            pytest.fail("it is done again")
    finally:
        current_claim.set(None)
        catalog.close()
