"""`public_url` with a path: behind proxies that leave it in a request, and that take it away."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.running import ADMIN_KEY, PHONE, RunningServer
from tests.support.visiting import Site, browse
from tests.system.test_signed import events

PATH = "/foot/fall"
PUBLIC = f"https://example.test{PATH}"
KEYED = {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
def below(start_server: StartServer) -> RunningServer:
    server = start_server(public_url=f"{PUBLIC}/", bootstrap_key=ADMIN_KEY)
    server.create_code()
    return server


@pytest.mark.parametrize("left", [PATH, ""], ids=["left in", "taken away"])
def test_every_link_of_ours_leads_to_the_server(below: RunningServer, left: str) -> None:
    base = below.url + left

    def get(path: str, **headers: str) -> httpx.Response:
        return httpx.get(base + path, headers={"User-Agent": PHONE, **headers})

    body = {"kind": "impression", "destination": "https://example.org/menu"}
    made = httpx.post(f"{base}/trackers", json=body, headers=KEYED)
    assert made.headers["location"] == f"{PATH}/trackers/{made.json()['id']}"
    assert get(f"/trackers/{made.json()['id']}", **KEYED).json() == made.json()
    for name in ("link", "image"):
        link = urlsplit(made.json()[name])
        assert f"{link.scheme}://{link.netloc}{link.path}".startswith(f"{PUBLIC}/")
        scanned = get(link.path.removeprefix(PATH))
        assert scanned.headers["x-footfall"] == "recorded"
    assert get(urlsplit(made.json()["link"]).path.removeprefix(PATH)).headers["location"] == (
        "https://example.org/menu"
    )
    assert get("/", Accept="text/html").headers["location"] == f"{PATH}/dashboard/"
    assert get("/dashboard").headers["location"] == f"{PATH}/dashboard/"
    assert get("/openapi/native.json").json()["servers"] == [{"url": PATH}]
    listed = get("/openapi").json()["documents"]
    assert all(one["url"].startswith(f"{PATH}/openapi/") for one in listed)
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_events", "arguments": {}},
    }
    called = httpx.post(f"{base}/mcp/all", json=message, headers=KEYED).json()["result"]
    assert not called.get("isError")
    assert PHONE in called["content"][0]["text"]


def test_a_path_that_only_begins_alike_is_another(below: RunningServer) -> None:
    assert httpx.get(f"{below.url}{PATH}en/health").status_code == 404
    assert httpx.get(f"{below.url}{PATH}").status_code == 200


def test_cookies_are_kept_for_the_path_alone(below: RunningServer) -> None:
    refused = httpx.delete(f"{below.url}{PATH}/session")
    cookies = refused.headers.get_list("set-cookie")
    assert cookies
    assert all(re.search(rf"; Path={PATH}/", one, re.IGNORECASE) for one in cookies)


def test_the_dashboard_opens_below_the_path(below: RunningServer, tmp_path: Path) -> None:
    page = browse(f"{below.url}{PATH}/dashboard/codes/new", tmp_path)
    assert 'type="password"' in page
    links = re.findall(r'(?:src|href)="(/[^"]*)"', page)
    assert links
    assert all(one.startswith(f"{PATH}/") for one in links)


def test_the_script_sends_to_the_path_that_it_was_loaded_from(
    below: RunningServer, tmp_path: Path
) -> None:
    made = below.client.post("/trackers", json={"kind": "impression"}).json()
    url = below.url.replace("127.0.0.1", "localhost") + PATH
    site = Site()
    site.page = f'<script src="{url}/tag.js" data-tracker="{made["slug"]}"></script>'.encode()
    try:
        browse(f"{site.url}/page", tmp_path)
    finally:
        site.close()
    assert [(one["kind"], one["url"]) for one in events(below)] == [
        ("impression", f"{site.url}/page")
    ]
