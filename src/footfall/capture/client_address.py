"""Client address and scheme of a request behind an explicit number of trusted proxies."""

import re
from collections.abc import Mapping
from typing import Any, Final

from footfall.capture.enrichment import plain_address

PORT_MAX: Final = 65_535
NODE_LENGTH_MAX: Final = 100
"""The longest IPv6 address has 45 characters. What comes from strangers enters no cache whole."""


# Read from the right, where the trusted proxies write: an unclosed quote of a client to the left
# of their elements changes none of them. The text is reversed, so an escape follows its quote.
_ELEMENT_REVERSED: Final = re.compile(r'(?:"(?:"\\|[^"])*"(?!\\)|[^,])+')
_PARAMETER: Final = re.compile(r'\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)\s*(?:;|$)')


class TrustedProxies:
    """`hops` is the number of proxies, `header` the one in which each appends the address that it
    saw: `X-Forwarded-For`, or `Forwarded` (RFC 7239)."""

    def __init__(self, hops: int, header: str = "X-Forwarded-For") -> None:
        self.hops = hops
        self._header = header.lower().encode()

    def client_address(self, scope: Mapping[str, Any]) -> str:
        """With n proxies the client's address is the n-th from the right. A request with fewer
        entries did not come through them: its address is unknown, ""."""
        if not self.hops:
            return peer_address(scope)
        values = [value for name, value in scope["headers"] if name == self._header]
        text = b",".join(values).decode("latin-1")
        entries = _nodes_forwarded(text) if self._header == b"forwarded" else text.split(",")
        return node_address(entries[-self.hops]) if len(entries) >= self.hops else ""

    def came_by_https(self, scope: Mapping[str, Any]) -> bool:
        """Whether a trusted proxy says that the browser uses HTTPS."""
        if not self.hops:
            return False
        if self._header == b"forwarded":
            return any(
                b"proto=https" in value.lower().replace(b'"', b"")
                for name, value in scope["headers"]
                if name == self._header
            )
        return any(
            name == b"x-forwarded-proto" and b"https" in value.lower()
            for name, value in scope["headers"]
        )


def _nodes_forwarded(text: str) -> list[str]:
    """The `for` of each element of a `Forwarded` header, "" where an element has none."""
    elements = [found[::-1] for found in _ELEMENT_REVERSED.findall(text[::-1])]
    nodes = []
    for element in reversed(elements):
        parameters = _PARAMETER.findall(element)
        nodes.append(next((value for name, value in parameters if name.lower() == "for"), ""))
    return nodes


def peer_address(scope: Mapping[str, Any]) -> str:
    """The other end of the connection, "" when that is not known."""
    client = scope.get("client")
    return plain_address(client[0]) if client else ""


def node_address(text: str) -> str:
    """The address of a node as proxies and logs write one (RFC 7239, section 6), in the form of
    `plain_address`; "" for none. Quotes, brackets around IPv6 and a port are left out. IPv6 with a
    port but no brackets is understood where the whole is not an address: `2001:db8::1:4711` is one.
    """
    if len(text) > NODE_LENGTH_MAX:
        return ""
    if address := plain_address(text):  # nearly always, and known already
        return address
    text = text.replace('"', "").replace("'", "").strip()
    if address := plain_address(text):
        return address
    node, colon, port = text.rpartition(":")
    if not (colon and _is_port(port)):
        node = text
    return plain_address(node[1:-1] if node.startswith("[") and node.endswith("]") else node)


def _is_port(text: str) -> bool:
    """Also an obfuscated one (`_p7`), or one that is left out after its colon."""
    if text.isascii() and text.isdigit():
        return len(text) <= len(str(PORT_MAX)) and int(text) <= PORT_MAX
    return not text or text.startswith("_")
