"""What a session may do, at every API: by role, and only for pages of this server."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.members.people import Browser, send
from tests.support.running import RunningServer


class Face(msgspec.Struct, frozen=True):
    """A path to read and one to write, with what is written and how it is answered. `forbidden` is
    the status of a refusal, and `said` finds its words in the vendor's form."""

    name: str
    read: str
    write: str
    body: Any
    made: int = 201
    forbidden: int = 403
    missing: int = 401
    said: tuple[str | int, ...] = ("error",)


APIS = (
    Face("native", "/trackers", "/trackers", {"kind": "impression"}),
    Face("telling", "/events", "/events", [{"kind": "open"}], made=200),
    Face("openqr", "/v1/dynamic", "/v1/dynamic", {"destination": "https://example.org"}),
    Face(
        "vantio",
        "/api/v1/programs",
        "/api/v1/programs",
        {"name": "Winter", "landing_url": "https://example.org"},
        made=200,
        said=("message",),
    ),
    Face(
        "passentry",
        "/api/v1/readers",
        "/api/v1/entities",
        {"entity": {"name": "Stand"}},
        said=("errors", 0),
    ),
    Face(
        "copernica",
        "/v4/profiles",
        "/v4/profiles",
        {"fields": {"email": "b@example.org"}},
        forbidden=400,
        missing=400,
        said=("error", "message"),
    ),
    Face(
        "everflow",
        "/v1/networks/advertisers",
        "/v1/networks/advertisers",
        {"name": "Second", "account_status": "active"},
    ),
)

every_face = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)


def words(api: Face, answer: httpx.Response) -> str:
    found: Any = answer.json()
    for name in api.said:
        found = found[name]
    return str(found)


@every_face
def test_a_viewer_reads_and_an_editor_writes(
    api: Face, viewer: Browser, editor: Browser, owner: Browser
) -> None:
    for browser in (viewer, editor, owner):
        assert browser.client.get(api.read).status_code == 200
    refused = viewer.ask("POST", api.write, json=api.body)
    assert refused.status_code == api.forbidden
    assert "viewer" in words(api, refused)
    for browser in (editor, owner):
        made = browser.ask("POST", api.write, json=api.body)
        assert made.status_code == api.made, made.text


@every_face
def test_a_change_by_cookie_needs_the_csrf_token(api: Face, editor: Browser) -> None:
    other = "0" * len(editor.csrf)
    for token in (None, "", other, editor.csrf[:-1], "\xe4" * 10):
        headers = {} if token is None else {"X-Footfall-Csrf": token.encode("latin-1")}
        refused = editor.client.post(api.write, json=api.body, headers=headers)  # type: ignore[arg-type]
        assert refused.status_code == api.forbidden, token
        assert "X-Footfall-Csrf" in words(api, refused)


@every_face
@pytest.mark.parametrize(
    ("site", "reads", "writes"),
    [
        ("same-origin", True, True),
        ("none", True, False),
        ("same-site", True, False),
        ("cross-site", False, False),
    ],
)
def test_only_pages_of_this_server_use_a_session(
    api: Face, site: str, reads: bool, writes: bool, editor: Browser
) -> None:
    headers = {"Sec-Fetch-Site": site}
    read = editor.client.get(api.read, headers=headers)
    assert read.status_code == (200 if reads else api.forbidden)
    made = editor.ask("POST", api.write, json=api.body, headers=headers)
    assert made.status_code == (api.made if writes else api.forbidden)


@every_face
def test_a_key_that_is_sent_is_who_asks(api: Face, place: RunningServer, viewer: Browser) -> None:
    """Not the cookie beside it; and a key that is wrong is not made good by one."""
    name = "X-Eflow-API-Key" if api.name == "everflow" else "Authorization"
    before = "" if api.name == "everflow" else "Bearer "
    given = {name: before + place.key, "Sec-Fetch-Site": "cross-site"}
    made = viewer.client.post(api.write, json=api.body, headers=given)
    assert made.status_code == api.made, made.text
    unknown = {name: before + "oqr_" + "x" * 40}
    refused = viewer.client.get(api.read, headers=unknown)
    assert refused.status_code == api.missing


@every_face
def test_no_page_elsewhere_is_let_in_with_credentials(
    api: Face, place: RunningServer, viewer: Browser
) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answers = [
        viewer.client.get(api.read, headers=headers),
        viewer.ask("POST", api.write, json=api.body, headers=headers),
        viewer.client.options(api.write, headers=headers),
    ]
    for answer in answers:
        assert "access-control-allow-credentials" not in answer.headers
        allowed = answer.headers.get("access-control-allow-headers", "")
        assert "csrf" not in allowed.lower()


def test_a_session_of_one_account_sees_nothing_of_another(
    place: RunningServer, stranger: httpx.Client, viewer: Browser
) -> None:
    made = stranger.post("/trackers", json={"kind": "open", "name": "Theirs"}).json()
    assert viewer.client.get(f"/trackers/{made['id']}").status_code == 404
    assert "Theirs" not in viewer.client.get("/trackers").text


def test_hot_paths_never_look_at_the_cookie(place: RunningServer, viewer: Browser) -> None:
    code = place.create_code()
    slug = code["short_url"].rpartition("/")[2]
    worthless = {"Cookie": "footfall_session=worthless"}
    assert send("GET", f"{place.url}/s/{slug}", headers=worthless).status_code in (302, 307)
    script = send("GET", f"{place.url}/tag.js", headers=worthless)
    assert script.status_code == 200
    assert "set-cookie" not in script.headers


def test_limits_count_a_member_apart_from_the_keys(place: RunningServer, viewer: Browser) -> None:
    left = [
        int(answer.headers["x-ratelimit-remaining"])
        for answer in (
            viewer.client.get("/api/v1/programs"),
            place.client.get("/api/v1/programs"),
            viewer.client.get("/api/v1/programs"),
        )
    ]
    assert left[0] - left[2] == 1
