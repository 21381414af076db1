"""`footfall places`, as its users run it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.dialects.everflow import Network
from tests.support.mmdb import ADDRESS, NETWORK, packed, write_mmdb
from tests.support.running import ADMIN_KEY, PHONE, RunningServer, footfall, inherited, wait_for

CITY = {
    "country": {"iso_code": "NL"},
    "city": {"names": {"en": "Zeist"}},
    "postal": {"code": "3701"},
    "location": {"metro_code": 501, "time_zone": "Europe/Amsterdam"},
}


def run(*arguments: object, **environment: str) -> Any:
    return footfall("places", *map(str, arguments), env={**inherited(), **environment})


class Files:
    """A server of files, by path: their bytes, or a status and headers."""

    def __init__(self) -> None:
        self.content: dict[str, bytes | tuple[int, dict[str, str]]] = {}
        files = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = files.content.get(self.path, (404, {}))
                status, headers = found if isinstance(found, tuple) else (200, {})
                body = found if isinstance(found, bytes) else b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                length = len(body) + (1_000 if self.path.startswith("/cut") else 0)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    yield files
    files.server.shutdown()
    files.server.server_close()


def scanned(server: RunningServer, slug: str) -> dict[str, Any]:
    server.scan(slug, {"X-Forwarded-For": ADDRESS, "User-Agent": PHONE})
    events: list[dict[str, Any]] = server.client.get("/events", params={"limit": 1}).json()[
        "events"
    ]
    return events[0]


def test_a_running_server_uses_a_new_database_without_a_restart(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server(trusted_proxy_hops=1)
    code = server.create_code()
    server.client.patch(f"/v1/dynamic/{code['id']}", json={"privacy": "full"})
    slug = code["slug"]
    assert "city" not in scanned(server, slug)
    file = write_mmdb(tmp_path / "any.mmdb", "GeoLite2-City", {NETWORK: CITY})
    done = run("update", file, "--data", server.data)
    assert done.returncode == 0, done.stderr
    assert "geolite2-city (new): GeoLite2-City of" in done.stdout
    assert "with country, city, postal_code, metro_code, time_zone." in done.stdout
    assert "The running server uses it now." in done.stdout
    event = scanned(server, slug)
    assert {name: event.get(name) for name in ("country", "city", "postal_code")} == {
        "country": "NL",
        "city": "Zeist",
        "postal_code": "3701",
    }
    assert (event["metro_code"], event["time_zone"]) == ("501", "Europe/Amsterdam")
    for filter in ("postal_code=3701", "metro_code=501", "time_zone.prefix=Europe/"):
        assert len(server.client.get(f"/events?{filter}").json()["events"]) == 1, filter
    installed = server.data / "places" / "geolite2-city.mmdb"
    assert installed.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in installed.parent.iterdir()] == [installed.name]

    listed = server.client.get("/places").json()["places"]
    assert [one["name"] for one in listed] == ["geolite2-city", "bundled"]
    assert listed[1]["attribution"] == "IP Geolocation by DB-IP"
    assert httpx.get(f"{server.url}/health").json()["places"] == listed
    assert 'footfall_place_data_age_days{name="bundled"}' in httpx.get(f"{server.url}/metrics").text

    assert run("remove", "geolite2-city", "--data", server.data).returncode == 0
    wait_for(lambda: len(server.client.get("/places").json()["places"]) == 1 or None)
    assert "city" not in scanned(server, slug)


@pytest.mark.parametrize("how", ["", "gz", "tar.gz", "zip"])
def test_a_database_is_downloaded_and_unpacked(tmp_path: Path, files: Files, how: str) -> None:
    file = write_mmdb(tmp_path / "c.mmdb", "DBIP-City-Lite", {NETWORK: CITY})
    files.content["/moved"] = (302, {"Location": "/file?token=secret"})
    files.content["/file?token=secret"] = packed(file, how)
    data = tmp_path / "data"
    allowed = {"FOOTFALL_ALLOW_PRIVATE_DESTINATIONS": "1"}
    done = run("update", f"{files.url}/moved", "--name", "city", "--data", data, **allowed)
    assert done.returncode == 0, done.stderr
    assert (data / "places" / "city.mmdb").read_bytes() == file.read_bytes()
    listed = json.loads(run("list", "--json", "--data", data).stdout)
    assert [(one["name"], one["type"], one["url"]) for one in listed] == [
        ("city", "DBIP-City-Lite", "https://db-ip.com"),
        ("bundled", "country ipvAll", "https://db-ip.com"),
    ]


def test_what_fails_leaves_the_database_that_is_there(tmp_path: Path, files: Files) -> None:
    data, allowed = tmp_path / "data", {"FOOTFALL_ALLOW_PRIVATE_DESTINATIONS": "1"}
    good = write_mmdb(tmp_path / "good.mmdb", "GeoLite2-City", {NETWORK: CITY})
    assert run("update", good, "--name", "city", "--data", data).returncode == 0
    before = (data / "places" / "city.mmdb").read_bytes()

    whole = good.read_bytes()
    damaged = whole.replace(b"Zeist", b"\xff\xff\xff\xff\xff")
    (tmp_path / "damaged").write_bytes(damaged)
    (tmp_path / "half").write_bytes(packed(good, "gz")[:-30])
    (tmp_path / "text").write_text("nothing of the kind")
    write_mmdb(tmp_path / "other", "odd", {NETWORK: {"latitude": 5}})
    files.content |= {"/cut": whole, "/good": whole}
    cases: list[tuple[object, dict[str, str], str]] = [
        (tmp_path / "missing", {}, "is not a file"),
        (tmp_path / "text", {}, "is not a MaxMind DB file"),
        (tmp_path / "half", {}, "cannot be unpacked"),
        (tmp_path / "damaged", {}, "is damaged"),
        (tmp_path / "other", {}, "its records have latitude"),
        (tmp_path / "good.mmdb", {"FOOTFALL_PLACE_BYTES_MAX": "1000"}, "FOOTFALL_PLACE_BYTES_MAX"),
        (f"{files.url}/good", {**allowed, "FOOTFALL_PLACE_BYTES_MAX": "1000"}, "1,000 bytes"),
        (f"{files.url}/good", {}, "private address: FOOTFALL_ALLOW_PRIVATE_DESTINATIONS=1"),
        (f"{files.url}/none", allowed, "the status 404"),
        (f"{files.url}/cut", allowed, "breaks off"),
        ("http://nobody.invalid/x.mmdb?key=secret", {}, "nobody.invalid/x.mmdb cannot be"),
    ]
    for source, environment, said in cases:
        done = run("update", source, "--name", "city", "--data", data, **environment)
        complaint = done.stderr.replace("\n", " ")
        assert done.returncode == 1, source
        assert said in complaint.replace("  ", " "), (source, complaint)
        assert "secret" not in complaint
        assert (data / "places" / "city.mmdb").read_bytes() == before
        assert [path.name for path in (data / "places").iterdir()] == ["city.mmdb"]
    assert run("update", good, "--name", "../x", "--data", data).returncode == 1


def test_the_doctor_says_how_old_the_data_is_and_what_a_licence_asks(tmp_path: Path) -> None:
    data = tmp_path / "data"
    old = write_mmdb(tmp_path / "a", "GeoLite2-City", {NETWORK: CITY}, built_at=1_700_000_000)
    run("update", old, "--data", data)
    done = footfall("doctor", "--data", str(data))
    said = done.stdout.replace("\n", " ")
    assert "place data: The place data geolite2-city is" in said
    assert "asks to replace and destroy it" in said
    run("remove", "geolite2-city", "--data", data)
    assert (
        "ok   place data: bundled of 2026-06-01," in footfall("doctor", "--data", str(data)).stdout
    )


def test_an_admins_key_is_not_needed_to_see_whom_to_name(start_server: StartServer) -> None:
    server = start_server()
    made = server.client.post("/keys", json={"name": "r", "scopes": ["read"]}).json()["secret"]
    answer = httpx.get(f"{server.url}/places", headers={"Authorization": f"Bearer {made}"})
    assert (answer.status_code, answer.json()["warning"]) == (200, "")
    assert made != ADMIN_KEY


def test_everflows_rows_show_and_find_the_metro_code_and_the_carrier(
    start_server: StartServer, tmp_path: Path
) -> None:
    record = {**CITY, "traits": {"isp": "KPN", "mobile_country_code": "204"}}
    file = write_mmdb(tmp_path / "any.mmdb", "GeoIP2-Enterprise", {NETWORK: record})
    network = Network(start_server(trusted_proxy_hops=1, place_file=file))
    here = network.impression(headers={"X-Forwarded-For": ADDRESS})
    elsewhere = network.impression(headers={"X-Forwarded-For": "8.8.8.8"})
    shown = {row["transaction_id"]: row["relationship"]["geolocation"] for row in network.stream()}
    names = ("dma", "postal_code", "timezone", "carrier_name")
    assert [shown[here][name] for name in names] == [501, "3701", "Europe/Amsterdam", "KPN"]
    assert [shown[elsewhere][name] for name in names] == [0, "", "", ""]
    for type, value in (("dma", 501), ("carrier", "KPN"), ("postal_code", "3701")):
        assert network.filtered((type, value)) == [here], type
        assert network.filtered(without=[(type, value)]) == [elsewhere], type
    for type in ("dma", "carrier"):
        assert network.filtered((type, 0)) == [elsewhere], type
    network.close()
