"""Texts as people type them and scanners read them."""

import unicodedata
from typing import Final

EDGES: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Unicode categories of what no text begins or ends with: control and format characters (line ends,
tabs, the group separator of GS1 codes, a byte order mark) and spaces."""


def trimmed(text: str) -> str:
    """The text without such characters at its ends."""
    start, end = 0, len(text)
    while start < end and unicodedata.category(text[start]) in EDGES:
        start += 1
    while end > start and unicodedata.category(text[end - 1]) in EDGES:
        end -= 1
    return text[start:end]
