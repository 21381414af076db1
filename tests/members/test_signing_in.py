"""The session of a browser at a real server: its life, its cookie, and who may use it for what."""

import asyncio
import unicodedata
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest

from footfall.dialects.native.api import document
from footfall.runtime.attempts import QUIET
from tests.members.people import PASSWORD, Browser, address, join, send, sign_in, use_link
from tests.native.places import running
from tests.support.running import RunningServer


def shaped(response: httpx.Response, operation: str) -> dict[str, Any]:
    """The body of an answer, which has the form that the document gives."""
    method, _, path = operation.partition(" ")
    described = document()["paths"][path][method.lower()]["responses"][str(response.status_code)]
    schema = described["content"]["application/json"]["schema"]
    body: dict[str, Any] = response.json()
    jsonschema.validate(body, {**schema, "components": document()["components"]})
    return body


# ── the life of a session ─────────────────────────────────────────────────────────────────────


def test_somebody_invited_signs_in_works_and_signs_out(place: RunningServer) -> None:
    invited = place.client.post(
        "/members", json={"email": "Life@example.org", "name": "Life", "role": "editor"}
    )
    link = invited.json()["link"]
    token = {"token": link.partition("#")[2]}
    sent = send("POST", f"{place.url}/session/link", json=token)
    assert shaped(sent, "POST /session/link")["email"] == "life@example.org"
    browser = Browser(place, use_link(place, link))
    found = shaped(browser.client.get("/session"), "GET /session")
    assert found["member"]["name"] == "Life"
    assert found["account"]["privacy"] in ("full", "truncated", "coarse")
    assert found["scopes"] == ["capture", "read", "write"]
    assert found["csrf"] == browser.csrf
    made = browser.ask("POST", "/trackers", json={"kind": "impression", "name": "By cookie"})
    assert made.status_code == 201, made.text
    assert browser.ask("DELETE", "/session").status_code == 204
    assert "footfall_session" not in browser.client.cookies
    assert browser.client.get("/session").status_code == 401
    again = sign_in(place, "LIFE@example.org")
    assert shaped(again, "POST /session")["member"]["joined"] is True


def test_a_session_that_ended_is_refused_everywhere(place: RunningServer) -> None:
    gone = join(place, place.client, "gone@example.org", "owner")
    cookie = dict(gone.client.cookies)
    assert gone.ask("DELETE", "/session").status_code == 204
    for path in ("/session", "/trackers", "/v1/dynamic", "/api/v1/programs"):
        answer = send("GET", place.url + path, cookies=cookie)
        assert answer.status_code == 401, path
    sent = send("POST", f"{place.url}/events", cookies=cookie, json=[{"kind": "open"}])
    assert sent.status_code == 401


def test_a_password_is_changed_by_who_knows_the_old_one(place: RunningServer) -> None:
    one = join(place, place.client, "change@example.org", "viewer")
    other = Browser(place, sign_in(place, "change@example.org"))
    wrong = one.ask("POST", "/session/password", json={"old": "x" * 10, "new": "battery staple"})
    assert wrong.status_code == 400
    right = {"old": PASSWORD, "new": "battery staple"}
    sent = one.ask("POST", "/session/password", json=right)
    shaped(sent, "POST /session/password")
    one.keep(sent)
    assert one.client.get("/session").status_code == 200
    assert other.client.get("/session").status_code == 401
    assert sign_in(place, "change@example.org").status_code == 401
    assert sign_in(place, "change@example.org", "battery staple").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(place: RunningServer) -> None:
    join(place, place.client, "cookie@example.org", "viewer")
    asked = {"email": "cookie@example.org", "password": PASSWORD}
    for scheme, secure in (("http", False), ("https", True)):
        headers = {**address(), "X-Forwarded-Proto": scheme}
        sent = send("POST", f"{place.url}/session", json=asked, headers=headers)
        lasting = {"footfall_session": ("/", 30), "footfall_browser": ("/session", 400)}
        cookies = sent.headers.get_list("set-cookie")
        assert len(cookies) == len(lasting)
        for cookie, (name, (path, days)) in zip(cookies, lasting.items(), strict=True):
            first, *attributes = cookie.lower().split("; ")
            assert first.startswith(f"{name}=")
            wanted = {"httponly", "samesite=strict", f"path={path}", f"max-age={days * 86_400}"}
            assert set(attributes) == wanted | ({"secure"} if secure else set())
        assert sent.headers["cache-control"] == "no-store"


def test_a_second_cookie_of_that_name_makes_both_worthless(
    place: RunningServer, viewer: Browser
) -> None:
    """A neighbouring host may have set one of them, to make somebody work in its account."""
    token = viewer.client.cookies["footfall_session"]
    both = {"Cookie": f"footfall_session={token}; footfall_session=other"}
    assert send("GET", f"{place.url}/session", headers=both).status_code == 401
    twice = {"Cookie": f"a=b; footfall_session={token}; footfall_session={token}"}
    assert send("GET", f"{place.url}/session", headers=twice).status_code == 200


# ── guesses ───────────────────────────────────────────────────────────────────────────────────


def test_who_guesses_waits_and_locks_nobody_out(place: RunningServer) -> None:
    known = join(place, place.client, "guessed@example.org", "viewer")
    here = address()
    wrong = {"email": "guessed@example.org", "password": "wrong horse"}
    right = {**wrong, "password": PASSWORD}
    for _ in range(QUIET.free):
        answer = send("POST", f"{place.url}/session", json=wrong, headers=here)
        assert answer.status_code == 401
    refused = send("POST", f"{place.url}/session", json=right, headers=here)
    assert refused.status_code == 429, "the right password too"
    assert 0 < int(refused.headers["retry-after"]) <= QUIET.first_seconds
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    answer = send("POST", f"{place.url}/session", json=right, headers=elsewhere)
    assert answer.status_code == 200, "from another network"
    cookies = {"footfall_browser": known.client.cookies["footfall_browser"]}
    from_there = send("POST", f"{place.url}/session", json=right, headers=here, cookies=cookies)
    assert from_there.status_code == 200, "in the same network, a browser that is known"
    metrics = place.client.get("/metrics").text
    assert "footfall_sign_ins_refused_total 0.0" not in metrics


def test_a_flood_of_sign_ins_is_refused_and_known_browsers_get_in(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    slow = running(
        tmp_path_factory.mktemp("flood"), trusted_proxy_hops=1, password_checks_per_second=1
    )
    known = join(slow, slow.client, "busy@example.org", "owner")
    cookies = {"footfall_browser": known.client.cookies["footfall_browser"]}

    async def flood() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=slow.url, timeout=30) as client:
            guesses = (
                client.post(
                    "/session",
                    json={"email": f"{number}@example.org", "password": "wrong horse"},
                    headers={"X-Forwarded-For": f"10.0.{number}.1"},
                )
                for number in range(40)
            )
            return await asyncio.gather(*guesses)

    answers = asyncio.run(flood())
    assert {answer.status_code for answer in answers} == {401, 429}
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) > 20
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    right = {"email": "busy@example.org", "password": PASSWORD}
    sent = send("POST", f"{slow.url}/session", json=right, headers=address(), cookies=cookies)
    assert sent.status_code == 200
    slow.close()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"email": "a@b.c", "password": "correct horse"}', "text/plain"),
        (b"email=a%40b.c&password=correct+horse", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"email": 1, "password": "correct horse"}', "application/json"),
        (b'{"email": "a@b.c", "password": "\\ud800"}', "application/json"),
        (b'{"email": "a@b.c", "password": "correct horse", "more": 1}', "application/json"),
        (b'{"email": "a@b.c", "password": "%b"}' % (b"x" * 2_000), "application/json"),
    ],
)
def test_what_is_no_sign_in_is_a_bad_request(
    place: RunningServer, body: bytes, content_type: str
) -> None:
    headers = {**address(), "Content-Type": content_type}
    answer = send("POST", f"{place.url}/session", content=body, headers=headers)
    assert (answer.status_code, set(answer.json())) == (400, {"error", "code"}), answer.text


def test_a_large_body_is_not_read(place: RunningServer) -> None:
    body = msgspec.json.encode({"token": "x" * 100_000})
    headers = {"Content-Type": "application/json"}
    for path in ("/session", "/session/link", "/session/welcome"):
        answer = send("POST", place.url + path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_another_page_signs_nobody_in(place: RunningServer) -> None:
    for site in ("cross-site", "same-site", "none"):
        body = {"email": "owner@example.org", "password": PASSWORD}
        headers = {**address(), "Sec-Fetch-Site": site}
        answer = send("POST", f"{place.url}/session", json=body, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


# ── the first start, and the log ──────────────────────────────────────────────────────────────


def test_the_first_start_prints_a_link_that_makes_the_owner(place: RunningServer) -> None:
    """The package's server had no member when it started."""
    (line,) = [line for line in place.log.read_text().splitlines() if "Sign in" in line]
    link = line.split()[-1]
    assert link.startswith(f"http://localhost:{place.port}/dashboard/welcome#")


def test_no_token_and_no_password_is_in_the_log(place: RunningServer, owner: Browser) -> None:
    sign_in(place, "owner@example.org", "a wrong password")
    owner.ask("POST", "/members", json={"email": "no address"})
    owner.ask("POST", "/session/password", json={"old": "a wrong password", "new": "x" * 12})
    log = place.log.read_text()
    token = owner.client.cookies["footfall_session"]
    for secret in (token, owner.csrf, PASSWORD, "a wrong pass"):
        assert secret not in log


def test_an_address_and_a_password_are_the_same_in_every_normal_form(place: RunningServer) -> None:
    address, secret = "jürgen.groß@münchen.example.org", "Ein stilles Straßencafé"
    email = unicodedata.normalize("NFD", address).upper()
    body = {"email": email, "role": "viewer"}
    invited = place.client.post("/members", json=body)
    assert invited.status_code == 201, invited.text
    for again in (address, address.upper(), unicodedata.normalize("NFD", address)):
        taken = place.client.post("/members", json={"email": again, "role": "viewer"})
        assert taken.status_code == 409, taken.text
    chosen = unicodedata.normalize("NFD", secret)
    assert use_link(place, invited.json()["link"], password=chosen).status_code == 200
    for typed in (address, f" {email} ", address.title()):
        for word in (secret, chosen):
            assert sign_in(place, typed, word).status_code == 200, typed
    assert sign_in(place, "jurgen.gross@munchen.example.org", secret).status_code == 401
