"""Vantio as a dialect: its form of errors, its lists, and what its handlers share.

Every answer to a key says in `X-RateLimit-*` what is left of the limit.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar
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
from footfall.api.resource import Resource
from footfall.catalog.idempotency import Answer, KeyedRequest, find_answer, keep_answer
from footfall.core.destinations import DestinationRules
from footfall.dialects.vantio import records
from footfall.dialects.vantio.page_ends import Ends
from footfall.dialects.vantio.queries import ListQuery, read_query
from footfall.symbols.public_images import PublicImages

NEXT_CURSOR: Final = "X-Next-Cursor"
LIMIT: Final = "X-Limit"
"""The limit that was used, in rows: at most `vantio_rows_max`, whatever the query asks for."""

UNAUTHORIZED: Final = "Invalid or missing API key"
"""The one error that the vendor shows in full: whatever is wrong with the key."""


Row = TypeVar("Row")


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on. `error` is the status in words."""

    error: str
    message: str


class Deleted(msgspec.Struct, frozen=True):
    id: str
    deleted: bool = True


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
        self.short_base = settings.short_base
        self.images_base = f"{self.base}{VANTIO.prefix}/posters/"
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{self.base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self.rows_max = settings.vantio_rows_max
        self.ends = Ends()
        self.images = PublicImages()


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


def resource(path: str, rows: type[Row], answer: Any, **more: Any) -> Resource[Row]:
    """Rows below this path."""

    def find_record(call: Call, session: Session, id: str) -> Row:
        found: Row = records.find(session, rows, call.account, id)  # type: ignore[type-var]
        return found

    return Resource(path=path, rows=rows, answer=answer, **{"find": find_record, **more})


def list_of(
    listed: Resource[Row],
    query: type[ListQuery],
    page: Callable[[list[Any]], msgspec.Struct],
    filters: Sequence[str] = (),
    body: Callable[[Call, Session, Row], msgspec.Struct] | None = None,
) -> Operation:
    """The list of a resource, oldest first. `filters` are columns, named as the fields of `query`;
    `body` is for a list whose rows have less than the resource."""

    @operation(f"GET {listed.path}", f"List {listed.path[1:]}", query=query, answer=page)
    def list_rows(call: Call, query: ListQuery) -> Response[bytes]:
        equal = {
            name: value if name == "status" else records.read_id(value)
            for name in filters
            if (value := getattr(query, name))
        }
        with call.reading() as session:
            part = query.part(call.api.rows_max)
            rows: Any = listed.rows
            found, cursor = records.list_rows(session, rows, call.account, equal, part)
            bodies = [(body or listed.shown)(call, session, row) for row in found]
        return answer_page(call, query, page(bodies), cursor)

    return list_rows
