"""Scans as the world makes them: over HTTP, to a real server, read back from its store."""

import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.running import PHONE, RunningServer

DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def code(server: RunningServer) -> dict[str, str]:
    return server.create_code()


def change(server: RunningServer, code: dict[str, str], **fields: object) -> None:
    response = server.client.patch(f"/v1/dynamic/{code['id']}", json=fields)
    assert response.status_code == 200, response.text


def total(server: RunningServer, code: dict[str, str]) -> int:
    return int(server.analytics(code["id"])["scans"]["total"])


def test_a_scan_is_redirected_and_in_the_very_next_answer(
    server: RunningServer, code: dict[str, str]
) -> None:
    for number in range(1, 11):
        response = server.scan(code["slug"])
        assert response.status_code == 302
        assert response.headers["location"] == "https://example.org/menu"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-footfall"] == "recorded"
        assert total(server, code) == number


def test_a_slug_in_capitals_leads_to_the_same_place(
    server: RunningServer, code: dict[str, str]
) -> None:
    assert server.scan(code["slug"].upper()).status_code == 302


def test_a_new_destination_is_in_effect_on_the_next_scan(
    server: RunningServer, code: dict[str, str]
) -> None:
    change(server, code, destination="https://example.org/new?a=1#b")
    assert server.scan(code["slug"]).headers["location"] == "https://example.org/new?a=1#b"


def test_a_device_goes_to_its_own_destination(server: RunningServer, code: dict[str, str]) -> None:
    change(server, code, ios_destination="https://apps.example.org/ios")
    assert server.scan(code["slug"]).headers["location"] == "https://apps.example.org/ios"
    desktop = server.scan(code["slug"], {"User-Agent": DESKTOP})
    assert desktop.headers["location"] == "https://example.org/menu"


def test_head_is_answered_and_not_counted(server: RunningServer, code: dict[str, str]) -> None:
    response = httpx.head(f"{server.url}/s/{code['slug']}")
    assert (response.status_code, response.headers["location"]) == (302, "https://example.org/menu")
    assert total(server, code) == 0


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({"Sec-Purpose": "prefetch;prerender"}, "prefetch"),
        ({"Purpose": "prefetch"}, "prefetch"),
        ({"X-Moz": "prefetch"}, "prefetch"),
        ({"X-Purpose": "preview"}, "preview"),
        ({"User-Agent": "WhatsApp/2.24.1"}, "preview"),
        ({"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "bot"),
    ],
)
def test_what_is_no_person_is_redirected_stored_and_not_counted(
    server: RunningServer, code: dict[str, str], headers: dict[str, str], verdict: str
) -> None:
    response = server.scan(code["slug"], headers)
    assert (response.status_code, response.headers["x-footfall"]) == (302, verdict)
    assert total(server, code) == 0


def test_an_unknown_code_gets_a_plain_page_and_is_an_orphan(server: RunningServer) -> None:
    response = server.scan("never-printed")
    assert response.status_code == 404
    assert response.headers["x-footfall"] == "orphan"
    assert response.headers["cache-control"] == "no-store"
    assert "not known" in response.text


def test_a_paused_code_gets_the_inactive_page_and_counts_nothing(
    server: RunningServer, code: dict[str, str]
) -> None:
    change(server, code, status="paused")
    response = server.scan(code["slug"])
    assert (response.status_code, response.headers["x-footfall"]) == (404, "refused")
    assert "not active" in response.text
    change(server, code, status="active")
    assert server.scan(code["slug"]).status_code == 302
    assert total(server, code) == 1


@pytest.mark.parametrize(("lock", "word"), [("password", "open sesame"), ("pin", "4321")])
def test_a_locked_code_asks_first_and_counts_the_scan_once(
    server: RunningServer, code: dict[str, str], lock: str, word: str
) -> None:
    change(server, code, **{lock: word, "lock_hint": "Ask <b>at</b> the bar"})
    url = f"{server.url}/s/{code['slug']}"
    page = server.scan(code["slug"])
    assert page.status_code == 200
    assert "Ask &lt;b&gt;at&lt;/b&gt; the bar" in page.text
    wrong = httpx.post(url, data={"word": "wrong"}, headers={"User-Agent": PHONE})
    assert wrong.status_code == 403
    right = httpx.post(url, data={"word": word}, headers={"User-Agent": PHONE})
    assert (right.status_code, right.headers["location"]) == (303, "https://example.org/menu")
    assert right.headers["x-footfall"] == "recorded"
    assert total(server, code) == 1


def test_other_methods_are_refused(server: RunningServer, code: dict[str, str]) -> None:
    response = httpx.delete(f"{server.url}/s/{code['slug']}")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "path", ["/s/", "/s/%00", "/s/" + "x" * 5000, "/s/%F0%9F%98%80", "/s/a/b/c", "/s/..%2f.."]
)
def test_a_strange_slug_is_never_an_error_of_ours(server: RunningServer, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 404


def test_strange_headers_are_never_an_error_of_ours(
    server: RunningServer, code: dict[str, str]
) -> None:
    strange = {
        "User-Agent": "\xff\xfe" * 2000,
        "Referer": "http://[::1",
        "Accept-Language": ";;;,,,",
        "Purpose": "\xe9" * 300,
    }
    encoded = {name: value.encode("latin-1") for name, value in strange.items()}
    response = httpx.get(f"{server.url}/s/{code['slug']}", headers=encoded)  # type: ignore[arg-type]
    assert (response.status_code, response.headers["x-footfall"]) == (302, "recorded")


def test_utm_parameters_are_appended_where_they_lack(
    server: RunningServer, code: dict[str, str]
) -> None:
    change(server, code, utm={"utm_source": "poster", "utm_medium": "qr"})
    landing = server.scan(code["slug"]).headers["location"]
    assert landing == "https://example.org/menu?utm_source=poster&utm_medium=qr"
    change(server, code, destination="https://example.org/menu?utm_source=own")
    landing = server.scan(code["slug"]).headers["location"]
    assert landing == "https://example.org/menu?utm_source=own&utm_medium=qr"
    change(server, code, utm=None)
    assert server.scan(code["slug"]).headers["location"].endswith("?utm_source=own")


def test_software_that_asks_by_itself_makes_no_orphan(start_server: StartServer) -> None:
    server = start_server(short_url="https://go.example.org")
    for path in ("/favicon.ico", "/robots.txt", "/.well-known/security.txt"):
        answer = httpx.get(server.url + path, headers={"Host": "go.example.org"})
        assert (answer.status_code, "x-footfall" in answer.headers) == (404, False)


def test_a_dedicated_short_host_serves_codes_at_its_root(start_server: StartServer) -> None:
    server = start_server(short_url="https://go.example.org")
    code = server.create_code()
    assert code["short_url"] == f"https://go.example.org/{code['slug']}"
    headers = {"Host": "go.example.org", "User-Agent": PHONE}
    there = httpx.get(f"{server.url}/{code['slug']}", headers=headers)
    assert (there.status_code, there.headers["x-footfall"]) == (302, "recorded")
    elsewhere = httpx.get(f"{server.url}/{code['slug']}")
    assert elsewhere.status_code == 404


def test_the_country_comes_from_a_trusted_proxy_only(start_server: StartServer) -> None:
    headers = {"CF-IPCountry": "BE", "X-Forwarded-For": "6.6.6.6, 81.2.69.160"}
    direct = start_server()
    code = direct.create_code()
    direct.scan(code["slug"], headers)
    assert direct.analytics(code["id"])["scans"]["topCountry"] == "Unknown"

    behind = start_server(trusted_proxy_hops=1)
    code = behind.create_code()
    behind.scan(code["slug"], headers)
    assert behind.analytics(code["id"])["scans"]["topCountry"] == "BE"
    code = behind.create_code()
    behind.scan(code["slug"], {**headers, "CF-IPCountry": "XX"})  # Cloudflare does not know either
    assert behind.analytics(code["id"])["scans"]["topCountry"] == "GB"
    code = behind.create_code()
    behind.scan(code["slug"])  # not through the proxy: nobody vouches for an address
    assert behind.analytics(code["id"])["scans"]["topCountry"] == "Unknown"


def test_what_coarse_privacy_forbids_is_nowhere_on_the_disk(start_server: StartServer) -> None:
    server = start_server(trusted_proxy_hops=1)
    code = server.create_code()
    secret_agent = "Mozilla/5.0 (iPhone; forbidden-agent-123)"
    headers = {
        "User-Agent": secret_agent,
        "X-Forwarded-For": "81.2.69.160",
        "Referer": "https://news.example/forbidden-path-456",
        "Accept-Language": "x-forbidden",
    }
    for _ in range(5):
        assert server.scan(code["slug"], headers).headers["x-footfall"] == "recorded"
    assert server.analytics(code["id"])["analytics"]["by_referrer"] == [
        {"value": "news.example", "n": 5}
    ]
    server.kill()
    for path in files_below(server.data):
        content = path.read_bytes()
        for forbidden in (b"forbidden", b"81.2.69.160"):
            assert forbidden not in content, path
    assert "forbidden" not in server.log.read_text()


def test_a_key_never_appears_in_a_log_or_in_a_file(start_server: StartServer) -> None:
    server = start_server()
    server.client.get("/v1/me", params={"access_token": server.key})
    httpx.get(f"{server.url}/v1/me?access_token={server.key}")
    server.stop()
    assert server.key not in server.log.read_text()
    for path in files_below(server.data):
        assert server.key.encode() not in path.read_bytes(), path


def files_below(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())


def test_deleting_a_code_erases_its_scans_from_the_disk(start_server: StartServer) -> None:
    server = start_server()
    code, kept = server.create_code(), server.create_code("https://example.org/kept")
    for _ in range(3):
        server.scan(code["slug"], {"Referer": "https://erase-me.example/"})
        server.scan(kept["slug"])
    assert server.analytics(code["id"])["scans"]["total"] == 3
    assert server.client.delete(f"/v1/dynamic/{code['id']}").status_code == 200
    assert server.client.get(f"/v1/dynamic/{code['id']}/scans").status_code == 404
    assert server.scan(code["slug"]).headers["x-footfall"] == "orphan"
    wait_until(lambda: not deleted_trackers(server.data), seconds=60)
    assert total(server, kept) == 3
    server.stop()
    server.start()
    assert total(server, kept) == 3


def deleted_trackers(data: Path) -> int:
    connection = sqlite3.connect(f"file:{data / 'catalog.db'}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT count(*) FROM trackers WHERE deleted_at IS NOT NULL")
        return int(found.fetchone()[0])
    finally:
        connection.close()


def wait_until(holds: object, seconds: float) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_health_and_metrics_tell_what_was_recorded(start_server: StartServer) -> None:
    server = start_server()
    code = server.create_code()
    for _ in range(4):
        server.scan(code["slug"])
    total(server, code)
    health = httpx.get(f"{server.url}/health").json()
    assert [one["name"] for one in health.pop("places")] == ["bundled"]
    assert health == {
        "live": True,
        "ready": True,
        "backlog": {"events": 0, "bytes": 0},
        "recorded": 4,
        "unrecorded": 0,
        "pending": 0,
        "problem": "",
        "warning": "",
    }
    metrics = httpx.get(f"{server.url}/metrics").text
    assert re.search(r"^footfall_events_recorded_total 4\.0$", metrics, re.M)


def test_health_needs_a_key_from_elsewhere(start_server: StartServer) -> None:
    server = start_server(trusted_proxy_hops=1)
    elsewhere = {"X-Forwarded-For": "203.0.113.5"}
    assert httpx.get(f"{server.url}/health", headers=elsewhere).status_code == 401
    assert server.client.get("/metrics", headers=elsewhere).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:3000"}, 200),
        ({"Host": "[::1]:3000"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "footfall.example.org"}, 401),  # as a proxy passes it on
        ({"Host": "localhost.example.org"}, 401),
        ({"Host": "127.0.0.1.example.org:3000"}, 401),
        ({"Host": ""}, 401),
        ({"Forwarded": "for=8.8.8.8"}, 401),
        ({"Via": "1.1 proxy"}, 401),
        ({"X-Real-IP": "8.8.8.8"}, 401),
        ({"X-Forwarded-Proto": "https"}, 401),
        ({"X-Forwarded-Host": "footfall.example.org"}, 401),
        ({"CF-Connecting-IP": "8.8.8.8"}, 401),
    ],
    ids=str,
)
def test_state_needs_a_key_when_a_proxy_may_have_asked(
    server: RunningServer, headers: dict[str, str], status: int
) -> None:
    for path in ("/health", "/metrics"):
        assert httpx.get(server.url + path, headers=headers).status_code == status
        assert server.client.get(path, headers=headers).status_code == 200


def test_state_needs_a_key_from_a_proxy_of_the_old_protocol(server: RunningServer) -> None:
    """nginx with `proxy_pass http://127.0.0.1:3000` and no other line asks like this."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        request = f"GET /health HTTP/1.0\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
        connection.sendall(request.encode())
        assert b" 401 " in connection.recv(100)
