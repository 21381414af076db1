"""Requests as proxies, printers and people really send them, to a real server."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from footfall.config import load
from footfall.core.errors import InvalidRequest
from tests.conftest import StartServer
from tests.running import ADMIN_KEY, RunningServer


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Behind one proxy, with a short host."""
    server = RunningServer(
        tmp_path_factory.mktemp("proxied") / "data",
        bootstrap_key=ADMIN_KEY,
        trusted_proxy_hops=1,
        short_url="https://go.example.org",
        creations_per_hour=1_000,
        requests_per_minute=10_000,
    )
    server.start()
    yield server
    server.close()


def create_tracker(server: RunningServer, **fields: Any) -> dict[str, Any]:
    wanted = {"kind": "scan", "destination": "https://example.org/menu", "privacy": "full"}
    answer = server.client.post("/trackers", json={**wanted, **fields})
    assert answer.status_code == 201, answer.text
    tracker: dict[str, Any] = answer.json()
    return tracker


def events_of(server: RunningServer, tracker: dict[str, Any]) -> list[dict[str, Any]]:
    """The newest first."""
    answer = server.client.get("/events", params={"tracker": tracker["id"]})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


# ── addresses ─────────────────────────────────────────────────────────────────────────────────


def test_an_address_with_a_port_has_a_country_and_a_visitor(proxied: RunningServer) -> None:
    tracker = create_tracker(proxied)
    for entry in ("81.2.69.160", "81.2.69.160:51234", '"81.2.69.160:80"', "[::ffff:81.2.69.160]"):
        sent = proxied.scan(tracker["slug"], {"X-Forwarded-For": f"6.6.6.6, {entry}"})
        assert sent.headers["x-footfall"] == "recorded"
    found = events_of(proxied, tracker)
    assert len(found) == 4
    assert {(one["ip"], one["country"]) for one in found} == {("81.2.69.160", "GB")}
    assert len({one["visitor"] for one in found}) == 1


def test_an_ingested_address_may_have_a_port(proxied: RunningServer) -> None:
    tracker = create_tracker(proxied)
    texts = ("203.0.113.77:443", "[2001:db8::77]:4711", "example.org:443")
    sent = [{"kind": "open", "tracker": tracker["id"], "ip": ip} for ip in texts]
    answer = proxied.client.post("/events", json=sent).json()
    assert (answer["stored"], answer["refused"]) == (2, 1)
    assert "address" in answer["events"][2]["error"]
    found = {one["ip"] for one in events_of(proxied, tracker)}
    assert found == {"203.0.113.77", "2001:db8::77"}


def test_the_standard_header_is_read_where_it_is_configured(start_server: StartServer) -> None:
    server = start_server(trusted_proxy_hops=1, forwarded_header="forwarded")
    tracker = create_tracker(server)
    both = {
        "Forwarded": 'for=6.6.6.6, for="[2001:db8::5]:47";proto=https',
        "X-Forwarded-For": "::2",
    }
    for headers in (both, {"X-Forwarded-For": "192.0.2.1"}):
        assert server.scan(tracker["slug"], headers).headers["x-footfall"] == "recorded"
    unknown, known = events_of(server, tracker)
    assert (known["ip"], unknown.get("ip", "")) == ("2001:db8::5", "")


# ── hosts ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host",
    [
        "go.example.org",
        "GO.example.org:443",
        "go.example.org:80",
        "go.example.org.",
        "go.example.org.:443",
        "go.example.org:",
    ],
)
def test_the_short_host_has_one_meaning_in_every_spelling(
    proxied: RunningServer, host: str
) -> None:
    tracker = create_tracker(proxied)
    answer = httpx.get(f"{proxied.url}/{tracker['slug']}", headers={"Host": host})
    assert (answer.status_code, answer.headers["location"]) == (302, "https://example.org/menu")
    root = httpx.get(proxied.url, headers={"Host": host, "Accept": "text/html"})
    assert root.status_code == 200


@pytest.mark.parametrize("host", ["go.example.org:8080", "go.example.org..", "x.go.example.org"])
def test_another_host_is_not_the_short_host(proxied: RunningServer, host: str) -> None:
    tracker = create_tracker(proxied)
    answer = httpx.get(f"{proxied.url}/{tracker['slug']}", headers={"Host": host})
    assert (answer.status_code, "x-footfall" in answer.headers) == (404, False)


@pytest.mark.parametrize(
    ("short_url", "host"),
    [
        ("https://go.example.org:443/", "go.example.org"),
        ("https://GO.example.org.", "go.example.org"),
        ("http://go.example.org:8080", "go.example.org:8080"),
        ("https://gó.example.org", "xn--g-vga.example.org"),
        ("http://[2001:db8::1]:80", "[2001:db8::1]"),
    ],
)
def test_a_short_url_names_its_host_in_one_form(short_url: str, host: str) -> None:
    assert load({"FOOTFALL_SHORT_URL": short_url})[0].short_host == host


def test_a_short_host_is_not_the_public_host_in_another_spelling() -> None:
    urls = {"FOOTFALL_PUBLIC_URL": "https://go.example.org", "FOOTFALL_SHORT_URL": ""}
    for short_url in ("https://go.example.org:443", "https://GO.example.org."):
        with pytest.raises(InvalidRequest, match="another host"):
            load({**urls, "FOOTFALL_SHORT_URL": short_url})
    with pytest.raises(InvalidRequest, match="name a host"):
        load({"FOOTFALL_SHORT_URL": "https://go.example.org:99999"})
