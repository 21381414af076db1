"""How the files of the dashboard are served, from a build that the test makes."""

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall.web.application import answer_by_prefix, framework
from footfall.web.dashboard import PAGE_POLICY, routes
from tests.support.running import RunningServer

SHORT_HOST = "go.example.org"
PAGE = b"<!doctype html><script src=/dashboard/assets/index-1a2b.js></script>"
SCRIPT = b"console.log('footfall')" * 100
HTML = {"Accept": "text/html,*/*;q=0.8"}


def serving(directory: Path) -> httpx.AsyncClient:
    application: Any = framework(
        routes(SHORT_HOST, directory=directory), answer_by_prefix({}, {}), 1_000
    )
    transport = httpx.ASGITransport(application)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    directory = tmp_path / "dashboard"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_bytes(PAGE)
    (directory / "favicon.svg").write_bytes(b"<svg/>")
    (directory / "assets/index-1a2b.js").write_bytes(SCRIPT)
    (directory / "assets/index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "secret.html").write_text("secret")
    return directory


async def test_the_page_is_asked_for_again_and_its_assets_are_kept(built: Path) -> None:
    async with serving(built) as client:
        page = await client.get("/dashboard/")
        assert (page.content, page.headers["cache-control"]) == (PAGE, "no-cache")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        known = await client.get("/dashboard/", headers={"If-None-Match": page.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        script = await client.get("/dashboard/assets/index-1a2b.js")
        assert script.content == SCRIPT
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"].startswith("text/javascript")
        for answer in (page, known, script):
            assert answer.headers["content-security-policy"] == PAGE_POLICY
            assert "unsafe" not in PAGE_POLICY
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip;q=0, identity", None),
        ("gzip; q=0.0", None),
        ("br", None),
        ("", None),
    ],
)
async def test_what_the_build_compressed_is_sent_to_who_takes_it(
    built: Path, accepted: str, encoding: str | None
) -> None:
    async with serving(built) as client:
        path = "/dashboard/assets/index-1a2b.js"
        answer = await client.get(path, headers={"Accept-Encoding": accepted})
        assert (answer.headers.get("content-encoding"), answer.content) == (encoding, SCRIPT)
        assert answer.headers["vary"] == "Accept-Encoding"


async def test_an_address_of_the_pages_own_is_the_page(built: Path) -> None:
    async with serving(built) as client:
        for path in ("welcome", "codes/7", "no.html"):
            assert (await client.get(f"/dashboard/{path}")).content == PAGE
        assert (await client.get("/dashboard/favicon.svg")).content == b"<svg/>"
        missing = await client.get("/dashboard/assets/index-0000.js")
        assert (missing.status_code, b"script" in missing.content) == (404, False)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.html",
        "..%2fsecret.html",
        "assets/../../secret.html",
        "assets/..%2f..%2fsecret.html",
        "//etc/passwd",
        "assets/%00",
        "%2e%2e/secret.html",
    ],
)
async def test_no_path_leads_out_of_the_build(built: Path, path: str) -> None:
    async with serving(built) as client:
        answer = await client.get(httpx.URL(f"http://localhost:3000/dashboard/{path}"))
        assert b"secret" not in answer.content
        assert b"root:" not in answer.content
        assert answer.status_code in (200, 404)


async def test_a_browser_is_led_to_the_dashboard_but_not_from_the_short_host(built: Path) -> None:
    async with serving(built) as client:
        led = await client.get("/", headers=HTML)
        assert (led.status_code, led.headers["location"]) == (302, "/dashboard/")
        slash = await client.get("/dashboard")
        assert (slash.status_code, slash.headers["location"]) == (308, "/dashboard/")
        assert (await client.get("/")).status_code == 200
        short = await client.get("/", headers={**HTML, "Host": SHORT_HOST})
        assert short.status_code == 200


@pytest.mark.parametrize("half", [False, True])
async def test_without_a_build_the_page_says_what_to_do(tmp_path: Path, half: bool) -> None:
    if half:
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets/index-1a2b.js").write_bytes(SCRIPT)
    async with serving(tmp_path) as client:
        page = await client.get("/dashboard/")
        assert page.status_code == 200
        assert "make dashboard" in page.text
        assert "<script" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert (await client.get("/dashboard/assets/index-1a2b.js")).status_code == 404


def test_the_real_server_serves_it_without_a_session(place: RunningServer) -> None:
    answer = httpx.get(f"{place.url}/dashboard/")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
