"""Slugs: the last part of a short link. Always lower case; capitals in a scan lead there too."""

import re
import secrets
from typing import Final

from footfall.core.errors import InvalidRequest

ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l and o: people type slugs from print."""

RANDOM_LENGTH: Final = 6
"""31^6: 887 million. With a million codes, one new slug in 900 is tried a second time."""

LENGTH_MIN: Final = 3
LENGTH_MAX: Final = 48

_RESERVED_WORDS: Final = """
    s v1 api app admin assets static health healthz ready metrics mcp native docs help about login
    logout signup account settings dashboard openapi schema favicon robots sitemap well-known www
    pixel sdk imp clk s2s tag events trackers
"""

RESERVED: Final = frozenset(_RESERVED_WORDS.split())
"""Paths that this server has, or may come to have, also on a short host. Names with a dot
(robots.txt, favicon.ico) are not slugs anyway."""

_FORM: Final = re.compile(r"[a-z0-9-]+")


def new_slug() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))


def read_slug(text: str) -> str:
    """A slug somebody chose, in lower case. Raises InvalidRequest, saying what to change."""
    slug = text.lower()
    if not LENGTH_MIN <= len(slug) <= LENGTH_MAX or not _FORM.fullmatch(slug):
        raise InvalidRequest(
            f"A slug has {LENGTH_MIN} to {LENGTH_MAX} letters (a to z), numbers or hyphens."
        )
    if slug in RESERVED:
        raise InvalidRequest(f"The slug '{slug}' is reserved. Choose another.")
    return slug
