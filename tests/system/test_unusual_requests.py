"""Requests as proxies, printers and people really send them, to a real server."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from footfall.capture.link_key import LinkKey
from footfall.capture.signed_links import SignedLink, Signer
from footfall.config import load
from footfall.core.errors import InvalidRequest
from footfall.core.events import EventKind
from tests.conftest import StartServer
from tests.support.running import ADMIN_KEY, PHONE, RunningServer


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


def get(server: RunningServer, path: str, **headers: str) -> httpx.Response:
    """As a phone asks."""
    return httpx.get(server.url + path, headers={"User-Agent": PHONE, **headers})


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


# ── paths ─────────────────────────────────────────────────────────────────────────────────────

MISPRINTS = (
    "/s/{slug}/",
    "/s//{slug}",
    "//s/{slug}",
    "/s/{slug}.",
    "/s/{slug},",
    "/s/({slug}).",
    "/s/{slug}%20",
    "/s/%20{slug}%0D%0A",
    "/s/{slug}%E2%80%A6",  # an ellipsis
    "/s/{slug}%EF%BC%89%E3%80%82",  # a full-width bracket and full stop
    "/s/%E2%80%9C{slug}%E2%80%9D",  # quotes
    "/s/{slug}%E2%80%8B",  # a space without width
    "/s/*{slug}*",
    "/s/{slug}/?utm_source=mail",
)


@pytest.mark.parametrize("path", MISPRINTS)
def test_what_stands_around_a_slug_is_no_part_of_it(proxied: RunningServer, path: str) -> None:
    tracker = create_tracker(proxied)
    answer = get(proxied, path.format(slug=tracker["slug"]))
    assert (answer.status_code, answer.headers["x-footfall"]) == (302, "recorded")
    assert len(events_of(proxied, tracker)) == 1


def test_a_code_in_capitals_leads_to_the_same_place(proxied: RunningServer) -> None:
    tracker = create_tracker(proxied)
    slug = tracker["slug"].upper()
    for host, path in (("X.ORG", f"/S/{slug}"), ("GO.EXAMPLE.ORG:443", f"/{slug}")):
        answer = get(proxied, path, Host=host)
        assert (answer.status_code, answer.headers["x-footfall"]) == (302, "recorded")
    for path in (f"/{slug}/", f"//{slug}", f"/{slug}."):
        answer = get(proxied, path, Host="go.example.org")
        assert (answer.status_code, answer.headers["x-footfall"]) == (302, "recorded")


@pytest.mark.parametrize("rest", ["/more", "/more/", "more", "%C3%A9", "/s"])
def test_another_path_is_an_orphan(proxied: RunningServer, rest: str) -> None:
    tracker = create_tracker(proxied)
    answer = get(proxied, f"/s/{tracker['slug']}{rest}")
    assert (answer.status_code, answer.headers["x-footfall"]) == (404, "orphan")


def test_a_slug_that_ends_with_a_hyphen_keeps_it(proxied: RunningServer) -> None:
    for slug, destination in (
        ("menu-", "https://example.org/a"),
        ("menu", "https://example.org/b"),
    ):
        create_tracker(proxied, slug=slug, destination=destination)
    for slug, destination in (
        ("menu-/", "https://example.org/a"),
        ("menu/", "https://example.org/b"),
    ):
        assert get(proxied, f"/s/{slug}/").headers["location"] == destination


def test_a_locked_code_is_unlocked_at_the_path_where_its_form_is(proxied: RunningServer) -> None:
    code = proxied.create_code()
    assert proxied.client.patch(f"/v1/dynamic/{code['id']}", json={"pin": "4321"}).is_success
    url = f"{proxied.url}/s/{code['slug']}/"
    assert "locked" in httpx.get(url).text
    assert httpx.post(url, data={"word": "4321"}).status_code == 303


def test_pixels_and_signed_links_are_found_with_a_slash_or_a_full_stop(
    proxied: RunningServer,
) -> None:
    tracker = create_tracker(proxied, kind="impression", destination=None)
    for path in (f"/t/{tracker['slug']}.gif/", f"/t//{tracker['slug']}.gif"):
        assert get(proxied, path).headers["x-footfall"] == "recorded"
    posted = httpx.post(
        f"{proxied.url}/t/{tracker['slug']}/", content=b"{}", headers={"User-Agent": PHONE}
    )
    assert posted.headers["x-footfall"] == "recorded"
    signer = Signer(LinkKey(proxied.data / "link-key").key)
    pixel = signer.write(SignedLink(tracker["id"], EventKind.OPEN))
    assert get(proxied, f"/p/{pixel}.gif/").headers["x-footfall"] == "recorded"
    link = signer.write(SignedLink(tracker["id"], EventKind.CLICK, landing="https://example.org/"))
    for rest in ("/", ".", "%20", ")."):
        answer = get(proxied, f"/l/{link}{rest}")
        assert (answer.status_code, answer.headers["x-footfall"]) == (302, "recorded")
    assert get(proxied, f"/l/{link}/more").status_code == 404


# ── texts of headers ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Fútbol/3 日本".encode(), "Fútbol/3 日本"),
        (b"F\xfatbol/3", "Fútbol/3"),
        (b"F\xc3\xbatbol/3 \xfa", "FÃºtbol/3 ú"),
        ("é".encode() * 2100, "é" * 2048),
        (("a" + "é" * 2100).encode(), "a" + "é" * 2047),
    ],
    ids=["UTF-8", "Latin-1", "both", "long", "long and odd"],
)
def test_a_header_is_utf8_or_else_latin1(proxied: RunningServer, sent: bytes, kept: str) -> None:
    tracker = create_tracker(proxied)
    url = f"{proxied.url}/s/{tracker['slug']}"
    assert httpx.get(url, headers={b"User-Agent": sent}).status_code == 302
    (event,) = events_of(proxied, tracker)
    assert event["user_agent"] == kept


def test_a_referrer_in_utf8_has_the_host_of_its_punycode(proxied: RunningServer) -> None:
    tracker = create_tracker(proxied)
    texts = ("https://müller.example/straße", "https://xn--mller-kva.example/")
    for text in texts:
        headers = {b"Referer": text.encode(), b"User-Agent": PHONE.encode()}
        assert httpx.get(f"{proxied.url}/s/{tracker['slug']}", headers=headers).is_redirect
    second, first = events_of(proxied, tracker)
    assert (first["referrer"], second["referrer"]) == texts
    assert first["referrer_host"] == second["referrer_host"] == "xn--mller-kva.example"
