"""OpenQR's tools, prompts and presets, called by the SDK's own client over both transports."""

import base64
import json
import shutil
import subprocess

import pytest

from footfall.core.accounts import Scope
from tests.mcp.joining import (
    Transport,
    call,
    connected,
    content,
    key_with,
    refusal,
    strangers_key,
)
from tests.support.running import RunningServer

READING = {
    *("generate_qr", "get_dynamic_qr", "get_scans", "list_dynamic_qr", "list_folders"),
    *("list_themes", "get_subdomain"),
}
WRITING = {
    *("create_dynamic_qr", "update_dynamic_qr", "delete_dynamic_qr", "bulk_create_dynamic_qr"),
    *("create_folder", "delete_folder", "create_theme", "delete_theme"),
    *("set_subdomain", "clear_subdomain"),
}
MENU = "https://example.org/menu"


@pytest.fixture(params=["http", "stdio"])
def transport(request: pytest.FixtureRequest) -> Transport:
    transport: Transport = request.param
    return transport


async def test_the_vendors_tools_prompts_and_presets_are_there(
    server: RunningServer, transport: Transport
) -> None:
    async with connected(server, transport=transport) as client:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert tools.keys() >= READING | WRITING
        assert len(READING | WRITING) == 17
        assert next(iter(tools)) == "get_report_schema"
        assert all(one.input_schema["type"] == "object" for one in tools.values())
        assert tools["create_dynamic_qr"].input_schema["required"] == ["destination"]
        assert tools["get_scans"].input_schema["required"] == ["id"]
        assert set(tools["get_scans"].input_schema["properties"]) == {"id"}

        prompts = {one.name for one in (await client.list_prompts()).prompts}
        assert prompts == {
            *("create_tracked_qr", "bulk_qr_for_print", "brand_a_qr", "qr_scan_report")
        }
        prompt = await client.get_prompt("create_tracked_qr", {"destination": MENU})
        assert MENU in prompt.messages[0].content.text  # type: ignore[union-attr]

        uris = [str(one.uri) for one in (await client.list_resources()).resources]
        names = ("classic", "teal", "high-contrast", "dots", "classy")
        assert uris == [f"openqr://preset/{name}" for name in names]
        for uri in uris:
            (preset,) = (await client.read_resource(uri)).contents
            style = json.loads(preset.text)["style"]  # type: ignore[union-attr]
            assert {"fgColor", "bgColor"} <= style.keys()


async def test_exactly_the_vendors_tools_are_at_the_address_that_its_bridge_asks(
    server: RunningServer,
) -> None:
    code = server.create_code()["id"]
    async with connected(server, path="/mcp") as client:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert tools.keys() == READING | WRITING
        assert len((await client.list_prompts()).prompts) == 4
        assert len((await client.list_resources()).resources) == 5
        assert "get_report_schema" not in (client.instructions or "")
        known = await call(client, "get_scans", id=code, days=7, period="week")
        assert known == {**await call(client, "get_scans", id=code), "fresh": known["fresh"]}
        with pytest.raises(Exception, match="/mcp/all"):
            await client.call_tool("run_report", {})
    async with connected(server, key_with(server, Scope.READ), path="/mcp/") as client:
        assert {one.name for one in (await client.list_tools()).tools} == READING | WRITING
        refused = await refusal(client, "create_folder", name="Prints")
        assert (refused["code"], "write" in refused["error"]) == ("forbidden", True)
    async with connected(server, key_with(server, Scope.READ), path="/mcp/all") as client:
        assert not {one.name for one in (await client.list_tools()).tools} & WRITING
    async with connected(server, path="/mcp/all/") as client:
        assert "run_report" in {one.name for one in (await client.list_tools()).tools}


async def test_every_tool_of_the_vendor_does_what_its_name_says(
    server: RunningServer, transport: Transport
) -> None:
    async with connected(server, transport=transport) as client:
        code = await call(client, "create_dynamic_qr", destination=MENU, label="Flyer")
        assert {"id", "slug", "short_url", "destination", "label"} <= code.keys()
        server.scan(code["slug"])
        scans = await call(client, "get_scans", id=code["id"])
        assert scans["scans"]["total"] == 1
        assert scans["analytics"]["days_window"] == 30
        assert "30 days" in scans["cut"]["window"]
        assert scans["fresh"]["lag_seconds"] == 0.0

        folder = await call(client, "create_folder", name=f"Folder {transport}")
        theme = await call(
            client, "create_theme", name=f"Theme {transport}", style={"fgColor": "#0f766e"}
        )
        changed = await call(
            client,
            "update_dynamic_qr",
            id=code["id"],
            label=None,
            folder_id=folder["id"],
            theme=theme["id"],
            status="paused",
        )
        assert (changed["label"], changed["status"]) == (None, "paused")
        assert (changed["folder_id"], changed["theme"]) == (folder["id"], theme["id"])
        shown = await call(client, "get_dynamic_qr", id=code["id"])
        assert shown["tags"] == []
        assert shown["destination"] == MENU
        folders = await call(client, "list_folders")
        assert folder["id"] in [one["id"] for one in folders["folders"]]
        themes = await call(client, "list_themes")
        assert theme["id"] in [one["id"] for one in themes["themes"]]

        rows = [{"destination": MENU, "label": "A"}, {"destination": MENU}]
        made = await call(client, "bulk_create_dynamic_qr", codes=rows, theme=theme["id"])
        assert made["created"] == 2
        page = await call(client, "list_dynamic_qr", limit=1)
        assert [one["id"] for one in page["codes"]] == [made["codes"][1]["id"]]
        after = await call(client, "list_dynamic_qr", limit=2, cursor=page["cut"]["next"])
        assert [one["id"] for one in after["codes"]] == [made["codes"][0]["id"], code["id"]]

        for tool, id in (
            ("delete_theme", theme["id"]),
            ("delete_folder", folder["id"]),
            ("delete_dynamic_qr", code["id"]),
        ):
            assert (await call(client, tool, id=id))["deleted"] is True
        assert (await refusal(client, "get_dynamic_qr", id=code["id"]))["status"] == 404

        assert (await call(client, "get_subdomain"))["subdomain"] is None
        assert (await call(client, "clear_subdomain"))["subdomain"] is None
        assert "short_url" in (await refusal(client, "set_subdomain", subdomain="shop"))["error"]


async def test_a_symbol_is_an_image_or_the_text_of_one(server: RunningServer) -> None:
    async with connected(server) as client:
        drawn = await client.call_tool("generate_qr", {"data": MENU, "size": "256"})
        image = drawn.content[0]
        assert image.type == "image"
        assert image.mime_type == "image/png"
        assert base64.b64decode(image.data).startswith(b"\x89PNG")
        assert content(drawn)["bytes"] == len(base64.b64decode(image.data))
        drawn = await client.call_tool("generate_qr", {"data": MENU, "format": "svg"})
        assert drawn.content[0].text.startswith("<")  # type: ignore[union-attr]


def run(command: str, key: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        env={"KEY": key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
async def test_the_request_that_an_answer_carries_runs_and_gives_the_same(
    server: RunningServer,
) -> None:
    async with connected(server) as client:
        label = "it's \"quoted\" & 'ours' $KEY ü"
        code = await call(client, "create_dynamic_qr", destination=MENU, label=label)
        scans = await call(client, "get_scans", id=code["id"])
    # The server names itself by localhost; the tests reach it there by its port.
    for answer in (code, scans):
        assert server.key not in answer["request"]
        command = answer["request"].replace("http://localhost:", "http://127.0.0.1:")
        again = json.loads(run(command, server.key))
        assert again.get("label", label) == label
        if answer is scans:
            assert again == {name: answer[name] for name in again}


async def test_a_creation_with_an_idempotency_key_makes_nothing_twice(
    server: RunningServer,
) -> None:
    async with connected(server) as client:
        first = await call(client, "create_dynamic_qr", destination=MENU, idempotency_key="mcp-1")
        again = await call(client, "create_dynamic_qr", destination=MENU, idempotency_key="mcp-1")
        assert again["id"] == first["id"]


async def test_a_long_list_is_cut_where_its_cursor_goes_on(server: RunningServer) -> None:
    key = strangers_key(server)
    rows = [{"destination": f"{MENU}?{index}&{'x' * 400}"} for index in range(90)]
    async with connected(server, key) as client:
        made = await call(client, "bulk_create_dynamic_qr", codes=rows)
        assert made["created"] == 90
        assert made["cut"]["rows_left_out"] == 90 - len(made["codes"])
        seen: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = await call(client, "list_dynamic_qr", limit=500, **more)
            assert len(json.dumps(page["codes"])) < 50_000
            seen += [one["destination"] for one in page["codes"]]
            if page["cut"] is None:
                break
            more = {"cursor": page["cut"]["next"]}
    assert seen == [row["destination"] for row in reversed(rows)]
    assert more, "one answer held them all: nothing was tried"


async def test_what_is_wrong_with_a_call_is_said_so_that_it_can_be_mended(
    server: RunningServer,
) -> None:
    async with connected(server) as client:
        sent = await refusal(client, "get_dynamic_qr", id="c_x", days=7)
        assert "days" in sent["error"]
        assert "get_dynamic_qr takes: id" in sent["error"]
        sent = await refusal(client, "get_scans", id="../me")
        assert "id" in sent["error"]
        sent = await refusal(client, "create_dynamic_qr", destination="ftp://example.org")
        assert sent["code"] in ("invalid_request", "unsafe_destination")
        assert sent["status"] == 400
        assert "curl" in sent["request"]
        with pytest.raises(Exception, match="no tool"):
            await client.call_tool("drop_everything", {})


async def test_a_key_that_may_only_read_sees_no_writing_tool_and_can_call_none(
    server: RunningServer, transport: Transport
) -> None:
    code = server.create_code()["id"]
    async with connected(server, key_with(server, Scope.READ), transport) as client:
        names = {one.name for one in (await client.list_tools()).tools}
        assert names >= READING
        assert not names & (WRITING | {"ingest_events"})
        sent = await refusal(client, "delete_dynamic_qr", id=code)
        assert (sent["status"], sent["code"]) == (403, "forbidden")
        assert (await call(client, "get_dynamic_qr", id=code))["id"] == code


async def test_no_account_sees_anothers_codes(server: RunningServer) -> None:
    code = server.create_code()["id"]
    async with connected(server, strangers_key(server)) as client:
        assert (await call(client, "list_dynamic_qr"))["codes"] == []
        for tool in ("get_dynamic_qr", "get_scans", "delete_dynamic_qr"):
            assert (await refusal(client, tool, id=code))["status"] == 404
    assert server.client.get(f"/v1/dynamic/{code}").status_code == 200
