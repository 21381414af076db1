"""What every document shares: errors, references, pages and links, and how texts are read."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from footfall.core.errors import FootfallError, InvalidRequest
from footfall.core.ids import EPOCH_MS
from footfall.dialects.passentry.texts import trimmed

JSON_API: Final = "application/vnd.api+json"
PER_PAGE_MAX: Final = 100
DEPTH_MAX: Final = 1_000_000
"""How far into a list a page may lie: `page` × `perPage`."""

JSON_BYTES_MAX: Final = 65_536
JSON_LEVELS_MAX: Final = 16
INTEGER_MAX: Final = 1 << 53
LATEST_MS: Final = EPOCH_MS + (1 << 41) - 1
END_OF_TIME_MS: Final = 253_402_300_799_999
"""The last millisecond that a date can name: rounding must not go beyond it."""

"""The last time that an event id can have."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=200)]
Time = Annotated[str, Meta(max_length=40, description="ISO 8601, UTC")]


# ── errors ────────────────────────────────────────────────────────────────────────────────────


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on: texts, not JSON:API's error objects. As documented for 429."""

    errors: list[str]


ERRORS: Final[Mapping[str, int]] = {
    "invalid_request": 400,
    "unsafe_destination": 400,
    "too_large": 413,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "request_timeout": 408,
    "rate_limited": 429,
    "overloaded": 503,
    "unavailable": 503,
    "catalog_unavailable": 503,
    "journal_unavailable": 503,
    "store_unavailable": 503,
    "store_defect": 500,
}
"""Core error code → HTTP status."""


def error_answer(error: FootfallError) -> tuple[int, ErrorBody]:
    return ERRORS.get(error.code, 500), ErrorBody([error.message])


# ── JSON:API ──────────────────────────────────────────────────────────────────────────────────


class Reference(msgspec.Struct, frozen=True):
    id: str
    type: str


class ToOne(msgspec.Struct, frozen=True):
    """A relationship; null when there is none."""

    data: Reference | None


class Links(msgspec.Struct, frozen=True):
    """All null when there is one page; else absolute, with the filters kept."""

    first: str | None
    prev: str | None
    next: str | None
    last: str | None


class PageMeta(msgspec.Struct, frozen=True, rename="camel"):
    total_count: int
    results_per_page: int
    current_page: int
    total_pages: int


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every list takes these."""

    per_page: int | None = None
    page: int | None = None


class Paging(msgspec.Struct, frozen=True):
    """A page (from 1) of `size` rows."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def meta(self, total: int) -> PageMeta:
        return PageMeta(total, self.size, self.page, pages(total, self.size))


def pages(total: int, size: int) -> int:
    """An empty list is one page."""
    return max(1, math.ceil(total / size))


def read_paging(query: Mapping[str, str], default: int = 25) -> Paging:
    """`perPage` is capped at 100. Raises InvalidRequest for what is no positive number, and for a
    page too deep."""
    size = min(read_positive(query.get("perPage"), "perPage", default), PER_PAGE_MAX)
    page = read_positive(query.get("page"), "page", 1)
    if page * size > DEPTH_MAX:
        raise InvalidRequest(
            f"page is too deep: page × perPage may be at most {DEPTH_MAX:,}. Narrow the list by "
            "a filter, such as createdBefore with the time of the last row that was read."
        )
    return Paging(page, size)


def read_positive(text: str | None, name: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 15 or int(text) < 1:
        raise InvalidRequest(f"{name} must be a whole number from 1.")
    return int(text)


def links(base: str, query: Mapping[str, str], paging: Paging, total: int) -> Links:
    """`base` is the list's absolute URL, `query` the request's."""
    last = pages(total, paging.size)
    if last == 1 and paging.page == 1:
        return Links(None, None, None, None)

    def to(page: int) -> str:
        return f"{base}?{urlencode({**query, 'perPage': paging.size, 'page': page})}"

    return Links(
        first=to(1),
        prev=to(min(paging.page - 1, last)) if paging.page > 1 else None,
        next=to(paging.page + 1) if paging.page < last else None,
        last=to(last),
    )


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def clean(text: str, name: str) -> str:
    """Trimmed. Raises InvalidRequest for nothing, and for control characters inside."""
    text = trimmed(text)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise InvalidRequest(f"{name} contains control characters: remove them.")
    if not text:
        raise InvalidRequest(f"{name} is empty: give it a text.")
    return text


def read_id(text: str, name: str) -> str:
    """An id of the caller's own: it must be possible to say it in a path."""
    text = clean(text, name)
    if any(letter in "/\\?#" for letter in text):
        raise InvalidRequest(f"{name} must not contain / \\ ? or #: it is part of paths.")
    return text


_SPACE_FOR_PLUS: Final = re.compile(r" (\d\d:?\d\d)$")


def read_time(text: str, name: str) -> int:
    """Milliseconds since 1970. A time without a zone is UTC. Raises InvalidRequest."""
    # A plus sign that was not percent-encoded comes out of a query as a space.
    text = _SPACE_FOR_PLUS.sub(r"+\1", text.strip())
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = moment.astimezone(UTC).timestamp()
        if not text.isascii() or seconds < 0:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{name} must be an ISO 8601 time since 1970, as 2027-01-31T08:00:00Z."
        ) from None
    return min(round(seconds * 1000), END_OF_TIME_MS)


def check_json(value: Any, name: str) -> None:
    """Raises InvalidRequest for what is too large, too deep or has a number too long to keep."""
    level = [value]
    for _ in range(JSON_LEVELS_MAX):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, int | float) and not abs(one) <= INTEGER_MAX:
                raise InvalidRequest(f"{name} has a number that is too large.")
        level = inner
    if level:
        raise InvalidRequest(f"{name} is nested too deeply: at most {JSON_LEVELS_MAX} levels.")
    if len(msgspec.json.encode(value)) > JSON_BYTES_MAX:
        raise InvalidRequest(f"{name} is too large: at most {JSON_BYTES_MAX} bytes of JSON.")
