"""Texts of requests: labels, names, tags."""

from footfall.api.fields import clean_line, required_line
from footfall.parsing.folding import fold, normalize


def clean_text(text: str | None, name: str) -> str | None:
    """Trimmed, in normal form C; None for nothing. Raises InvalidRequest for control characters."""
    line = clean_line(text, name)
    return line and normalize(line)


def required_text(text: str, name: str) -> str:
    """As `clean_text`. Raises InvalidRequest also for nothing."""
    return normalize(required_line(text, name))


def read_tags(tags: list[str]) -> list[str]:
    """Trimmed, each once in whatever case, in the order given."""
    kept: dict[str, str] = {}
    for tag in tags:
        read = required_text(tag, "tags")
        kept.setdefault(fold(read), read)
    return list(kept.values())
