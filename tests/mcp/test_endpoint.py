"""Who may enter `/mcp`, and what stands between two messages: nothing."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from footfall.core.accounts import Scope
from tests.conftest import StartServer
from tests.mcp.joining import call, connected, key_with, refusal
from tests.support.running import RunningServer

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def post(server: RunningServer, message: Any = LIST, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/mcp", json=message, headers={**ACCEPT, **headers}, timeout=60)


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer oqr_" + "x" * 40])
def test_without_a_good_key_nobody_enters(server: RunningServer, header: str) -> None:
    answer = post(server, **({"Authorization": header} if header else {}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"
    assert len(answer.json()["error"]) > 10


def test_a_page_of_another_origin_may_not_ask(server: RunningServer) -> None:
    key = f"Bearer {server.key}"
    for origin in ("https://evil.example", "null", f"http://localhost:{server.port}.evil.example"):
        answer = post(server, Authorization=key, Origin=origin)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    own = post(server, Authorization=key, Origin=f"http://localhost:{server.port}")
    assert own.status_code == 200
    assert own.json()["result"]["tools"]


def test_only_post_is_taken_and_what_is_no_message_is_refused(server: RunningServer) -> None:
    headers = {"Authorization": f"Bearer {server.key}", **ACCEPT}
    for method in ("GET", "DELETE", "PUT"):
        answer = httpx.request(method, f"{server.url}/mcp", headers=headers)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    for body in (b"", b"{", b"[]", b'"text"', b'{"jsonrpc": "2.0"}', b"\xff"):
        answer = httpx.post(
            f"{server.url}/mcp",
            content=body,
            headers={**headers, "Content-Type": "application/json"},
        )
        assert 400 <= answer.status_code < 500, answer.text
    large = httpx.post(
        f"{server.url}/mcp",
        content=b" " * (5 << 20),
        headers={**headers, "Content-Type": "application/json"},
    )
    assert large.status_code == 413


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": "a",
    "method": "initialize",
    "params": {"capabilities": {}, "clientInfo": {"name": "old", "version": "1"}},
}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/mcp/all", "/mcp/all/"])
@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json", "text/html"])
def test_a_client_is_answered_whatever_it_says_it_accepts(
    server: RunningServer, path: str, accept: str | None
) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        del client.headers["accept"]
        headers = {"Authorization": f"Bearer {server.key}"}
        headers |= {} if accept is None else {"Accept": accept}
        answer = client.post(path, json=LIST, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json()["result"]["tools"]
        assert client.get(path, headers=headers).status_code == 405


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2024-11-05"),
        ("2025-06-18", "2025-06-18"),
    ],
)
def test_the_version_that_is_agreed_on_has_no_batches(
    server: RunningServer, asked: str, agreed: str
) -> None:
    key = f"Bearer {server.key}"
    message = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": asked}}  # type: ignore[dict-item]
    result = post(server, message, Authorization=key).json()["result"]
    assert result["protocolVersion"] == agreed
    version = {"Authorization": key, "MCP-Protocol-Version": agreed}
    assert post(server, LIST, **version).json()["result"]["tools"]
    refused = post(server, [LIST, {**LIST, "id": 2}], **version)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, -32600)


@pytest.mark.parametrize("id", [None, True, 1.5, [], {}])
def test_a_request_whose_id_is_none_is_invalid(server: RunningServer, id: object) -> None:
    answer = post(server, {**LIST, "id": id}, Authorization=f"Bearer {server.key}")
    assert (answer.status_code, answer.json()["id"]) == (400, None)
    assert answer.json()["error"]["code"] == -32600
    assert "id" in answer.json()["error"]["message"]


def test_a_byte_order_mark_before_a_message_is_ignored(server: RunningServer) -> None:
    for path in ("/mcp", "/mcp/all"):
        body = b"\xef\xbb\xbf" + json.dumps(LIST).encode()
        headers = {"Content-Type": "application/json"}
        answer = server.client.post(path, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"]["tools"]


@pytest.mark.parametrize(
    ("message", "id"),
    [
        *((5, None), ("ping", None), ({}, None), ({"jsonrpc": "2.0"}, None)),
        ({**LIST, "jsonrpc": "1.0"}, 1),
        ({"id": "a", "method": "ping"}, "a"),
        ({**LIST, "jsonrpc": 2.0}, 1),
        ({**LIST, "method": 5}, 1),
        ({**LIST, "method": None}, 1),
        ({**LIST, "params": []}, 1),
        ({**LIST, "params": "all"}, 1),
        ({"jsonrpc": "2.0", "id": 7}, 7),
    ],
)
def test_what_is_not_a_message_of_json_rpc_is_an_invalid_request(
    server: RunningServer, message: object, id: object
) -> None:
    answer = post(server, message, Authorization=f"Bearer {server.key}")
    assert (answer.status_code, answer.json()["id"]) == (400, id)
    assert answer.json()["error"]["code"] == -32600
    assert answer.json()["error"]["message"].startswith("Invalid Request: ")


def test_a_notification_is_taken(server: RunningServer) -> None:
    message = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert post(server, message, Authorization=f"Bearer {server.key}").status_code == 202


async def test_a_restart_between_two_calls_is_not_noticed(start_server: StartServer) -> None:
    server = start_server()
    async with connected(server) as http, connected(server, transport="stdio") as stdio:
        code = await call(http, "create_dynamic_qr", destination="https://example.org/")
        server.stop()
        sent = await refusal(stdio, "get_dynamic_qr", id=code["id"])
        assert "Is the server running?" in sent["error"]
        server.start()
        for client in (http, stdio):
            assert (await call(client, "get_dynamic_qr", id=code["id"]))["id"] == code["id"]
    assert code["id"] not in server.log.read_text(), "what is asked for is nobody's business"


def test_messages_count_against_the_limit_of_requests(start_server: StartServer) -> None:
    server = start_server(requests_per_minute=3)
    key = f"Bearer {key_with(server, Scope.READ)}"
    answers = [post(server, Authorization=key) for _ in range(4)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].json()["code"] == "rate_limited"


def test_a_key_that_is_refused_is_told_before_the_host_waits(server: RunningServer) -> None:
    def run(*options: str, key: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "footfall", "mcp", "--url", server.url, *options],
            env={"FOOTFALL_KEY": key, "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stdout == ""
        return done.stderr

    wrong = "oqr_" + "x" * 40
    sent = run(key=wrong)
    assert "footfall:" in sent
    assert wrong not in sent
    assert "Traceback" not in sent
    assert "FOOTFALL_KEY" in run(key="")
    assert "/nowhere" in run("--key-file", "/nowhere", key="")


def test_the_sdk_costs_nothing_until_it_is_asked() -> None:
    """It takes 30 MB and a second to import."""
    script = "import sys, footfall.cli.main; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
