"""What a JSON-RPC message must be before the SDK is given it.

JSON-RPC 2.0, and https://modelcontextprotocol.io/specification. Text that is not JSON is left to
the SDK, which answers it as a parse error.
"""

from codecs import BOM_UTF8
from typing import Any, Final

import msgspec

INVALID_REQUEST: Final = -32600
BATCH_VERSION: Final = "2025-03-26"
"""The one version of the protocol in which a client may send several messages as an array."""
AGREED_VERSION: Final = "2024-11-05"
"""Answered to who asks for that one: a client of the spring of 2025 knows it, and no newer one."""


class InvalidMessage(Exception):
    """`body` is the JSON-RPC error that answers it; `id` that of the request where it is known."""

    def __init__(self, text: str, id: str | int | None = None) -> None:
        super().__init__(text)
        error = {"code": INVALID_REQUEST, "message": f"Invalid Request: {text}"}
        self.body = msgspec.json.encode({"jsonrpc": "2.0", "id": id, "error": error})


def read_message(body: bytes) -> bytes:
    """The message as the SDK is to have it, without a byte order mark. Raises InvalidMessage for
    everything that is not a request, notification or response of JSON-RPC 2.0: the SDK would answer
    it as a fault of parameters, with its own types in the text. Of a request whose id is neither a
    text nor a whole number it would make a notification, and the sender would wait for an answer
    for ever."""
    body = body.removeprefix(BOM_UTF8)
    try:
        message: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
    if isinstance(message, list):
        raise InvalidMessage("send one message at a time; arrays of messages are not taken.")
    if not isinstance(message, dict):
        raise InvalidMessage("a message is a JSON object.")
    id = message.get("id")
    named = isinstance(id, str | int) and not isinstance(id, bool)
    if "id" in message and not named and (id is not None or "error" not in message):
        raise InvalidMessage("id must be a text or a whole number; a notification has none.")
    _check_members(message, id if named else None)
    params = message.get("params")
    if message["method"] == "initialize" and isinstance(params, dict):
        if params.get("protocolVersion") != BATCH_VERSION:
            return body
        agreed = {**params, "protocolVersion": AGREED_VERSION}
        return msgspec.json.encode({**message, "params": agreed})
    return body


def _check_members(message: dict[str, Any], id: str | int | None) -> None:
    """Raises InvalidMessage."""
    if message.get("jsonrpc") != "2.0":
        raise InvalidMessage('jsonrpc must be "2.0".', id)
    if "method" in message:
        if not isinstance(message["method"], str):
            raise InvalidMessage("method must be a text.", id)
        if not isinstance(message.get("params", {}), dict):
            raise InvalidMessage("params must be an object.", id)
    elif not ("result" in message or "error" in message):
        raise InvalidMessage("a request has a method, a response a result or an error.", id)
