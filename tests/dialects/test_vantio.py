"""The Vantio dialect on the wire, against a real server process: what its users count on."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from tests.conftest import StartServer
from tests.dialects.vantio import Campaign, call, refused
from tests.support.running import RunningServer

# ── the door ──────────────────────────────────────────────────────────────────────────────────


def test_every_answer_to_a_key_tells_what_is_left_of_the_limit(start_server: StartServer) -> None:
    server = start_server(requests_per_minute=4)
    left = []
    for path in ("/users", "/users/user_nobodynobody", "/users?limit=x", "/impressions"):
        response = server.client.get(f"/api/v1{path}")
        assert response.headers["x-ratelimit-limit"] == "4"
        assert int(response.headers["x-ratelimit-reset"]) > 1_700_000_000
        left.append(int(response.headers["x-ratelimit-remaining"]))
    assert left == [3, 2, 1, 0]
    response = server.client.get("/api/v1/users")
    assert "Try again in" in refused(response, 429)
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert "x-ratelimit-limit" not in httpx.get(f"{server.url}/api/v1/users").headers


def test_a_key_that_may_only_read_changes_nothing(server: RunningServer) -> None:
    catalog = open_catalog(Settings(data=str(server.data)))
    secret, _ = catalog.create_key(1, "reads", frozenset({Scope.READ}))
    catalog.close()
    headers = {"Authorization": f"Bearer {secret}"}
    campaign = Campaign(server)
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers) as client:
        assert client.get("/users").status_code == 200
        for method, path in (
            ("POST", "/referrals"),
            ("PUT", f"/programs/{campaign.program}"),
            ("DELETE", f"/posters/{campaign.poster['id']}"),
        ):
            assert "scope 'write'" in refused(client.request(method, path, json={}), 403)
    assert call(server, "GET", f"/posters/{campaign.poster['id']}")


def test_what_needs_events_is_answered_503_while_their_store_is_away(
    start_server: StartServer,
) -> None:
    server = start_server(store_url="clickhouse://127.0.0.1:9/default", read_wait_seconds=0.1)
    campaign = Campaign(server)
    impression = campaign.scan()
    body = {
        "impression_id": impression,
        "first_name": "Ana",
        "last_name": "Diaz",
        "email": "ana@example.com",
    }
    for method, path in (
        ("GET", "/impressions"),
        ("GET", f"/impressions/{impression}"),
        ("GET", "/funnel"),
        ("POST", "/referrals"),
    ):
        sent = body if method == "POST" else None
        response = server.client.request(method, f"/api/v1{path}", json=sent)
        refused(response, 503)
        assert int(response.headers["retry-after"]) > 0
    assert call(server, "GET", "/referrals") == {"referrals": []}


def test_values_that_are_no_text_or_too_large_are_refused(server: RunningServer) -> None:
    campaign = Campaign(server)
    path = f"/api/v1/users/{campaign.student}"
    for content in (
        b'{"first_name": "\\ud800"}',
        b'{"metadata": {"a": "\\udfff"}}',
        b'{"metadata": {"a": 1e999}}',
        b'{"metadata": {"a": ' + b"9" * 5000 + b"}}",
        b'{"first_name": "\xff"}',
        b'{"metadata": {"a": "' + b"x" * 65_536 + b'"}}',
        b"",
        b"null",
    ):
        refused(server.client.put(path, content=content), 400)
    kept = {"a": 10**40, "b": "NUL \x00 and \x7f"}
    body = call(server, "PUT", f"/users/{campaign.student}", json={"metadata": kept})
    assert body["metadata"] == kept


def test_metadata_may_not_grow_past_its_limit_by_merging(server: RunningServer) -> None:
    path = f"/users/{Campaign(server).student}"
    call(server, "PUT", path, json={"metadata": {"a": "x" * 40_000}})
    response = server.client.put(f"/api/v1{path}", json={"metadata": {"b": "x" * 40_000}})
    assert "too large" in refused(response, 400)
    assert set(call(server, "GET", path)["metadata"]) == {"a"}


# ── scans ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("landing", "before", "after"),
    [
        ("https://example.org", "https://example.org?impression_id=", ""),
        ("https://example.org/a?b=c", "https://example.org/a?b=c&impression_id=", ""),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c&impression_id=", "#d"),
    ],
)
def test_a_scan_lands_with_the_id_of_its_impression(
    server: RunningServer, landing: str, before: str, after: str
) -> None:
    campaign = Campaign(server, landing)
    slug = campaign.poster["short_url"].rpartition("/")[2]
    answer = server.scan(slug)
    assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
    (impression,) = campaign.impressions()
    assert answer.headers["location"] == before + impression["id"] + after


def test_a_poster_needs_nothing_but_its_landing_page(server: RunningServer) -> None:
    body = {"landing_url": "https://alone.example/join"}
    first = call(server, "POST", "/posters", json=body)
    second = call(server, "POST", "/posters", json=body)
    assert first["program_id"] == second["program_id"]
    assert first["student_id"] == second["student_id"]
    assert call(server, "GET", f"/programs/{first['program_id']}")["name"] == "alone.example"
    assert call(server, "GET", f"/users/{first['student_id']}")["email"] == "owner@localhost"
    landing = httpx.get(first["short_url"].replace("localhost", "127.0.0.1")).headers["location"]
    assert landing.startswith("https://alone.example/join?impression_id=imp_")


def test_the_next_scan_meets_a_new_landing_page(server: RunningServer) -> None:
    campaign = Campaign(server)
    second = campaign.add_poster(campaign.student)
    path = f"/programs/{campaign.program}"
    call(server, "PUT", path, json={"landing_url": "https://example.com/new"})
    third = campaign.add_poster(campaign.student)
    for poster in (campaign.poster, second, third):
        location = server.scan(poster["short_url"].rpartition("/")[2]).headers["location"]
        assert location.startswith("https://example.com/new?impression_id=imp_")


def test_an_impression_keeps_the_place_and_student_of_its_time(server: RunningServer) -> None:
    campaign = Campaign(server)
    path = f"/posters/{campaign.poster['id']}"
    campaign.scan()
    other = campaign.add_student("Kim")
    call(server, "PUT", path, json={"location": "Gym “two”", "student_id": other})
    campaign.scan()
    call(server, "PUT", path, json={"location": None})
    last = campaign.scan()
    found = campaign.impressions()
    assert [one["metadata"]["location"] for one in found] == [
        "Library, floor 1",
        "Gym “two”",
        None,
    ]
    assert [one["student_id"] for one in found] == [campaign.student, other, other]
    assert campaign.refer(last)["student_id"] == other


def test_a_poster_has_the_program_of_its_student(server: RunningServer) -> None:
    first, second = Campaign(server), Campaign(server)
    body = {"program_id": first.program, "student_id": second.student}
    text = refused(server.client.post("/api/v1/posters", json=body), 400)
    assert second.program in text
    path = f"/api/v1/posters/{first.poster['id']}"
    refused(server.client.put(path, json={"student_id": second.student}), 400)


@pytest.mark.parametrize(
    ("privacy", "address"), [("coarse", None), ("truncated", "127.0.0.0"), ("full", "127.0.0.1")]
)
def test_what_privacy_keeps_out_is_null(
    start_server: StartServer, privacy: str, address: str | None
) -> None:
    campaign = Campaign(start_server(privacy=privacy))
    campaign.scan()
    (impression,) = campaign.impressions()
    assert impression["ip_address"] == address
    assert (impression["user_agent"] is None) == (privacy == "coarse")
    assert impression["metadata"] == {"device_type": "mobile", "location": "Library, floor 1"}


def test_ids_in_filters_that_are_unknown_are_named_in_a_header(server: RunningServer) -> None:
    campaign = Campaign(server)

    def notes(**query: str) -> list[str]:
        answer = server.client.get("/api/v1/impressions", params=query)
        return list(json.loads(answer.headers.get("footfall-notes", "[]")))

    unknown = "prog_000000000000"
    assert notes(programId=campaign.program, studentId=campaign.student) == []
    assert notes(programId=unknown) == [f"programId: nothing known has the id '{unknown}'."]
    assert notes(posterId="post_000000000000", studentId=campaign.student) == [
        "posterId: nothing known has the id 'post_000000000000'."
    ]


def test_a_list_has_a_hundred_rows_at_most_and_goes_on(server: RunningServer) -> None:
    campaign = Campaign(server)
    scanned = [campaign.scan() for _ in range(103)]
    assert len(campaign.impressions()) == 50
    first = campaign.impressions(limit=1000)
    assert len(first) == 100
    rest = campaign.impressions(limit=1000, offset=100)
    assert [one["id"] for one in first + rest] == scanned
    by_cursor = campaign.impressions(limit=1000, cursor=first[-1]["id"])
    assert by_cursor == rest


def test_pages_are_the_same_from_any_offset(server: RunningServer) -> None:
    campaign = Campaign(server)
    scanned = [campaign.scan() for _ in range(12)]
    for limit in (1, 2, 3, 5):
        for start in (0, 1, 4):
            found: list[str] = []
            while page := campaign.impressions(limit=limit, offset=start + len(found)):
                found += [one["id"] for one in page]
            assert found == scanned[start:]


# ── deletion ──────────────────────────────────────────────────────────────────────────────────


def test_a_deleted_poster_takes_its_impressions_and_leaves_its_referrals(
    start_server: StartServer,
) -> None:
    server = start_server()
    campaign = Campaign(server)
    stays = campaign.add_poster(campaign.student)
    kept = campaign.scan(stays)
    referral = campaign.refer(campaign.scan())
    poster = campaign.poster["id"]
    assert call(server, "DELETE", f"/posters/{poster}") == {"id": poster, "deleted": True}
    assert server.scan(campaign.poster["short_url"].rpartition("/")[2]).status_code == 404
    assert call(server, "GET", "/impressions", params={"posterId": poster}) == {"impressions": []}
    deadline = time.monotonic() + 60
    while len(campaign.impressions()) > 1:
        assert time.monotonic() < deadline
    assert [one["id"] for one in campaign.impressions()] == [kept]
    again = call(server, "GET", "/referrals", params={"programId": campaign.program})["referrals"]
    assert again == [referral]
    funnel = call(
        server, "GET", "/funnel", params={"programId": campaign.program, "groupBy": "poster"}
    )
    assert {one["id"]: (one["scans"], one["referrals"]) for one in funnel["groups"]} == {
        poster: (0, 1),
        stays["id"]: (1, 0),
    }


# ── idempotency ───────────────────────────────────────────────────────────────────────────────


def test_the_same_key_at_the_same_time_makes_one_referral(server: RunningServer) -> None:
    campaign = Campaign(server)
    impression = campaign.scan()
    start = threading.Barrier(8)

    def refer(_: int) -> dict[str, Any]:
        start.wait()
        return campaign.refer(impression, idempotency_key=f"signup {impression}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(refer, range(8)))
    assert all(answer == answers[0] for answer in answers)
    found = call(server, "GET", "/referrals", params={"impression_id": impression})
    assert found["referrals"] == [answers[0]]


def test_a_referral_and_an_earning_may_have_the_same_key(server: RunningServer) -> None:
    campaign = Campaign(server)
    key = campaign.poster["id"]
    referral = campaign.refer(idempotency_key=key)
    campaign.convert(referral["id"])
    earning = campaign.earn(referral["id"], idempotency_key=key)
    assert campaign.earn(referral["id"], idempotency_key=key) == earning


def test_a_refused_request_leaves_its_key_unused(server: RunningServer) -> None:
    campaign = Campaign(server)
    referral = campaign.refer()["id"]
    body = {"referral_id": "ref_000000000000", "amount": 5, "idempotency_key": referral}
    refused(server.client.post("/api/v1/earnings", json=body), 404)
    body["referral_id"] = referral
    assert call(server, "POST", "/earnings", json=body)["status"] == "pending"


def test_a_rejected_referral_earns_nothing(server: RunningServer) -> None:
    referral = Campaign(server).refer()["id"]
    call(server, "PUT", f"/referrals/{referral}", json={"status": "rejected"})
    body = {"referral_id": referral, "amount": 5}
    refused(server.client.post("/api/v1/earnings", json=body), 400)


def test_a_referral_may_have_been_verified_at_the_first_moment_of_1970(
    server: RunningServer,
) -> None:
    campaign = Campaign(server)
    referral = campaign.refer()["id"]
    campaign.convert(referral)
    first = "1970-01-01T00:00:00Z"
    body = {"status": "verified", "verified_at": first}
    assert call(server, "PUT", f"/referrals/{referral}", json=body)["verified_at"] == first
    kept = call(server, "PUT", f"/referrals/{referral}", json={"status": "verified"})
    assert kept["verified_at"] == first
