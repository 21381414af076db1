"""From the API's answer to a tool's: the same, and what ran, what was cut and how fresh it is.

    {…the answer…, "request": "curl …", "cut": {…} or null, "fresh": {…}}

A request that was refused is a tool's error, with the API's own words.
"""

import base64
from typing import Any, Final

import httpx
import msgspec
from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent

from footfall.api.notes import HEADER as NOTES
from footfall.mcp.tools import Tool

CHARACTERS_MAX: Final = 40_000
"""Of an answer's JSON: about 10,000 tokens. Hosts cut what is much longer, and do not say so."""


def fitting_rows(tool: Tool, body: Any) -> int | None:
    """How many of the answer's rows fit; None when all of them do."""
    rows = body.get(tool.rows) if tool.rows and isinstance(body, dict) else None
    if not rows:
        return None
    around = len(encode({**body, tool.rows: []}))
    room = CHARACTERS_MAX - around
    for index, row in enumerate(rows):
        room -= len(encode(row)) + 1
        if room < 0:
            return max(index, 1) if len(rows) > 1 else None
    return None


def success(
    tool: Tool, response: httpx.Response | None, request: str, read_at: str
) -> CallToolResult:
    """`response` None is a tool that asks nobody. `read_at` is ISO 8601."""
    if response is not None and not is_json(response):
        return _image(response, request, read_at)
    body = dict(tool.answer) if response is None else response.json()
    if not isinstance(body, dict):
        body = {"answer": body}
    if response is not None and (notes := response.headers.get(NOTES)):
        body = {**body, "notes": msgspec.json.decode(notes)}
    fresh = {
        "read_at": read_at,
        "as_of": body.get("as_of"),
        "lag_seconds": body.get("lag_seconds", 0.0),
    }
    content = {**body, **_cut_to_size(tool, body), "request": request or None, "fresh": fresh}
    return _result([TextContent(text=encode(content))], content)


def _cut_to_size(tool: Tool, body: dict[str, Any]) -> dict[str, Any]:
    """`cut`, and the rows that are left when they are too many for one answer."""
    cut: dict[str, Any] = {}
    rows: dict[str, Any] = {}
    if (fitting := fitting_rows(tool, body)) is not None:
        whole = body[tool.rows]
        rows = {tool.rows: whole[:fitting]}
        cut["rows_left_out"] = len(whole) - fitting
        cut["why"] = (
            f"An answer has at most {CHARACTERS_MAX} characters. Ask for less (a shorter window, "
            "fewer columns, a smaller top), or run `request`: it gives everything."
        )
    if body.get("omitted"):
        cut["groups_left_out"] = body["omitted"]
        cut["groups"] = "Those below the top; `other` counts them together."
    if tool.next and (cursor := body.get(tool.next)) is not None:
        cut["next"] = cursor
        cut["go_on"] = f"There are more. Call {tool.name} again with cursor = `next`."
    if tool.left_out:
        cut["window"] = tool.left_out
    return {**rows, "cut": cut or None}


def _image(response: httpx.Response, request: str, read_at: str) -> CallToolResult:
    media_type = response.headers["content-type"].partition(";")[0]
    content = {
        "media_type": media_type,
        "bytes": len(response.content),
        "request": request,
        "cut": None,
        "fresh": {"read_at": read_at, "as_of": None, "lag_seconds": 0.0},
    }
    shown: ContentBlock = (
        TextContent(text=response.text)
        if media_type == "image/svg+xml"
        else (ImageContent(data=base64.b64encode(response.content).decode(), mime_type=media_type))
    )
    return _result([shown, TextContent(text=encode(content))], content)


def failure(message: str, **more: Any) -> CallToolResult:
    """An error that says what to change."""
    content = {"error": message, **{name: value for name, value in more.items() if value}}
    return _result([TextContent(text=encode(content))], content, failed=True)


def refused(response: httpx.Response, request: str) -> CallToolResult:
    """The API's own error."""
    body = response.json() if is_json(response) else {}
    wait = response.headers.get("retry-after", "")
    return failure(
        body.get("error") or f"The server answered {response.status_code}.",
        code=body.get("code"),
        status=response.status_code,
        retry_after_seconds=int(wait) if wait.isdigit() else None,
        request=request,
    )


def is_json(response: httpx.Response) -> bool:
    return "json" in response.headers.get("content-type", "")


def encode(content: Any) -> str:
    return msgspec.json.encode(content).decode()


def _result(
    content: list[ContentBlock], structured: dict[str, Any], *, failed: bool = False
) -> CallToolResult:
    return CallToolResult(content=content, structured_content=structured, is_error=failed)
