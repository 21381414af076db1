"""What people type in other cases, other normal forms, and letters beyond ASCII."""

import unicodedata
import uuid
from typing import Any

import pytest

from tests.dialects.openqr import change, refused
from tests.support.running import RunningServer


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def word() -> str:
    """Nobody else's."""
    return f"Café{uuid.uuid4().hex[:10]}MÜNCHEN"


def found(server: RunningServer, path: str, **query: Any) -> list[str]:
    answer = server.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    rows = rows.get("codes") or rows.get("trackers") or []
    return [row.get("resource_id") or row["id"] for row in rows]


@pytest.mark.parametrize("path", ["/v1/dynamic", "/v1/codes", "/trackers"])
def test_a_search_is_in_any_case_and_normal_form(server: RunningServer, path: str) -> None:
    label = word()
    code = server.create_code()["id"]
    for kept in (composed(label), decomposed(label)):
        change(server, code, label=kept)
        for typed in (kept, composed(kept).upper(), decomposed(kept).lower(), kept[2:-3]):
            assert found(server, path, search=typed) == [code], typed


@pytest.mark.parametrize("path", ["/v1/dynamic", "/trackers"])
def test_a_search_finds_a_destination_as_it_is_typed_and_as_it_is_kept(
    server: RunningServer, path: str
) -> None:
    own = uuid.uuid4().hex[:10]
    code = server.create_code(f"https://münchen-{own}.example.org/café-{own}/%C3%BCber?q=100%25_")
    kept = server.client.get(f"/v1/dynamic/{code['id']}").json()["destination"]
    assert kept.startswith("https://xn--"), kept
    for typed in (
        *(f"münchen-{own}", f"MÜNCHEN-{own}.example.org/CAFÉ", decomposed(f"ünchen-{own}")),
        *(f"-{own}/über", f"-{own}/%c3%bcber", kept, kept.removeprefix("https://")[:30]),
    ):
        assert found(server, path, search=typed) == [code["id"]], typed
    for typed in (f"m_nchen-{own}", f"%{own}", f"munchen-{own}"):
        assert found(server, path, search=typed) == [], typed


def test_one_tag_in_two_spellings_is_one_tag(server: RunningServer) -> None:
    tag = word()
    first, second, third = (server.create_code()["id"] for _ in range(3))
    spelled = [tag, decomposed(tag), tag.upper()]
    assert change(server, first, tags=spelled)["tags"] == [tag]
    change(server, second, tags=[decomposed(tag)])
    change(server, third, tags=[tag.swapcase()])
    for typed in (tag, decomposed(tag).lower()):
        assert found(server, "/v1/dynamic", tag=typed) == [third, second, first]
    tags = server.client.get("/v1/tags").json()["tags"]
    assert [one["codes"] for one in tags if one["tag"].casefold() == tag.casefold()] == [3]


@pytest.mark.parametrize("kind", ["folders", "themes"])
def test_a_name_in_another_spelling_is_taken(server: RunningServer, kind: str) -> None:
    name = word()
    body: dict[str, Any] = {"name": decomposed(name)}
    if kind == "themes":
        body["style"] = {}
    made = server.client.post(f"/v1/{kind}", json=body).json()
    assert made["name"] == name
    for other in (name, name.upper(), decomposed(name).lower()):
        refused(
            server.client.post(f"/v1/{kind}", json={**body, "name": other}), 400, "invalid_request"
        )
    renamed = server.client.patch(f"/v1/{kind}/{made['id']}", json={"name": name.lower()})
    assert renamed.json()["name"] == name.lower()
    if kind == "folders":
        code = server.create_code()["id"]
        change(server, code, folder_id=made["id"])
        assert found(server, "/v1/dynamic", folder=decomposed(name)) == [code]


def test_a_password_opens_a_code_however_a_system_writes_it(server: RunningServer) -> None:
    for kept, typed in ((composed, decomposed), (decomposed, composed)):
        code = server.create_code()
        change(server, code["id"], password=kept("Öffne dich"))
        for text, opens in (
            (typed("Öffne dich"), True),
            *(("öffne dich", False), ("Offne dich", False)),
        ):
            answer = server.client.post(f"/s/{code['slug']}", data={"word": text})
            assert (answer.status_code == 303) == opens, answer.text
