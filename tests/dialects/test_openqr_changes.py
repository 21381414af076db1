"""The OpenQR dialect on the wire, against a real server process: changes, deletion, scans."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dialects.openqr import change, refused
from tests.support.running import RunningServer

# ── change and deletion ───────────────────────────────────────────────────────────────────────


def test_every_field_can_be_changed_and_read_back(server: RunningServer) -> None:
    code = server.create_code()["id"]
    slug = f"Spring-{uuid.uuid4().hex[:8]}"
    folder = server.client.post("/v1/folders", json={"name": uuid.uuid4().hex}).json()
    theme = server.client.post("/v1/themes", json={"name": uuid.uuid4().hex, "style": {}}).json()
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    change(
        server,
        code,
        destination="https://example.org/new",
        label="New",
        slug=slug,
        tags=["a", "b", "a"],
        folder_id=folder["id"],
        theme=theme["name"],
        pause_until=until.isoformat(),
        password="sesame",
        pin="1234",
        lock_hint="the door",
        ios_destination="https://apple.example.org",
        android_destination="https://play.example.org",
    )
    detail = server.client.get(f"/v1/dynamic/{code}").json()
    assert detail["destination"] == "https://example.org/new"
    assert detail["label"] == "New"
    assert detail["slug"] == slug.lower()
    assert detail["tags"] == ["a", "b"]
    assert (detail["folder_id"], detail["folder"]) == (folder["id"], folder["name"])
    assert detail["theme"] == theme["id"]
    assert detail["status"] == "paused"
    assert detail["pause_until"] == until.isoformat().replace("+00:00", "Z")
    assert (detail["has_password"], detail["has_pin"]) == (True, True)
    assert detail["lock_hint"] == "the door"
    assert detail["ios_destination"] == "https://apple.example.org"
    assert detail["android_destination"] == "https://play.example.org"
    assert "sesame" not in server.client.get(f"/v1/dynamic/{code}").text

    nothing = ("label", "folder_id", "theme", "pause_until", "password", "pin", "lock_hint")
    cleared = change(
        server,
        code,
        **dict.fromkeys((*nothing, "ios_destination", "android_destination")),
        tags=[],
    )
    assert [cleared[name] for name in nothing if name in cleared] == [None] * 5
    assert (cleared["has_password"], cleared["has_pin"], cleared["tags"]) == (False, False, [])
    assert cleared["status"] == "active"


def test_a_change_meets_the_next_scan(server: RunningServer) -> None:
    code = server.create_code()
    for n in range(3):
        change(server, code["id"], destination=f"https://example.org/{n}")
        assert server.scan(code["slug"]).headers["location"] == f"https://example.org/{n}"
    change(server, code["id"], status="paused")
    assert "location" not in server.scan(code["slug"]).headers
    change(server, code["id"], status="active", ios_destination="https://apple.example.org")
    assert server.scan(code["slug"]).headers["location"] == "https://apple.example.org"
    change(server, code["id"], password="sesame")
    assert "location" not in server.scan(code["slug"]).headers


def test_a_renamed_code_leaves_its_old_link(server: RunningServer) -> None:
    code = server.create_code()
    slug = f"menu-{uuid.uuid4().hex[:8]}"
    renamed = change(server, code["id"], slug=slug)
    assert renamed["short_url"].endswith(f"/{slug}")
    assert server.scan(slug).status_code == 302
    assert server.scan(slug.upper()).status_code == 302
    assert server.scan(code["slug"]).status_code == 404
    other = server.create_code()["id"]
    taken = server.client.patch(f"/v1/dynamic/{other}", json={"slug": slug.upper()})
    refused(taken, 409, "slug_taken")
    change(server, code["id"], slug=slug)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"lable": "x"},
        {"destination": None},
        {"label": 5},
        {"label": "x" * 201},
        {"slug": "ab"},
        {"slug": "x" * 49},
        {"slug": "two words"},
        {"slug": "ünder"},
        {"slug": "login"},
        {"slug": "robots.txt"},
        {"slug": None},
        {"tags": "a"},
        {"tags": [5]},
        {"tags": [""]},
        {"tags": ["x"] * 11},
        {"tags": ["x" * 41]},
        {"folder_id": "f_none"},
        {"theme": "none such"},
        {"status": "off"},
        {"status": None},
        {"pause_until": "soon"},
        {"pause_until": "2020-01-01T00:00:00Z"},
        {"pause_until": "9999-12-31T23:59:59-14:00"},
        {"pause_until": 1893456000},
        {"status": "paused", "pause_until": "2999-01-01T00:00:00Z"},
        {"password": "abc"},
        {"password": "x" * 129},
        {"pin": "123"},
        {"pin": "12345"},
        {"pin": "١٢٣٤"},
        {"pin": 1234},
        {"lock_hint": "x" * 61},
        {"ios_destination": "itms://x"},
    ],
)
def test_a_bad_change_changes_nothing(server: RunningServer, fields: dict[str, Any]) -> None:
    code = server.create_code()["id"]
    before = server.client.get(f"/v1/dynamic/{code}").json()
    response = server.client.patch(f"/v1/dynamic/{code}", json={**fields})
    refused(response, 400, "invalid_request")
    if fields and "lable" not in fields:
        response = server.client.patch(f"/v1/dynamic/{code}", json={"tags": ["half"], **fields})
        refused(response, 400, "invalid_request")
    assert server.client.get(f"/v1/dynamic/{code}").json() == before


def test_deleting_a_code_takes_its_link_and_its_scans(server: RunningServer) -> None:
    code = server.create_code()
    server.scan(code["slug"])
    assert server.analytics(code["id"])["scans"]["total"] == 1
    response = server.client.delete(f"/v1/dynamic/{code['id']}")
    assert (response.status_code, response.json()["deleted"]) == (200, True)
    assert server.scan(code["slug"]).status_code == 404
    path = f"/v1/dynamic/{code['id']}"
    for gone in (
        server.client.get(path),
        server.client.get(f"{path}/scans"),
        server.client.patch(path, json={"label": "x"}),
        server.client.delete(path),
    ):
        refused(gone, 404, "not_found")


# ── scans ─────────────────────────────────────────────────────────────────────────────────────


def test_scans_are_read_live_in_the_documented_form(server: RunningServer) -> None:
    code = server.create_code()
    empty = server.analytics(code["id"])
    assert empty["scans"] == {"total": 0, "last7": 0, "topCountry": None, "topDevice": None}
    for referrer in ("", "", "https://t.co/abc"):
        server.scan(code["slug"], {"Referer": referrer} if referrer else None)
    body = server.analytics(code["id"], days=3)
    today = datetime.now(UTC).date()
    assert {name: body[name] for name in ("id", "slug", "short_url", "destination")} == {
        name: code[name] for name in ("id", "slug", "short_url", "destination")
    }
    assert body["scans"] == {
        "total": 3,
        "last7": 3,
        "topCountry": "Unknown",
        "topDevice": "mobile",
    }
    analytics = body["analytics"]
    assert (analytics["days_window"], analytics["total"], analytics["window_total"]) == (3, 3, 3)
    days = [(today - timedelta(days=back)).isoformat() for back in (2, 1, 0)]
    assert analytics["daily"] == [
        {"day": days[0], "n": 0},
        {"day": days[1], "n": 0},
        {"day": days[2], "n": 3},
    ]
    assert analytics["by_country"] == [{"value": "Unknown", "n": 3}]
    assert analytics["by_device"] == [{"value": "mobile", "n": 3}]
    assert analytics["by_referrer"] == [{"value": "Direct", "n": 2}, {"value": "t.co", "n": 1}]


@pytest.mark.parametrize(
    ("days", "honoured"), [("", 30), ("0", 1), ("-7", 1), ("366", 365), ("9" * 40, 365), ("7", 7)]
)
def test_days_are_clamped(server: RunningServer, days: str, honoured: int) -> None:
    code = server.create_code()["id"]
    body = server.client.get(f"/v1/dynamic/{code}/scans", params={"days": days}).json()
    assert body["analytics"]["days_window"] == honoured
    assert len(body["analytics"]["daily"]) == honoured


def test_days_that_are_no_number_are_refused(server: RunningServer) -> None:
    code = server.create_code()["id"]
    for days in ("x", "7.5", "٧", "1e3"):
        response = server.client.get(f"/v1/dynamic/{code}/scans", params={"days": days})
        assert "days" in refused(response, 400, "invalid_request")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("password", "secret words"), ("pin", "1234"), ("lock_hint", "the number at the door")),
        *(("status", "paused"), ("pause_until", "2099-01-01T00:00:00Z"), ("password", "")),
    ],
)
def test_a_code_that_should_be_closed_is_not_made_open(
    server: RunningServer, name: str, value: str
) -> None:
    row = {"destination": "https://example.org/", name: value}
    one = server.client.post("/v1/dynamic", json=row)
    many = server.client.post("/v1/dynamic/bulk", json={"codes": [row]})
    assert (one.status_code, many.status_code) == (400, 400)
    assert one.json()["error"].startswith(f"{name}: a code is made without it")
    assert many.json()["error"].startswith(f"codes[0]: {name}: ")


def test_what_asks_for_nothing_makes_a_code(server: RunningServer) -> None:
    row = {"destination": "https://example.org/", "password": None, "status": "active"}
    assert server.client.post("/v1/dynamic", json=row).status_code == 201
