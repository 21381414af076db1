"""Whose browser a request came from, and whether a page of ours sent it.

A browser sends a cookie along whoever makes it ask. So by cookie nobody changes anything without
the session's CSRF token, which only a page of this origin can know; and where the browser says
which page made it ask (`Sec-Fetch-Site`), that must be one of ours.

A browser has one session, and may have many pages. A page that sends the token also when it reads
is never answered in the name of somebody who signed in beside it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from footfall.core.errors import Forbidden
from footfall.members.sessions import Sessions, SignedIn
from footfall.members.tokens import matches

COOKIE: Final = "footfall_session"
BROWSER_COOKIE: Final = "footfall_browser"
"""By which a browser is known that signed in before: see `attempts.py`."""

CSRF_HEADER: Final = "X-Footfall-Csrf"
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

ASGIScope = Mapping[str, Any]


async def find_signed_in(scope: ASGIScope, sessions: Sessions) -> SignedIn | None:
    """None without a cookie. Raises Unauthorized for a session that ended, Forbidden for a request
    that no page of ours made."""
    token = session_token(scope)
    if not token:
        return None
    signed_in = await asyncio.to_thread(sessions.find, token)
    check_site(scope)
    token = header(scope, CSRF_HEADER)
    if (token or scope["method"] not in READING) and not matches(token, signed_in.csrf):
        raise Forbidden(
            f"By cookie this needs the header {CSRF_HEADER} of the session that is signed in: "
            "GET /session tells its value."
        )
    return signed_in


def check_site(scope: ASGIScope) -> None:
    """Raises Forbidden when the browser says that a page elsewhere made it ask. Reading may also
    be requested by nobody's page, such as an address that was typed."""
    site = header(scope, "Sec-Fetch-Site")
    reading = scope["method"] in READING
    if site == "cross-site" or (site not in ("", "same-origin") and not reading):
        raise Forbidden("Only a page of this server may ask this with a session. Use an API key.")


def session_token(scope: ASGIScope) -> str:
    """What the session's cookie holds, "" for none."""
    return cookie(scope, COOKIE)


def cookie(scope: ASGIScope, wanted: str) -> str:
    """What a cookie holds. "" for none, and for two that differ: a neighbouring host may have set
    one of them."""
    found = set()
    for name, value in scope["headers"]:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, text = pair.strip().partition("=")
                if key == wanted:
                    found.add(text)
    return found.pop() if len(found) == 1 else ""


def header(scope: ASGIScope, name: str) -> str:
    """The last of this name, "" for none."""
    wanted = name.lower().encode()
    values = [value for name, value in scope["headers"] if name == wanted]
    return values[-1].decode("latin-1") if values else ""
