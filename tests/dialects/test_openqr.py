"""The OpenQR dialect on the wire, against a real server process: codes and their scans."""

import re
import threading
import uuid
from datetime import UTC, datetime

import httpx
import pytest

from tests.conftest import StartServer
from tests.dialects.openqr import DESTINATION, refused
from tests.support.running import RunningServer

# ── the door ──────────────────────────────────────────────────────────────────────────────────


def test_discovery_needs_no_key(server: RunningServer) -> None:
    response = httpx.get(f"{server.url}/v1")
    assert response.status_code == 200
    assert response.json()["version"] == "v1"
    assert httpx.get(f"{server.url}/v1/").status_code == 200, "no redirect for a slash"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer oqr_wrong", "Basic eDp5", "oqr_wrong"])
def test_without_a_good_key_the_answer_is_401(server: RunningServer, header: str) -> None:
    for method, path in (("GET", "/v1/me"), ("POST", "/v1/dynamic"), ("GET", "/v1/dynamic/c_1")):
        response = httpx.request(method, server.url + path, headers={"Authorization": header})
        refused(response, 401, "unauthorized")
    query = httpx.get(f"{server.url}/v1/me", params={"key": server.key, "api_key": server.key})
    refused(query, 401, "unauthorized")


def test_me_has_what_clients_check(server: RunningServer) -> None:
    me = server.client.get("/v1/me").json()
    assert me["id"] == "u_1"
    assert "@" in me["email"]
    assert me["enforced"] is False
    assert me["limits"] == {
        "dynamic_codes": None,
        "scan_analytics_days": None,
        "detailed_analytics": True,
    }
    before = me["usage"]["active_dynamic"]
    server.create_code()
    assert server.client.get("/v1/me").json()["usage"]["active_dynamic"] == before + 1


def test_a_preflight_is_answered_without_a_key(server: RunningServer) -> None:
    for path in ("/v1/me", "/v1/dynamic", "/v1/dynamic/c_1/scans", "/v1/codes"):
        response = httpx.options(
            server.url + path,
            headers={"Origin": "https://x.example", "Access-Control-Request-Method": "GET"},
        )
        assert response.status_code == 204
        assert response.content == b""
        headers = response.headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["access-control-allow-methods"] == "GET,POST,PATCH,DELETE,OPTIONS"
        assert "Idempotency-Key" in headers["access-control-allow-headers"]
        assert "Idempotent-Replay" in headers["access-control-expose-headers"]


def test_an_unknown_path_or_method_is_answered_in_openqrs_form(server: RunningServer) -> None:
    refused(server.client.get("/v1/nothing"), 404, "not_found")
    refused(server.client.put("/v1/me"), 405, "invalid_request")
    refused(server.client.get("/v1/dynamic/c_nobody"), 404, "not_found")


# ── creation ──────────────────────────────────────────────────────────────────────────────────


def test_a_code_is_created_as_documented(server: RunningServer) -> None:
    response = server.client.post(
        "/v1/dynamic", json={"destination": DESTINATION, "label": "Flyer"}
    )
    assert response.status_code == 201
    code = response.json()
    assert list(code) == ["id", "slug", "short_url", "destination", "label"]
    assert code["short_url"].endswith(f"/{code['slug']}")
    assert (code["destination"], code["label"]) == (DESTINATION, "Flyer")
    limit = int(response.headers["x-ratelimit-limit"])
    assert 0 <= int(response.headers["x-ratelimit-remaining"]) < limit
    reset = int(response.headers["x-ratelimit-reset"])
    assert 0 < reset - datetime.now(UTC).timestamp() <= 3601
    scan = server.scan(code["slug"])
    assert (scan.status_code, scan.headers["location"]) == (302, DESTINATION)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'"https://example.org"', "object"),
        (b"\xff\xfe", "JSON"),
        (b'{"destination": "https://example.org/\\ud800"}', "JSON"),
        (b'{"a": ' + b"[" * 100_000, "nested"),
        (b"{}", "destination"),
        (b'{"destination": null}', "destination"),
        (b'{"destination": 5}', "destination"),
        (b'{"destination": ""}', "destination"),
        (b'{"destination": "example.org"}', "destination"),
        (b'{"destination": "javascript:alert(1)"}', "destination"),
        (b'{"destination": "https://example.org/' + b"x" * 2048 + b'"}', "destination"),
        (b'{"destination": "https://example.org", "label": 5}', "label"),
        (b'{"destination": "https://example.org", "label": "' + b"x" * 201 + b'"}', "label"),
        (b'{"destination": "https://example.org", "label": "a\\u0000b"}', "label"),
        (b'{"destination": "https://example.org", "theme": "none such"}', "theme"),
    ],
)
def test_a_bad_creation_says_what_to_change(server: RunningServer, body: bytes, names: str) -> None:
    assert names in refused(server.client.post("/v1/dynamic", content=body), 400, "invalid_request")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://0x7f.1/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://router.local/x",
    ],
)
def test_a_private_destination_is_unsafe_until_a_setting_allows_it(
    server: RunningServer, start_server: StartServer, url: str
) -> None:
    response = server.client.post("/v1/dynamic", json={"destination": url})
    refused(response, 400, "unsafe_destination")
    code = server.create_code()["id"]
    for field in ("destination", "ios_destination", "android_destination"):
        response = server.client.patch(f"/v1/dynamic/{code}", json={field: url})
        assert field in refused(response, 400, "unsafe_destination")
    if url == "http://localhost/x":
        trial = start_server(allow_private_destinations=1)
        assert trial.create_code(url)["destination"] == url
        slug = trial.create_code()["short_url"]
        response = trial.client.post("/v1/dynamic", json={"destination": slug})
        refused(response, 400, "unsafe_destination")


def test_a_body_over_the_limit_is_413(start_server: StartServer) -> None:
    small = start_server(body_bytes_max=2000)
    body = {"destination": DESTINATION, "label": "x" * 2000}
    refused(small.client.post("/v1/dynamic", json=body), 413, "invalid_request")
    chunks = iter([b"x" * 1500, b"x" * 1500])
    refused(small.client.post("/v1/dynamic", content=chunks), 413, "invalid_request")


def test_a_repetition_under_the_same_key_creates_nothing_twice(server: RunningServer) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    label = str(uuid.uuid4())
    body = {"destination": DESTINATION, "label": label}
    first = server.client.post("/v1/dynamic", json=body, headers=headers)
    assert "idempotent-replay" not in first.headers
    again = server.client.post("/v1/dynamic", json=body, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replay"] == "true"
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
    other = server.client.post("/v1/dynamic", json={**body, "label": "other"}, headers=headers)
    assert "key" in refused(other, 400, "invalid_request")
    found = server.client.get("/v1/dynamic", params={"search": label}).json()["codes"]
    assert len(found) == 1

    server.client.delete(f"/v1/dynamic/{first.json()['id']}").raise_for_status()
    after = server.client.post("/v1/dynamic", json=body, headers=headers)
    assert (after.status_code, after.content) == (201, first.content), "a replay, no new code"
    assert server.scan(first.json()["slug"]).status_code == 404


def test_many_at_once_under_one_key_are_one(server: RunningServer) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answers: list[bytes] = []

    def create() -> None:
        body = {"destination": DESTINATION}
        answers.append(server.client.post("/v1/dynamic", json=body, headers=headers).content)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1


# ── limits ────────────────────────────────────────────────────────────────────────────────────


def test_the_hourly_quota_and_the_limit_a_minute_are_told_apart(
    start_server: StartServer,
) -> None:
    limited = start_server(creations_per_hour=3, requests_per_minute=12)
    for remaining in (2, 1):
        response = limited.client.post("/v1/dynamic", json={"destination": DESTINATION})
        assert response.headers["x-ratelimit-limit"] == "3"
        assert response.headers["x-ratelimit-remaining"] == str(remaining)
    rows = {"codes": [{"destination": DESTINATION}] * 2}
    refused(limited.client.post("/v1/dynamic/bulk", json=rows), 429, "rate_limited")
    assert len(limited.client.get("/v1/dynamic").json()["codes"]) == 2, "refused whole"
    static = limited.client.post("/v1/codes", json={"type": "text", "fields": {"text": "x"}})
    assert static.headers["x-ratelimit-remaining"] == "0"

    response = limited.client.post("/v1/dynamic", json={"destination": DESTINATION})
    assert "3" in refused(response, 429, "rate_limited")
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(response.headers["retry-after"]) <= 3600
    assert limited.client.get("/v1/me").status_code == 200

    responses = [limited.client.get("/v1/me") for _ in range(12)]
    last = responses[-1]
    refused(last, 429, "rate_limited")
    assert not [name for name in last.headers if name.startswith("x-ratelimit")]
    assert 1 <= int(last.headers["retry-after"]) <= 60


def test_who_has_signed_in_makes_more_than_the_hourly_quota_and_is_named_in_histories(
    start_server: StartServer,
) -> None:
    limited = start_server(creations_per_hour=3)
    (token,) = re.findall(r"/dashboard/welcome#(\S+)", limited.log.read_text())
    asked = {"token": token, "email": "owner@example.org", "password": "a quiet street at noon"}
    with httpx.Client(base_url=limited.url) as browser:
        csrf = browser.post("/session/welcome", json=asked).json()["csrf"]
        browser.headers["X-Footfall-Csrf"] = csrf
        rows = {"codes": [{"destination": DESTINATION}] * 10}
        made = browser.post("/v1/dynamic/bulk", json=rows)
        code = f"/v1/dynamic/{made.json()['codes'][0]['id']}"
        browser.patch(code, json={"status": "paused"})
        (change,) = browser.get(f"{code}/history").json()["changes"]
    assert (change["by"], change["by_id"]) == ("owner@example.org", "member-1")
    assert made.json()["created"] == 10
    assert made.headers["x-ratelimit-remaining"] == "3"
