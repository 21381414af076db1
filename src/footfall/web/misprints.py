"""What people and programs put around a short link: slashes, brackets, quotes, full stops."""

import unicodedata
from typing import Final

AROUND: Final = frozenset("PSZC")
"""Unicode categories that never belong to a link: punctuation, symbols, separators, control and
format characters."""

PART_OF_SLUG: Final = "-"
PART_OF_TOKEN: Final = "-_"  # noqa: S105
"""Base64url has these (RFC 4648, section 5), so a signed link may end with one."""


def trimmed(text: str, part: str) -> str:
    """The text without what stands around it. `part` are characters of it that would count as
    punctuation. A slash inside stays: `slug/more` is another path."""
    start, end = 0, len(text)
    while start < end and _is_around(text[start], part):
        start += 1
    while end > start and _is_around(text[end - 1], part):
        end -= 1
    return text[start:end]


def _is_around(letter: str, part: str) -> bool:
    return letter not in part and unicodedata.category(letter)[0] in AROUND
