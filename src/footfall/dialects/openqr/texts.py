"""Texts of requests: labels, names, tags."""

from footfall.core.errors import InvalidRequest
from footfall.parsing.folding import fold, normalize


def clean_text(text: str | None, name: str) -> str | None:
    """Trimmed, in normal form C; None for nothing. Raises InvalidRequest for control characters."""
    if text is None or not text.strip():
        return None
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise InvalidRequest(f"{name} contains control characters: remove them.")
    return normalize(text.strip())


def required_text(text: str, name: str) -> str:
    cleaned = clean_text(text, name)
    if cleaned is None:
        raise InvalidRequest(f"{name} is empty: give it a text.")
    return cleaned


def read_tags(tags: list[str]) -> list[str]:
    """Trimmed, each once in whatever case, in the order given."""
    kept: dict[str, str] = {}
    for tag in tags:
        read = required_text(tag, "tags")
        kept.setdefault(fold(read), read)
    return list(kept.values())
