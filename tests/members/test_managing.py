"""Members and keys over the native API: made, changed, and ended; each account its own."""

import httpx
import pytest
from typer.testing import CliRunner

from footfall.cli.main import app as command_line
from tests.members.people import Browser, join, send, sign_in, use_link
from tests.native.places import refused
from tests.support.running import RunningServer

ADMIN_ONLY = [
    ("GET", "/members", None),
    ("POST", "/members", {"email": "new@example.org"}),
    ("PATCH", "/members/1", {"role": "owner"}),
    ("DELETE", "/members/1", None),
    ("POST", "/members/1/link", None),
    ("GET", "/keys", None),
    ("POST", "/keys", {"name": "more", "scopes": ["read"]}),
    ("DELETE", "/keys/1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ADMIN_ONLY)
def test_only_owners_and_admin_keys_manage(
    place: RunningServer,
    editor: Browser,
    method: str,
    path: str,
    body: dict[str, object] | None,
) -> None:
    assert "admin" in refused(editor.ask(method, path, json=body), 403)
    scopes = ["read", "write", "capture"]
    key = place.client.post("/keys", json={"name": "all but admin", "scopes": scopes}).json()
    headers = {"Authorization": f"Bearer {key['secret']}"}
    assert refused(send(method, place.url + path, json=body, headers=headers), 403)


# ── members ───────────────────────────────────────────────────────────────────────────────────


def test_a_member_is_invited_changed_and_removed(place: RunningServer, owner: Browser) -> None:
    invited = owner.ask("POST", "/members", json={"email": "Bo@example.org", "name": "Bo"}).json()
    assert (invited["email"], invited["role"], invited["joined"]) == (
        "bo@example.org",
        "viewer",
        False,
    )
    browser = Browser(place, use_link(place, invited["link"]))
    path = f"/members/{invited['id']}"
    changed = owner.ask("PATCH", path, json={"role": "editor", "name": "Bob"}).json()
    assert (changed["role"], changed["name"], changed["joined"]) == ("editor", "Bob", True)
    assert browser.client.get("/session").json()["role"] == "editor"
    again = owner.ask("POST", f"{path}/link").json()
    assert browser.client.get("/session").status_code == 200, "a link alone ends nothing"
    used = use_link(place, again["link"], password="battery staple")
    assert used.status_code == 200
    assert browser.client.get("/session").status_code == 401
    browser.keep(used)
    assert owner.ask("DELETE", path).json() == {"id": invited["id"], "removed": True}
    assert browser.client.get("/session").status_code == 401
    assert sign_in(place, "bo@example.org", "battery staple").status_code == 401
    listed = owner.client.get("/members").json()["members"]
    assert invited["id"] not in [one["id"] for one in listed]


def test_a_stream_ends_when_its_member_is_removed(place: RunningServer) -> None:
    browser = join(place, place.client, "stream@example.org", "viewer")
    id = browser.client.get("/session").json()["member"]["id"]
    with browser.client.stream("GET", "/events/live", timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines)
        assert place.client.delete(f"/members/{id}").status_code == 200
        assert "data" not in "".join(lines), "and it comes to its end"


def test_bad_members_are_refused_and_nothing_is_stored(
    place: RunningServer, owner: Browser
) -> None:
    before = owner.client.get("/members").json()
    for body in (
        {"email": "no address"},
        {"email": "x@example.org", "role": "king"},
        {"email": "x@example.org", "name": "two\nlines"},
        {"email": "x@example.org", "more": 1},
        {},
    ):
        assert refused(owner.ask("POST", "/members", json=body))
    assert refused(owner.ask("POST", "/members", json={"email": "OWNER@example.org"}), 409)
    for id in ("0", "x", "999999", "9" * 30, "%00"):
        assert refused(owner.ask("DELETE", f"/members/{id}"), 404)
    assert owner.client.get("/members").json() == before


def test_members_of_another_account_are_not_there(
    place: RunningServer, stranger: httpx.Client, owner: Browser
) -> None:
    theirs = stranger.post("/members", json={"email": "theirs@example.org"}).json()
    ours = owner.client.get("/members").json()["members"]
    assert theirs["id"] not in [one["id"] for one in ours]
    path = f"/members/{theirs['id']}"
    assert refused(owner.ask("PATCH", path, json={"role": "owner"}), 404)
    assert refused(owner.ask("DELETE", path), 404)
    assert refused(owner.ask("POST", f"{path}/link"), 404)
    assert [one["id"] for one in stranger.get("/members").json()["members"]] == [theirs["id"]]


# ── keys ──────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_made_shown_once_used_and_revoked(place: RunningServer, owner: Browser) -> None:
    asked = {"name": "reports", "scopes": ["read"], "expires_at": "2099-01-01T00:00:00Z"}
    made = owner.ask("POST", "/keys", json=asked).json()
    secret = made.pop("secret")
    assert made["begins"] == secret[:10]
    assert (made["usable"], made["expires_at"]) == (True, "2099-01-01T00:00:00Z")
    key = {"Authorization": f"Bearer {secret}"}
    assert send("GET", f"{place.url}/trackers", headers=key).status_code == 200
    assert send("POST", f"{place.url}/trackers", headers=key, json={}).status_code == 403
    listed = owner.client.get("/keys")
    assert secret not in listed.text
    (found,) = [one for one in listed.json()["keys"] if one["id"] == made["id"]]
    assert found["last_used_at"] is not None
    revoked = owner.ask("DELETE", f"/keys/{made['id']}").json()
    assert (revoked["usable"], revoked["revoked_at"] is not None) == (False, True)
    assert send("GET", f"{place.url}/trackers", headers=key).status_code == 401


def test_bad_keys_are_refused(owner: Browser) -> None:
    for body in (
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "scopes": ["read"], "expires_at": "9" * 30},
        {"name": "x", "scopes": ["read"], "expires_at": "soon"},
        {"name": "x", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59-23:00"},
    ):
        assert refused(owner.ask("POST", "/keys", json=body)), body


def test_keys_of_another_account_are_not_there(
    place: RunningServer, stranger: httpx.Client, owner: Browser
) -> None:
    (theirs,) = stranger.get("/keys").json()["keys"]
    assert theirs["id"] not in [one["id"] for one in owner.client.get("/keys").json()["keys"]]
    assert refused(owner.ask("DELETE", f"/keys/{theirs['id']}"), 404)
    assert stranger.get("/keys").status_code == 200


# ── the command line ──────────────────────────────────────────────────────────────────────────


def run(place: RunningServer, *arguments: str, code: int = 0) -> str:
    """`footfall members …` beside the running server."""
    environment = {"FOOTFALL_DATA": str(place.data), "FOOTFALL_PORT": str(place.port)}
    done = CliRunner().invoke(command_line, ["members", *arguments], env=environment)
    assert done.exit_code == code, done.output
    return done.output


def test_members_are_managed_from_the_command_line_while_the_server_runs(
    place: RunningServer,
) -> None:
    invited = run(place, "invite", "cli@example.org", "--role", "editor")
    browser = Browser(place, use_link(place, invited.split()[-1]))
    assert browser.client.get("/session").json()["role"] == "editor"
    assert "cli@example.org" in run(place, "list")
    linked = run(place, "link", "CLI@example.org")
    assert use_link(place, linked.split()[-1]).status_code == 200
    assert browser.client.get("/session").status_code == 401
    run(place, "remove", "cli@example.org")
    assert "no member" in run(place, "link", "cli@example.org", code=1)
    assert "no account 7" in run(place, "invite", "x@example.org", "--account", "7", code=1)
