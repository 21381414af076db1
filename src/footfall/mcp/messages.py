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
    """`body` is the JSON-RPC error that answers it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        error = {"code": INVALID_REQUEST, "message": f"Invalid Request: {text}"}
        self.body = msgspec.json.encode({"jsonrpc": "2.0", "id": None, "error": error})


def read_message(body: bytes) -> bytes:
    """The message as the SDK is to have it: without a byte order mark. Raises InvalidMessage for an
    array, and for a request whose id is neither a text nor a whole number: the SDK takes that for a
    notification, and its sender waits for an answer that never comes."""
    body = body.removeprefix(BOM_UTF8)
    try:
        message: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
    if isinstance(message, list):
        raise InvalidMessage("send one message at a time; arrays of messages are not taken.")
    if not isinstance(message, dict) or "method" not in message:
        return body
    if "id" in message and (
        not isinstance(message["id"], str | int) or isinstance(message["id"], bool)
    ):
        raise InvalidMessage("id must be a text or a whole number; a notification has none.")
    params = message.get("params")
    if message["method"] == "initialize" and isinstance(params, dict):
        if params.get("protocolVersion") != BATCH_VERSION:
            return body
        agreed = {**params, "protocolVersion": AGREED_VERSION}
        return msgspec.json.encode({**message, "params": agreed})
    return body
