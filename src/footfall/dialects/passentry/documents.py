"""What every document shares: references, pages and links, and how queries and texts are read."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from footfall.api.bodies import iso_time
from footfall.api.fields import given_fields, required_line
from footfall.core import calendar
from footfall.core.errors import InvalidRequest
from footfall.core.ids import EPOCH_MS
from footfall.dialects.passentry.texts import trimmed

PER_PAGE_MAX: Final = 100
DEPTH_MAX: Final = 1_000_000
"""How far into a list a page may lie: `page` × `perPage`."""

JSON_BYTES_MAX: Final = 65_536
JSON_LEVELS_MAX: Final = 16
INTEGER_MAX: Final = 1 << 53
LATEST_MS: Final = EPOCH_MS + (1 << 41) - 1
"""The last time that an event id can have."""
END_OF_TIME_MS: Final = 253_402_300_799_999
"""The last millisecond that a date can name: rounding must not go beyond it."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=200)]
Time = Annotated[str, Meta(max_length=40, description="ISO 8601, UTC")]
T = TypeVar("T")
Query = TypeVar("Query", bound=msgspec.Struct)


# ── JSON:API ──────────────────────────────────────────────────────────────────────────────────


class Resource(msgspec.Struct, Generic[T], frozen=True):
    """A thing with an id and attributes. Its `tag` is its type."""

    id: str
    attributes: T


class Document(msgspec.Struct, Generic[T], frozen=True):
    """One resource."""

    data: T


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


class Paging(msgspec.Struct, frozen=True):
    """A page (from 1) of `size` rows."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def meta(self, total: int) -> PageMeta:
        return PageMeta(total, self.size, self.page, pages(total, self.size))


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list."""

    data: list[T]
    meta: PageMeta
    links: Links


def pages(total: int, size: int) -> int:
    """An empty list is one page."""
    return max(1, math.ceil(total / size))


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every list takes these."""

    per_page: int | None = None
    page: int | None = None

    def paging(self, size: int = 25) -> Paging:
        """`perPage` is `size` where it is not given, and capped at 100. Raises InvalidRequest for
        a page too deep."""
        size, page = min(self.per_page or size, PER_PAGE_MAX), self.page or 1
        if page * size > DEPTH_MAX:
            raise InvalidRequest(
                f"page is too deep: page × perPage may be at most {DEPTH_MAX:,}. Narrow the list "
                "by a filter, such as createdBefore with the time of the last row that was read."
            )
        return Paging(page, size)


def texts_of(query: Mapping[str, Any]) -> dict[str, str]:
    """The last of each name."""
    return {name: str(value) for name, value in query.items()}


def read_query(query: Mapping[str, Any], type: type[Query]) -> Query:
    """Texts as they are, and whole numbers from 1; a parameter without a value is none. Raises
    InvalidRequest."""
    texts = texts_of(query)
    values: dict[str, Any] = {}
    for one in msgspec.structs.fields(type):
        if text := texts.get(one.encode_name):
            whole = one.type == int | None
            values[one.name] = read_positive(text, one.encode_name) if whole else text
    return type(**values)


def read_positive(text: str, name: str) -> int:
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


def shown_time(at: int | None) -> str | None:
    return None if at is None else iso_time(at)


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def clean(text: str, name: str) -> str:
    """Trimmed. Raises InvalidRequest for nothing, and for control characters inside."""
    return required_line(text, name, trimmed)


def read_fields(
    fields: msgspec.Struct,
    reads: Mapping[str, Callable[[Any, str], Any]],
    columns: Mapping[str, str] = {},
) -> dict[str, Any]:
    """What is set of the fields in `reads`, by column: as it is read there, null as null. Raises
    InvalidRequest."""
    return {
        columns.get(name, name): None if value is None else reads[name](value, name)
        for name, value in given_fields(fields).items()
        if name in reads
    }


def as_it_is(value: Any, _: str) -> Any:
    return value


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
        at = calendar.read_time(text)
        if not text.isascii() or at < 0:
            raise ValueError(text)
    except ValueError:
        raise InvalidRequest(
            f"{name} must be an ISO 8601 time since 1970, as 2027-01-31T08:00:00Z."
        ) from None
    return min(at, END_OF_TIME_MS)


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
