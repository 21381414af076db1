"""Texts that a person types, in the form in which they are compared.

Two spellings are the same text when they differ in case or in normal form alone: canonical
caseless matching, https://www.unicode.org/versions/latest/core-spec/chapter-3/#G53513 (D145).
"""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote_to_bytes

_ESCAPED: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PUNYCODE: Final = re.compile(r"xn--[a-z0-9-]{1,59}", re.IGNORECASE)


def normalize(text: str) -> str:
    """Normal form C, in which names and tags are kept."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """The form in which two texts are compared."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def fold_email(text: str) -> str:
    """An e-mail address as it is kept and compared, without the space around it."""
    return fold(text.strip())


def fold_url(url: str) -> str:
    """A URL as it is kept and as a browser shows it, one after the other: a search finds what was
    typed in either way."""
    shown = fold(readable_url(url))
    kept = fold(url)
    return kept if kept == shown else f"{kept}\n{shown}"


def readable_url(url: str) -> str:
    """With the Unicode form of its punycode labels (RFC 3492) and of what is percent-encoded UTF-8
    (RFC 3986, 2.1). What is neither stays as it is."""
    return _ESCAPED.sub(_decode_escaped, _PUNYCODE.sub(_decode_label, url))


def _decode_escaped(found: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(found[0]).decode()
    except UnicodeDecodeError:
        return found[0]


def _decode_label(found: re.Match[str]) -> str:
    try:
        return found[0][4:].lower().encode().decode("punycode")
    except (UnicodeError, OverflowError):
        return found[0]
