"""Trackers of the native API: made, changed, told of, scanned, deleted, and nobody else's."""

from collections.abc import Iterator

import httpx
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from tests.dialects.passentry import Venue
from tests.support.running import PHONE, RunningServer


@pytest.fixture(scope="module")
def other(server: RunningServer) -> Iterator[httpx.Client]:
    """Another account's client."""
    catalog = open_catalog(Settings(data=str(server.data)))
    _, secret = catalog.create_account("Other", "other@example.org")
    catalog.close()
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {secret}"}, timeout=30
    ) as client:
        yield client


def test_a_tracker_is_made_read_changed_and_listed(server: RunningServer) -> None:
    client = server.client
    made = client.post(
        "/trackers",
        json={
            "kind": "impression",
            "name": "Front page",
            "references": {"campaign": "spring"},
            "metadata": {"wall": 3},
        },
    )
    assert made.status_code == 201
    body = made.json()
    assert (body["kind"], body["name"], body["source"]) == ("impression", "Front page", "native")
    assert (body["destination"], body["link"], body["paused"]) == (None, None, False)
    assert body["image"].endswith(f"/t/{body['slug']}.gif")
    path = made.headers["location"]
    assert client.get(path).json() == body
    changed = client.patch(
        path, json={"slug": f"Page-{body['id']}", "destination": "https://example.org/a"}
    ).json()
    assert (changed["slug"], changed["references"]) == (f"page-{body['id']}", body["references"])
    assert changed["link"].endswith(f"/s/page-{body['id']}")
    assert client.patch(path, json={"destination": None}).json()["link"] is None
    assert body["id"] in [one["id"] for one in client.get("/trackers").json()["trackers"]]


@pytest.fixture
def five(server: RunningServer) -> Iterator[Venue]:
    """An account with a tracker of every API."""
    venue = Venue(server)
    client = httpx.Client(
        base_url=server.url,
        headers={"Authorization": f"Bearer {venue.key}", "X-Eflow-API-Key": venue.key},
        timeout=30,
    )
    for path, body in (
        ("/trackers", {"kind": "impression", "name": "Front page"}),
        ("/v1/dynamic", {"destination": "https://example.org/menu", "label": "Flyer 100%"}),
        ("/api/v1/posters", {"landing_url": "https://example.org/join", "location": "Gym"}),
        ("/api/v1/passes?extId=MEMBER-42", {"pass": {}}),
        ("/v4/publisher/emailings", {"subject": "Spring sale"}),
        ("/v1/networks/offers", {"name": "Hats", "destination_url": "https://example.org/hats"}),
    ):
        assert client.post(path, json=body).is_success
    client.close()
    yield venue
    venue.close()


def test_a_list_has_the_trackers_of_every_api_with_what_they_are(
    server: RunningServer, five: Venue
) -> None:
    headers = {"Authorization": f"Bearer {five.key}"}

    def found(**query: str) -> list[str]:
        answer = server.client.get("/trackers", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["trackers"]]

    rows = server.client.get("/trackers", headers=headers).json()["trackers"]
    assert {one["source"]: (one["resource"], one["name"]) for one in rows} == {
        "native": ("tracker", "Front page"),
        "openqr": ("code", "Flyer 100%"),
        "vantio": ("poster", "Gym"),
        "passentry": ("pass", "MEMBER-42"),
        "copernica": ("emailing", "Spring sale"),
        "everflow": ("offer", "Hats"),
    }
    own = {one["source"]: one for one in rows}
    for source, path in (
        ("openqr", "/v1/dynamic/"),
        ("vantio", "/api/v1/posters/"),
        ("passentry", "/api/v1/passes/"),
        ("copernica", "/v4/publisher/emailing/"),
        ("everflow", "/v1/networks/offers/"),
    ):
        keys = {**headers, "X-Eflow-API-Key": five.key}
        assert server.client.get(path + own[source]["resource_id"], headers=keys).status_code == 200
    assert own["passentry"]["image"] == "", "a pass has no slug"
    one = server.client.get(f"/trackers/{own['openqr']['id']}", headers=headers).json()
    assert one == own["openqr"]

    assert found(source="vantio") == ["Gym"]
    assert found(kind="open") == ["Spring sale"]
    assert found(search="flyer 100%") == found(search=own["openqr"]["slug"]) == ["Flyer 100%"]
    assert found(search="EXAMPLE.ORG/menu") == found(search=own["openqr"]["resource_id"])
    assert found(search="member-42", source="openqr") == []
    assert found(paused="true") == []
    body = {"status": "paused"}
    path = f"/v1/dynamic/{own['openqr']['resource_id']}"
    server.client.patch(path, json=body, headers=headers).raise_for_status()
    assert found(paused="true") == ["Flyer 100%"]
    assert "Flyer 100%" not in found(paused="false")
    assert len(found(paused="false", limit="2")) == 2


@pytest.mark.parametrize("query", [{"source": "nobody"}, {"kind": "party"}, {"paused": "maybe"}])
def test_a_filter_that_cannot_be_is_refused(server: RunningServer, query: dict[str, str]) -> None:
    answer = server.client.get("/trackers", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_a_list_pages_by_cursor_without_skipping_or_repeating(other: httpx.Client) -> None:
    ids = [other.post("/trackers", json={"kind": "scan"}).json()["id"] for _ in range(5)]
    seen: list[int] = []
    cursor = None
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = other.get("/trackers", params=params).json()
        seen += [one["id"] for one in page["trackers"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    assert other.get("/trackers", params={"cursor": "x"}).status_code == 400


def test_events_are_told_of_it_with_its_references_until_it_is_paused_or_deleted(
    server: RunningServer, other: httpx.Client
) -> None:
    made = other.post(
        "/trackers", json={"kind": "scan", "destination": "https://example.org/"}
    ).json()
    path = f"/trackers/{made['id']}"

    def scan() -> str:
        answer = httpx.get(f"{server.url}/s/{made['slug']}", headers={"User-Agent": PHONE})
        return answer.headers["x-footfall"]

    assert scan() == "recorded"
    sent = {"kind": "scan", "tracker": made["id"]}
    assert other.post("/events", json=sent).json()["stored"] == 1
    assert other.patch(path, json={"paused": True}).json()["paused"] is True
    assert scan() == "refused"
    assert other.delete(path).json() == {"id": made["id"], "deleted": True}
    assert scan() == "orphan"
    assert other.post("/events", json=sent).status_code == 400
    for method in ("GET", "PATCH", "DELETE"):
        assert other.request(method, path, json={}).status_code == 404


def test_another_accounts_tracker_is_not_there(server: RunningServer, other: httpx.Client) -> None:
    theirs = f"/trackers/{other.post('/trackers', json={'kind': 'scan'}).json()['id']}"
    for method in ("GET", "PATCH", "DELETE"):
        response = server.client.request(method, theirs, json={"name": "mine"})
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert other.get(theirs).json()["name"] == ""


def test_a_vendors_tracker_is_shown_and_changed_only_there(server: RunningServer) -> None:
    code = server.create_code()
    (first, *_) = server.client.get("/trackers", params={"limit": 1}).json()["trackers"]
    assert (first["source"], first["references"]) == ("openqr", {"code": code["id"]})
    for method in ("PATCH", "DELETE"):
        response = server.client.request(method, f"/trackers/{first['id']}", json={})
        assert (response.status_code, response.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({}, 400, "kind"),
        ({"kind": "party"}, 400, "party"),
        ({"kind": "scan", "colour": "red"}, 400, "colour"),
        ({"kind": "scan", "slug": "a"}, 400, "slug"),
        ({"kind": "scan", "slug": "api"}, 400, "reserved"),
        ({"kind": "scan", "destination": "http://127.0.0.1/"}, 400, "private"),
        ({"kind": "scan", "destination": "javascript:1"}, 400, "http"),
        ({"kind": "scan", "references": {"ip": "1"}}, 400, "references"),
        ({"kind": "scan", "metadata": {"a": "x" * 9000}}, 400, "metadata"),
        ({"kind": "scan", "privacy": "none"}, 400, "privacy"),
        (7, 400, "object"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_reason(
    server: RunningServer, body: object, status: int, named: str
) -> None:
    response = server.client.post("/trackers", json=body)
    assert response.status_code == status
    assert named in response.json()["error"]


def test_a_slug_is_one_trackers_only(server: RunningServer, other: httpx.Client) -> None:
    slug = server.client.post("/trackers", json={"kind": "scan"}).json()["slug"]
    taken = other.post("/trackers", json={"kind": "scan", "slug": slug.upper()})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")


def test_reading_needs_read_and_the_rest_write(server: RunningServer) -> None:
    catalog = open_catalog(Settings(data=str(server.data)))
    capture, _ = catalog.create_key(1, "capture", frozenset({Scope.CAPTURE}))
    read, _ = catalog.create_key(1, "read", frozenset({Scope.READ}))
    catalog.close()
    path = f"/trackers/{server.client.post('/trackers', json={'kind': 'scan'}).json()['id']}"
    for secret, method, where, status in (
        (capture, "GET", "/trackers", 403),
        (capture, "GET", path, 403),
        (read, "GET", path, 200),
        (read, "POST", "/trackers", 403),
        (read, "PATCH", path, 403),
        (read, "DELETE", path, 403),
        ("oqr_unknownUnknownUnknownUnknown", "GET", "/trackers", 401),
    ):
        response = httpx.request(
            method,
            f"{server.url}{where}",
            json={"kind": "scan"} if where == "/trackers" else {},
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert response.status_code == status, (method, where)
