"""Vantio as a dialect: its form of errors, its lists, and what its handlers share.

Every answer to a key says in `X-RateLimit-*` what is left of the limit.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy.orm import Session

from footfall.api import operations
from footfall.api.bodies import answer
from footfall.api.dialect import Dialect, PerMinute
from footfall.api.errors import text_of
from footfall.api.notes import header_of
from footfall.api.operations import Operation, operation
from footfall.api.parts import Parts
from footfall.catalog.idempotency import Answer, KeyedRequest, find_answer, keep_answer
from footfall.core.destinations import DestinationRules
from footfall.dialects.vantio import records, wire
from footfall.dialects.vantio.drawing import Drawings
from footfall.dialects.vantio.impressions import Ends
from footfall.dialects.vantio.questions import ListQuery, read_query

NEXT_CURSOR: Final = "X-Next-Cursor"
LIMIT: Final = "X-Limit"
"""The limit that was used, in rows: at most `vantio_rows_max`, whatever the query asks for."""

UNAUTHORIZED: Final = "Invalid or missing API key"
"""The one error that the vendor shows in full: whatever is wrong with the key."""


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on. `error` is the status in words."""

    error: str
    message: str


def error_body(status: int, message: str, code: str) -> ErrorBody:
    # As RFC 9110 has them: Python's own words differ from version to version.
    words = "Content Too Large" if status == 413 else HTTPStatus(status).phrase
    return ErrorBody(words, UNAUTHORIZED if code == "unauthorized" else message)


VANTIO: Final = Dialect(
    name="vantio",
    title="Vantio's API",
    tag="Vantio",
    prefix="/api/v1",
    error=ErrorBody,
    error_body=error_body,
    document_errors=lambda one: (404,) if one.body is not None else (),
    read_query=read_query,
    limit=partial(PerMinute, shown=True, reset=True),
)


def answer_unmatched(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """For the application: a path or method below `/api/v1` that no route takes. Two vendors have
    their routes there, so nobody knows whose client asks: the answer has the form of both."""
    body = error_body(error.status_code, text_of(VANTIO, error), "")
    both = {"error": body.error, "message": body.message, "errors": [body.message]}
    return answer(both, error.status_code, error.headers)


class Vantio:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.base = settings.public_base
        self.bases = wire.Bases(
            short=settings.short_base, images=f"{self.base}{VANTIO.prefix}/posters/"
        )
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{self.base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self.rows_max = settings.vantio_rows_max
        self.ends = Ends()
        self.drawings = Drawings()


Call = operations.Call[Vantio]


# ── creating once ─────────────────────────────────────────────────────────────────────────────


def create_once(
    call: Call,
    key: str | None,
    content: msgspec.Struct,
    make: Callable[[Session, int], msgspec.Struct],
) -> Response[bytes]:
    """Create something and keep the answer for a repetition under the key, in one transaction. A
    key belongs to one path: a referral and an earning may have the same."""
    now = call.now()
    keyed = None
    if key:
        name = f"{call.request.method} {call.request.url.path.rstrip('/')}"
        keyed = KeyedRequest(account=call.account, key=f"{name} {key}", name=name, content=content)
    with call.writing() as session:
        if keyed and (kept := find_answer(session, keyed, now)):
            return answer(kept.body.encode(), kept.status, {"Idempotent-Replay": "true"})
        body = msgspec.json.encode(make(session, now))
        if keyed:
            keep_answer(session, keyed, Answer(200, body.decode()), now)
    call.api.parts.wake_webhooks()
    return answer(body)


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def answer_page(
    call: Call,
    query: ListQuery,
    content: msgspec.Struct,
    cursor: str | None,
    notes: Sequence[str] = (),
) -> Response[bytes]:
    """A part of a list, with the limit that was used and, where there is more, the next page as a
    link (RFC 8288) and as a cursor: in headers, as the vendor's body has no place for them.
    `cursor` is None at the end of the list."""
    limit = query.part(call.api.rows_max).limit
    headers = {LIMIT: str(limit), **header_of(notes)}
    if cursor:
        following = {**call.query, "limit": limit, "offset": query.offset + limit}
        url = f"{call.api.base}{call.request.url.path}?{urlencode(following)}"
        headers |= {"Link": f'<{url}>; rel="next"', NEXT_CURSOR: cursor}
    return answer(content, headers=headers)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How rows of one kind are read: below `path`, as a list of `page` and one by one. `filters`
    are columns, named as the fields of `query`."""

    path: str
    one: str
    rows: type[Any]
    query: type[ListQuery]
    page: Callable[[list[Any]], msgspec.Struct]
    body: Callable[[Any, wire.Bases], msgspec.Struct]
    detail: Callable[[Any, wire.Bases], msgspec.Struct]
    answer: type[msgspec.Struct]
    filters: Sequence[str] = ()

    def find_page(self, call: Call, query: ListQuery) -> tuple[Sequence[Any], str | None]:
        equal = {name: value for name in self.filters if (value := getattr(query, name))}
        conditions = {
            name: value if name == "status" else records.read_id(value)
            for name, value in equal.items()
        }
        with call.reading() as session:
            part = query.part(call.api.rows_max)
            return records.list_rows(session, self.rows, call.account, conditions, part)

    def operations(self) -> tuple[Operation, Operation]:
        @operation(f"GET {self.path}", f"List {self.path[1:]}", query=self.query, answer=self.page)
        def list_rows(call: Call, query: ListQuery) -> Response[bytes]:
            """Oldest first."""
            found, cursor = self.find_page(call, query)
            bodies = [self.body(row, call.api.bases) for row in found]
            return answer_page(call, query, self.page(bodies), cursor)

        @operation(f"GET {self.path}/{{id}}", f"Get {self.one}", answer=self.answer)
        def get_row(call: Call, id: str) -> msgspec.Struct:
            with call.reading() as session:
                row = records.find(session, self.rows, call.account, id)
                return self.detail(row, call.api.bases)

        return list_rows, get_row
