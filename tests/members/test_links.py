"""What a one-time link is for, before somebody uses it: `POST /session/link`."""

from typing import Any

import httpx

from footfall.core.accounts import Role
from footfall.members.attempts import NETWORK_PACE
from tests.members.people import PASSWORD, Browser, address, send, use_link
from tests.members.test_sessions import Place
from tests.members.test_sessions import place as catalog
from tests.members.test_signing_in import shaped
from tests.support.running import RunningServer

__all__ = ["catalog"]


def look(place: RunningServer, link: str, sender: dict[str, str] | None = None) -> httpx.Response:
    body = {"token": link.partition("#")[2]}
    return send("POST", f"{place.url}/session/link", json=body, headers=sender or address())


def invite(admin: Any, email: str, role: str) -> dict[str, Any]:
    invited: dict[str, Any] = admin("POST", "/members", json={"email": email, "role": role}).json()
    return invited


def test_an_invitation_names_the_account_the_role_and_who_invites(
    place: RunningServer, owner: Browser
) -> None:
    invited = invite(owner.ask, "link-named@example.org", "viewer")
    for _ in range(2):
        shown = shaped(look(place, invited["link"]), "POST /session/link")
        assert shown["account"]["name"] == owner.client.get("/session").json()["account"]["name"]
        assert (shown["role"], shown["joined"]) == ("viewer", False)
        assert shown["invited_by"] == owner.client.get("/session").json()["member"]["email"]
        assert shown["expires_at"] > "2026"
    assert use_link(place, invited["link"]).status_code == 200
    again = owner.ask("POST", f"/members/{invited['id']}/link").json()
    assert shaped(look(place, again["link"]), "POST /session/link")["joined"] is True


def test_a_link_that_a_key_made_names_nobody(place: RunningServer) -> None:
    invited = invite(place.client.request, "link-by-key@example.org", "editor")
    assert shaped(look(place, invited["link"]), "POST /session/link")["invited_by"] is None


def test_a_used_and_an_unknown_link_get_the_same_answer(
    place: RunningServer, owner: Browser
) -> None:
    used = invite(owner.ask, "link-used@example.org", "viewer")["link"]
    use_link(place, used)
    answers = [look(place, link) for link in (used, "#", "#unknown", f"#{'x' * 100}")]
    assert {answer.status_code for answer in answers} == {401}
    (body,) = {answer.text for answer in answers}
    assert "was used, replaced or is too old" in body
    assert used.partition("#")[2] not in place.log.read_text()


def test_who_guesses_links_waits_and_others_do_not(place: RunningServer, owner: Browser) -> None:
    link = invite(owner.ask, "link-guessed@example.org", "viewer")["link"]
    guesser = {"X-Forwarded-For": "10.77.1.1"}
    guesses = [look(place, f"#guess{number}", guesser) for number in range(NETWORK_PACE.free)]
    assert {answer.status_code for answer in guesses} == {401}
    for path in ("/session/link", "/session/welcome"):
        body = {"token": link.partition("#")[2]}
        more = {"password": PASSWORD} if path.endswith("welcome") else {}
        refused = send("POST", place.url + path, json=body | more, headers=guesser)
        assert refused.status_code == 429, refused.text
        assert int(refused.headers["retry-after"]) >= 1
    elsewhere = {"X-Forwarded-For": "10.78.1.1"}
    assert look(place, link, elsewhere).status_code == 200


def test_a_link_of_a_member_who_was_removed_works_and_names_nobody(catalog: Place) -> None:
    catalog.join("ada@example.org")
    bo = catalog.join("bo@example.org").member
    cy = catalog.members.invite(catalog.account, "cy@example.org", "", Role.VIEWER, bo)
    token = cy.link.partition("#")[2]
    found = catalog.sessions.look(token).invited_by
    assert found is not None
    assert found.email == "bo@example.org"
    catalog.members.remove(catalog.account, bo.id)
    assert catalog.sessions.look(token).invited_by is None
    assert catalog.use(cy.link).member.email == "cy@example.org"
