"""Who sent a request and how, behind an explicit number of trusted proxies: never guessed."""

from collections.abc import Mapping
from typing import Any

from footfall.core.enrichment import plain_address


def client_address(scope: Mapping[str, Any], hops: int) -> str:
    """The client's address.

    Each trusted proxy appends the address it saw to `X-Forwarded-For`, so with n of them the
    client's is the n-th from the right. With fewer entries than that the request did not come
    through them: the address is unknown, "".
    """
    if not hops:
        return peer_address(scope)
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    entries = b",".join(lines).decode("latin-1").split(",")
    return plain_address(entries[-hops].strip()) if len(entries) >= hops else ""


def peer_address(scope: Mapping[str, Any]) -> str:
    """The other end of the connection, "" when that is not known."""
    client = scope.get("client")
    return plain_address(client[0]) if client else ""


def came_by_https(scope: Mapping[str, Any], hops: int) -> bool:
    """Whether a trusted proxy says that the browser speaks HTTPS with it."""
    return bool(hops) and any(
        name == b"x-forwarded-proto" and b"https" in value.lower()
        for name, value in scope["headers"]
    )
