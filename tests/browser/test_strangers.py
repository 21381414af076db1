"""What a visitor sends reaches neither the shell nor the key of the owner who copies it."""

import json
from pathlib import Path

import httpx
from playwright.sync_api import Browser

from tests.browser.people import browser_of, copied, enter, join, open_page
from tests.browser.test_functions import SHELLS, run
from tests.support.running import RunningServer

LANGUAGE = "';id>pwned;$(id)`id`!!\""
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 it's $KEY"


def _scan(server: RunningServer) -> str:
    """The id of the event that a strange visitor left."""
    tracker = server.client.post("/trackers", json={"kind": "open", "name": "Strange"}).json()
    headers = {
        "User-Agent": AGENT,
        "Accept-Language": LANGUAGE,
        "Referer": "https://x';id>pwned;'/",
    }
    httpx.get(tracker["image"].replace("localhost", "127.0.0.1"), headers=headers)
    found = server.client.get("/events", params={"tracker": tracker["id"]}).json()["events"]
    return str(found[0]["id"])


def test_a_visitors_words_are_data_in_every_command_that_is_copied(
    server: RunningServer, chrome: Browser, tmp_path: Path
) -> None:
    event = _scan(server)
    shown = server.client.get(f"/events/{event}").json()
    assert "referrer_host" not in shown
    language = shown["language"]
    owner = join(server, server.client, "owner")
    with browser_of(server, chrome) as context:
        enter(context, server, owner)
        page = context.new_page()
        query = httpx.QueryParams({"days": 1, "f.language": language})
        open_page(page, f"/events?{query}", "Events")
        page.get_by_role("button", name="Copy as curl").click()
        listed = copied(page)
        page.get_by_role("button", name="events: why this many?").click()
        page.get_by_role("dialog").get_by_role("button", name="Copy as curl").click()
        explained = copied(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Export").click()
        page.get_by_role("dialog").get_by_role("button", name="Copy as curl").click()
        exported = copied(page)
    for shell in SHELLS:
        address = run(shell, listed, tmp_path, key="k")[1]
        assert httpx.URL(address).params["language"] == language
        assert run(shell, listed, tmp_path, key="k")[3] == "Authorization: Bearer k"
        for command in (explained, exported):
            body = json.loads(run(shell, command, tmp_path, key="k")[-1])
            assert language in json.dumps(body["filters"], ensure_ascii=False).replace('\\"', '"')


def test_a_key_is_put_into_the_command_and_not_into_a_visitors_text(
    server: RunningServer, chrome: Browser, tmp_path: Path
) -> None:
    event = _scan(server)
    owner = join(server, server.client, "owner")
    with browser_of(server, chrome) as context:
        enter(context, server, owner)
        page = context.new_page()
        open_page(page, f"/events/{event}", "Event")
        page.get_by_role("button", name="Put a key in").click()
        page.get_by_text("With a key of yours").wait_for()
        texts = page.locator(".snippet code").all_inner_texts()
        page.get_by_role("button", name="Copy").first.click()
        assert copied(page) == texts[0]
    raw, command = texts
    assert json.loads(raw)["user_agent"] == AGENT
    header = run(["/bin/sh"], command, tmp_path)[3]
    secret = header.removeprefix("Authorization: Bearer ")
    assert secret.startswith("oqr_")
    assert secret not in raw
    assert httpx.get(f"{server.url}/key", headers={"Authorization": f"Bearer {secret}"}).is_success
