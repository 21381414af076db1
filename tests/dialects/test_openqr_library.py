"""The OpenQR dialect on the wire: lists, bulk, library, themes, folders, symbols."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dialects.openqr import DESTINATION, change, refused
from tests.support.running import RunningServer

# ── lists, bulk, library ──────────────────────────────────────────────────────────────────────


def test_pages_neither_skip_nor_repeat_while_codes_are_made(server: RunningServer) -> None:
    word = uuid.uuid4().hex
    body = {"destination": DESTINATION, "label": word}
    made = [server.client.post("/v1/dynamic", json=body).json()["id"] for _ in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "search": word.upper()}
    while True:
        page = server.client.get("/v1/dynamic", params=query).json()
        seen += [row["id"] for row in page["codes"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
        server.client.post("/v1/dynamic", json=body).raise_for_status()
    assert seen == made[::-1]


def test_a_search_finds_label_slug_and_destination_and_takes_signs_as_they_are(
    server: RunningServer,
) -> None:
    word = uuid.uuid4().hex[:12]
    code = server.create_code(f"https://example.org/{word}")
    change(server, code["id"], label=f"100%_{word[:6]}", slug=f"{word[:8]}-slug")
    for search in (word.upper(), f"100%_{word[:6]}", f"{word[:8]}-SLUG"):
        rows = server.client.get("/v1/dynamic", params={"search": search}).json()["codes"]
        assert [row["id"] for row in rows] == [code["id"]]
    assert not server.client.get("/v1/dynamic", params={"search": "100%x"}).json()["codes"]


def test_a_list_is_narrowed_by_folder_tags_and_status(server: RunningServer) -> None:
    word = uuid.uuid4().hex
    folder = server.client.post("/v1/folders", json={"name": word}).json()["id"]
    codes = [server.create_code()["id"] for _ in range(4)]
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    change(server, codes[0], label=word, folder_id=folder, tags=[f"{word}a", f"{word}b"])
    change(server, codes[1], label=word, folder_id=folder, tags=[f"{word}a"], status="paused")
    change(server, codes[2], label=word, tags=[f"{word}b"], pause_until=soon)
    change(server, codes[3], label=word)

    def found(**query: Any) -> list[int]:
        answer = server.client.get("/v1/dynamic", params={"search": word, **query})
        assert answer.status_code == 200, answer.text
        return sorted(codes.index(row["id"]) for row in answer.json()["codes"])

    assert found(folder=folder) == found(folder=word) == [0, 1]
    assert found(folder="none") == [2, 3]
    assert found(tag=f"{word}a") == [0, 1]
    assert found(tag=[f"{word}a", f"{word}b"]) == [0]
    assert found(tag=word) == [], "a tag is found whole"
    assert found(status="paused") == [1, 2]
    assert found(status="active") == [0, 3]
    assert found(status="active", folder=folder, tag=f"{word}b") == [0]
    assert found(folder="", tag="", status="") == [0, 1, 2, 3]
    page = server.client.get("/v1/dynamic", params={"folder": folder, "limit": 1}).json()
    query = {"folder": folder, "cursor": page["next_cursor"]}
    rows = [*page["codes"], *server.client.get("/v1/dynamic", params=query).json()["codes"]]
    assert [row["id"] for row in rows] == [codes[1], codes[0]]


def test_tags_are_counted_while_they_are_in_use(server: RunningServer) -> None:
    word = uuid.uuid4().hex

    def counted() -> dict[str, int]:
        body = server.client.get("/v1/tags").json()
        assert body["complete"]
        return {one["tag"]: one["codes"] for one in body["tags"] if word in one["tag"]}

    codes = [server.create_code()["id"] for _ in range(2)]
    change(server, codes[0], tags=[f"{word}a", f"{word}b"])
    change(server, codes[1], tags=[f"{word}b"])
    assert counted() == {f"{word}a": 1, f"{word}b": 2}
    change(server, codes[0], tags=[])
    assert counted() == {f"{word}b": 1}
    server.client.delete(f"/v1/dynamic/{codes[1]}").raise_for_status()
    assert counted() == {}


@pytest.mark.parametrize(
    "query", [{"folder": "none such"}, {"status": "off"}, {"tag": ["x"] * 11}, {"folder": "a\0"}]
)
def test_a_filter_that_cannot_be_is_refused(server: RunningServer, query: dict[str, Any]) -> None:
    refused(server.client.get("/v1/dynamic", params=query), 400, "invalid_request")


@pytest.mark.parametrize("query", [{"limit": "x"}, {"cursor": "!"}, {"cursor": "bnh4"}])
def test_a_bad_list_query_is_refused(server: RunningServer, query: dict[str, str]) -> None:
    for path in ("/v1/dynamic", "/v1/codes"):
        refused(server.client.get(path, params=query), 400, "invalid_request")


def test_a_bulk_is_made_whole_or_not_at_all(server: RunningServer) -> None:
    word = uuid.uuid4().hex
    rows: list[dict[str, Any]] = [{"destination": DESTINATION, "label": word} for _ in range(3)]
    bad = [*rows, {"destination": "http://localhost/"}]
    response = server.client.post("/v1/dynamic/bulk", json={"codes": bad})
    assert "codes[3]" in refused(response, 400, "unsafe_destination")
    themed = {"codes": rows, "theme": "none such"}
    refused(server.client.post("/v1/dynamic/bulk", json=themed), 400, "invalid_request")
    for count in (0, 201):
        response = server.client.post("/v1/dynamic/bulk", json={"codes": rows[:1] * count})
        refused(response, 400, "invalid_request")
    assert not server.client.get("/v1/dynamic", params={"search": word}).json()["codes"]

    headers = {"Idempotency-Key": word}
    made = server.client.post("/v1/dynamic/bulk", json={"codes": rows}, headers=headers)
    assert made.status_code == 201
    again = server.client.post("/v1/dynamic/bulk", json={"codes": rows}, headers=headers)
    assert again.content == made.content
    found = server.client.get("/v1/dynamic", params={"search": word}).json()["codes"]
    assert [row["id"] for row in found] == [row["id"] for row in made.json()["codes"]][::-1]


def test_the_library_holds_static_and_dynamic_codes(server: RunningServer) -> None:
    word = uuid.uuid4().hex
    dynamic = server.create_code(f"https://example.org/{word}")
    body = {"type": "text", "fields": {"text": f"Table {word}"}, "label": "Table"}
    static = server.client.post("/v1/codes", json=body)
    assert static.status_code == 201
    assert static.json()["payload"] == f"Table {word}"
    assert "x-ratelimit-remaining" in static.headers
    rows = server.client.get("/v1/codes", params={"search": word, "limit": 500}).json()["codes"]
    assert [(row["type"], row["dynamic"], row["destination"]) for row in rows] == [
        ("text", False, f"Table {word}"),
        ("url", True, f"https://example.org/{word}"),
    ]
    assert rows[0]["short_url"] is None
    assert rows[1]["short_url"] == dynamic["short_url"]
    code = static.json()["id"]
    refused(server.client.get(f"/v1/dynamic/{code}/scans"), 404, "not_found")
    assert server.client.delete(f"/v1/codes/{code}").status_code == 200
    refused(server.client.delete(f"/v1/codes/{code}"), 404, "not_found")


@pytest.mark.parametrize("place", ["dynamic", "codes"])
def test_a_code_of_either_kind_is_deleted_at_both_paths(server: RunningServer, place: str) -> None:
    body = {"type": "text", "fields": {"text": "Table 5"}}
    static = server.client.post("/v1/codes", json=body).json()
    dynamic = server.create_code("https://example.org/gone")
    for code in (static["id"], dynamic["id"]):
        answer = server.client.delete(f"/v1/{place}/{code}")
        assert (answer.status_code, answer.json()) == (200, {"id": code, "deleted": True})
        refused(server.client.delete(f"/v1/{place}/{code}"), 404, "not_found")
        rows = server.client.get("/v1/codes", params={"limit": 500}).json()["codes"]
        assert code not in [row["id"] for row in rows]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "text"},
        {"type": "text", "fields": {"text": ["x"]}},
        {"type": "text", "fields": "x"},
        {"type": "barcode", "fields": {}},
        {"type": "geo", "fields": {"lat": 91, "lng": 0}},
        {"type": "text", "fields": {"text": "x" * 2001}},
    ],
)
def test_a_bad_static_code_is_refused(server: RunningServer, body: dict[str, Any]) -> None:
    refused(server.client.post("/v1/codes", json=body), 400, "invalid_request")


# ── themes and folders ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "field", "more"), [("themes", "theme", {"style": {}}), ("folders", "folder_id", {})]
)
def test_what_is_deleted_is_taken_off_its_codes(
    server: RunningServer, path: str, field: str, more: dict[str, Any]
) -> None:
    name = uuid.uuid4().hex
    made = server.client.post(f"/v1/{path}", json={"name": name, **more})
    assert made.status_code == 201
    again = server.client.post(f"/v1/{path}", json={"name": name, **more})
    refused(again, 400, "invalid_request")
    assert made.json() in server.client.get(f"/v1/{path}").json()[path]
    code = server.create_code()["id"]
    assert change(server, code, **{field: made.json()["id"]})[field] == made.json()["id"]
    assert server.client.delete(f"/v1/{path}/{made.json()['id']}").status_code == 200
    assert server.client.get(f"/v1/dynamic/{code}").json()[field] is None
    refused(server.client.delete(f"/v1/{path}/{made.json()['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "", "style": {}},
        {"name": "x" * 81, "style": {}},
        {"name": "x", "style": []},
        {"name": "x", "style": {"fgColor": "red"}},
        {"name": "x", "style": {"fgColor": 5}},
        {"name": "x", "style": {"logo": "x" * 70_000}},
    ],
)
def test_a_bad_theme_is_refused(server: RunningServer, body: dict[str, Any]) -> None:
    refused(server.client.post("/v1/themes", json=body), 400, "invalid_request")


@pytest.mark.parametrize("depth", [20, 900, 985, 1000, 2000, 50_000])
def test_a_style_nested_too_deeply_is_refused(server: RunningServer, depth: int) -> None:
    body = b'{"name": "deep", "style": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    refused(server.client.post("/v1/themes", content=body), 400, "invalid_request")
    assert server.client.get("/v1/themes").status_code == 200


def test_a_theme_and_a_folder_are_changed_and_keep_their_codes(server: RunningServer) -> None:
    words = [uuid.uuid4().hex for _ in range(3)]
    code = server.create_code()["id"]
    folder = server.client.post("/v1/folders", json={"name": words[0]}).json()
    theme = server.client.post("/v1/themes", json={"name": words[0], "style": {"a": 1}}).json()
    for path in ("folders", "themes"):
        server.client.post(f"/v1/{path}", json={"name": words[1], "style": {}}).raise_for_status()
    change(server, code, folder_id=folder["id"], theme=theme["id"])
    renamed = server.client.patch(f"/v1/folders/{folder['id']}", json={"name": words[2]})
    assert renamed.json() == folder | {"name": words[2]}
    path = f"/v1/themes/{theme['id']}"
    changed = server.client.patch(path, json={"style": {"fgColor": "#0f766e"}}).json()
    assert changed == theme | {"style": {"fgColor": "#0f766e"}}
    assert server.client.patch(path, json={"name": words[0]}).json() == changed, "its own name"
    assert "#0f766e" in server.client.get(f"/v1/dynamic/{code}/qr").text
    assert server.client.get(f"/v1/dynamic/{code}").json()["folder"] == words[2]
    for bad in ({}, {"name": words[1]}, {"name": " "}, {"style": {"fgColor": "red"}}):
        refused(server.client.patch(path, json=bad), 400, "invalid_request")
    taken = server.client.patch(f"/v1/folders/{folder['id']}", json={"name": words[1]})
    refused(taken, 400, "invalid_request")
    for path in ("/v1/themes/t_none", "/v1/folders/f_none"):
        refused(server.client.patch(path, json={"name": words[2]}), 404, "not_found")


# ── symbols ───────────────────────────────────────────────────────────────────────────────────


def test_a_symbol_is_drawn_as_svg_by_default(server: RunningServer) -> None:
    response = server.client.get("/v1/qr", params={"data": "https://example.org", "dark": "#123"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/svg+xml"
    assert 'viewBox="0 0 512 512"' in response.text
    assert "#112233" in response.text


@pytest.mark.parametrize(("size", "drawn"), [(64, 64), (333, 333), (4096, 4096), (9999, 4096)])
def test_a_png_has_exactly_the_size_that_was_asked(
    server: RunningServer, size: int, drawn: int
) -> None:
    body = {"data": "https://example.org", "format": "png", "size": size}
    response = server.client.post("/v1/qr", json=body)
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert response.content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(response.content[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (drawn, drawn)


def test_a_theme_gives_a_symbol_its_colours(server: RunningServer) -> None:
    name = uuid.uuid4().hex
    style = {"fgColor": "#0a7c6e", "bgColor": "#fff", "dotType": "dots"}
    server.client.post("/v1/themes", json={"name": name, "style": style}).raise_for_status()
    drawn = server.client.get("/v1/qr", params={"data": "x", "theme": name}).text
    assert "#0a7c6e" in drawn
    own = server.client.get("/v1/qr", params={"data": "x", "theme": name, "dark": "abcdef"}).text
    assert "#abcdef" in own


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"data": ""},
        {"data": "x" * 2001},
        {"data": "漢" * 1500},
        {"data": "x", "format": "gif"},
        {"data": "x", "size": "big"},
        {"data": "x", "dark": "black"},
        {"data": "x", "dark": "fff", "light": "ffffff"},
        {"data": "x", "theme": "none such"},
        {"data": "x" * 1500, "format": "png", "size": "64"},
    ],
)
def test_a_symbol_that_cannot_be_made_is_refused(
    server: RunningServer, query: dict[str, str]
) -> None:
    refused(server.client.post("/v1/qr", json=query), 400, "invalid_request")
    refused(server.client.get("/v1/qr", params=query), 400, "invalid_request")
