"""Views of web pages: by the script in a real browser on another origin, and by an image."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall.web.tag import BODY_BYTES_MAX
from tests.conftest import StartServer
from tests.support.running import PHONE, RunningServer
from tests.support.visiting import Site, browse
from tests.system.test_signed import events

PAGE = """<!doctype html><meta charset="utf-8"><title>A page</title>
<script defer src="{url}/tag.js" data-tracker="{slug}"{more}></script>
<script>addEventListener("load", () => {{
  {script}
}});</script>"""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def make(server: RunningServer, **fields: Any) -> dict[str, Any]:
    made = server.client.post("/trackers", json={"kind": "impression", **fields})
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


def test_the_script_is_tiny_and_asked_for_again_with_its_etag(server: RunningServer) -> None:
    first = httpx.get(f"{server.url}/tag.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert len(first.content) < 1300
    again = httpx.get(f"{server.url}/tag.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_elsewhere_tell_of_their_views_and_of_what_their_script_says(
    start_server: StartServer, site: Site, tmp_path: Path
) -> None:
    server = start_server()
    server.create_code()
    tracker = make(server, metadata={"site": "shop"})
    where = {"url": server.url.replace("127.0.0.1", "localhost"), "slug": tracker["slug"]}
    pushed = 'history.pushState({}, "", "/second"); history.pushState({}, "", "/second#here");'
    script = pushed + 'footfall.track({"button": "buy", "site": "mine"});'
    site.page = PAGE.format(**where, more="", script=script).encode()
    browse(f"{site.url}/first?from=mail", tmp_path / "one")
    site.page = PAGE.format(
        **where, more=' data-auto="false"', script='footfall.track({"only": "this"});'
    ).encode()
    browse(f"{site.url}/third", tmp_path / "two")
    found = [one for one in events(server) if one["kind"] == "impression"]
    assert [(one["verdict"], one["url"], json.loads(one["metadata"])) for one in found] == [
        ("counted", f"{site.url}/first?from=mail", {"site": "shop"}),
        ("counted", f"{site.url}/second", {"site": "shop"}),
        ("counted", f"{site.url}/second#here", {"button": "buy", "site": "shop"}),
        ("counted", f"{site.url}/third", {"only": "this", "site": "shop"}),
    ]
    assert {one["tracker"] for one in found} == {str(tracker["id"])}


def test_an_image_and_a_post_always_answer_and_say_what_came_of_it(
    start_server: StartServer,
) -> None:
    server = start_server()
    server.create_code()
    slug = make(server)["slug"]
    coarse = make(server, privacy="coarse")["slug"]
    paused = make(server, paused=True)["slug"]
    seen = {"User-Agent": PHONE, "Referer": "https://shop.example/cart?who=me"}

    def image(method: str, slug: str) -> str:
        answer = httpx.request(method, f"{server.url}/t/{slug}.gif", headers=seen)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert len(answer.content) == (43 if method == "GET" else 0)
        assert answer.headers["cache-control"] == "no-store"
        return answer.headers["x-footfall"]

    def post(body: bytes) -> str:
        answer = httpx.post(f"{server.url}/t/{coarse}", content=body, headers=seen)
        assert (answer.status_code, answer.content) == (204, b"")
        return answer.headers["x-footfall"]

    assert image("GET", slug) == "recorded"
    assert image("HEAD", slug) == "not counted"
    assert image("GET", paused) == "refused: paused"
    assert image("GET", "nobody") == "orphan"
    page = b'{"url":"https://shop.example/a?mail=x#y","metadata":{"a":1}}'
    for body in (page, b"", b"\xff", b"[" * 5000, b" " * (BODY_BYTES_MAX + 1), b'{"url":7}'):
        assert post(body) == "recorded"
    options = httpx.options(f"{server.url}/t/{slug}")
    assert (options.status_code, options.headers["x-footfall"]) == (204, "not counted")
    found = events(server)
    assert [(one["verdict"], one["url"]) for one in found] == [
        ("counted", "https://shop.example/cart?who=me"),
        ("refused", "https://shop.example/cart?who=me"),
        ("orphan", "/t/nobody.gif"),
        ("counted", "https://shop.example/a"),
        *[("counted", "")] * 5,
    ]
    assert {one["metadata"] for one in found} == {""}


def test_the_site_of_a_page_is_no_referrer_of_its_views(start_server: StartServer) -> None:
    server = start_server()
    server.create_code()
    tracker = make(server)
    views = [
        {"url": "https://shop.example/b", "referrer": "https://www.shop.example./a"},
        {"url": "https://shop.example/b", "referrer": "https://news.example/today"},
    ]
    for view in views:
        answer = httpx.post(
            f"{server.url}/t/{tracker['slug']}", json=view, headers={"User-Agent": PHONE}
        )
        assert answer.headers["x-footfall"] == "recorded"
    ingested = [{"kind": "impression", "tracker": tracker["id"], **view} for view in views]
    # The URL of a click is where it leads: a page of the same site may hold the link.
    ingested.append({"kind": "click", "tracker": tracker["id"], **views[0]})
    assert server.client.post("/events", json=ingested).json()["stored"] == 3
    listed = server.client.get("/events").json()["events"]
    found = [(one["kind"], one.get("referrer_host", "")) for one in reversed(listed)]
    hosts = ["", "news.example"]
    assert found == [
        *(("impression", host) for host in hosts * 2),
        ("click", "shop.example"),
    ]
    filtered = server.client.get("/events", params={"referrer_host": "www.NEWS.example."})
    assert len(filtered.json()["events"]) == 2


ALONE = """<!doctype html><meta charset="utf-8"><title>A page</title>
<script>
  window.failures = [];
  onerror = (message) => {{ failures.push(message) }};
  {before}
</script>
<script src="{url}/tag.js"{more}></script>
<script>
  try {{ {script} }} catch (error) {{ failures.push(String(error)) }}
  document.title = "failures: " + JSON.stringify(failures);
</script>"""
PUSH = 'history.pushState({}, "", "/second"); footfall.track({ button: "buy" });'
ROUND = "const round = {}; round.round = round; footfall.track(round);"


@pytest.mark.parametrize(
    ("before", "views"),
    [
        ("navigator.sendBeacon = undefined;", 3),
        ("navigator.sendBeacon = () => false;", 3),
        ('navigator.sendBeacon = () => { throw new Error("blocked") };', 3),
        ("navigator.sendBeacon = undefined; window.fetch = undefined;", 0),
        ('Object.defineProperty(document, "currentScript", { value: null });', 3),
        ("Object.freeze(history);", 2),
    ],
)
def test_the_script_never_throws_into_its_page(
    start_server: StartServer, site: Site, tmp_path: Path, before: str, views: int
) -> None:
    server = start_server()
    server.create_code()
    tag = f' data-tracker="{make(server)["slug"]}"'
    url = server.url.replace("127.0.0.1", "localhost")
    site.page = ALONE.format(url=url, before=before, more=tag, script=PUSH + ROUND).encode()
    assert "<title>failures: []</title>" in browse(f"{site.url}/first", tmp_path)
    found = [one["url"] for one in events(server) if one["kind"] == "impression"]
    expected = ["first", "second", "second"] if views == 3 else ["first", "second"][:views]
    assert found == [f"{site.url}/{path}" for path in expected]


@pytest.mark.parametrize("tag", ["", ' data-tracker=""'])
def test_the_script_without_a_tracker_sends_nothing(
    start_server: StartServer, site: Site, tmp_path: Path, tag: str
) -> None:
    server = start_server()
    server.create_code()
    url = server.url.replace("127.0.0.1", "localhost")
    site.page = ALONE.format(url=url, before="", more=tag, script=PUSH).encode()
    assert "<title>failures: []</title>" in browse(f"{site.url}/first", tmp_path)
    assert not events(server)
