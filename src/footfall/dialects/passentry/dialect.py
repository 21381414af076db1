"""PassEntry as a dialect: its form of errors, its media type, and what its handlers share.

Every answer to a key says in `x-rate-limit-*` what is left of the limit of that path and method.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Send
from litestar.types import Scope as ASGIScope
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from footfall.api import operations
from footfall.api.dialect import Dialect
from footfall.api.operations import Operation, operation
from footfall.api.parts import Parts
from footfall.api.resource import Resource
from footfall.core.accounts import Scope
from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.documents import (
    Document,
    Links,
    Page,
    PageQuery,
    Paging,
    links,
    read_query,
    texts_of,
)
from footfall.dialects.passentry.gate import Gate
from footfall.dialects.passentry.limits import PerSecond
from footfall.dialects.passentry.wallets import Wallets
from footfall.runtime.attempts import WrongTries

JSON_API: Final = "application/vnd.api+json"

T = TypeVar("T")
Row = TypeVar("Row")


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on: texts, not JSON:API's error objects. As documented for 429."""

    errors: list[str]


def error_body(_status: int, message: str, _code: str) -> ErrorBody:
    return ErrorBody([message])


def json_api(app: ASGIApp) -> ASGIApp:
    """Middleware: JSON:API's media type where it is requested."""

    async def finished(scope: ASGIScope, receive: Receive, send: Send) -> None:
        wanted = any(
            name == b"accept" and JSON_API.encode() in value for name, value in scope["headers"]
        )

        async def send_finished(message: Message) -> None:
            if message["type"] == "http.response.start" and wanted and message["status"] < 400:
                MutableScopeHeaders.from_message(message)["content-type"] = JSON_API
            await send(message)

        await app(scope, receive, send_finished)

    return finished


PASSENTRY: Final = Dialect(
    name="passentry",
    title="PassEntry's API",
    tag="PassEntry",
    prefix="/api/v1",
    error=ErrorBody,
    error_body=error_body,
    document_errors=lambda one: (404,) if one.method == "GET" else (404, 409, 413),
    read_query=read_query,
    limit=PerSecond,
    middleware=(json_api,),
)


class PassEntry:
    """The parts with this dialect's limits and rules. `wallets`: see `wallets.py`."""

    def __init__(self, parts: Parts, wallets: Wallets | None = None) -> None:
        settings = parts.settings
        self.parts = parts
        self.base = settings.public_base
        self.wallets = wallets or {}
        self.allow_private = settings.allow_private_destinations
        self._rules = DestinationRules(own_bases=(), allow_private=self.allow_private)
        self.gate = Gate(
            parts.catalog.writing, parts.pending_events, self.base, parts.wake_webhooks
        )
        self.reader_tries = WrongTries()

    def read_url(self, text: str, name: str) -> str:
        """A URL that this server may call. Raises InvalidRequest, UnsafeDestination."""
        url = read_destination(text, self._rules, name)
        if not url.startswith("https://") and not self.allow_private:
            raise InvalidRequest(f"{name} must begin with https://.")
        return url


Call = operations.Call[PassEntry]


def may_see_secrets(call: Call) -> bool:
    """Whether the caller may change things; who only reads or scans sees no secret."""
    return call.caller.may(Scope.WRITE)


def may_read_passes(call: Call) -> bool:
    """Whether the caller may be a reader, who needs the key of the passes."""
    return may_see_secrets(call) or call.caller.may(Scope.CAPTURE)


def apply(row: Any, changes: Mapping[str, Any]) -> None:
    """Set columns of a row."""
    for name, value in changes.items():
        setattr(row, name, value)


def required(value: T | msgspec.UnsetType | None, name: str) -> T:
    """Raises InvalidRequest for what is not there."""
    if value is None or isinstance(value, msgspec.UnsetType):
        raise InvalidRequest(f"{name} is missing.")
    return value


# ── resources ─────────────────────────────────────────────────────────────────────────────────


def resource(
    path: str,
    id: str,
    rows: type[Row],
    answer: type[Document[Any]],
    find: Callable[[Session, int, str], Row],
    body: Callable[[Call, Session, Row], Any],
    **more: Any,
) -> Resource[Row]:
    """`id` is what the documents call it in paths. `find` gets the account and the id."""
    return Resource(
        path=path,
        one=f"{path}/{{{id}}}",
        rows=rows,
        answer=answer,
        find=lambda call, session, **ids: find(session, call.account, ids[id]),
        body=lambda call, session, row: answer(body(call, session, row)),
        created=201,
        **more,
    )


# ── lists ─────────────────────────────────────────────────────────────────────────────────────


def links_of(call: Call, paging: Paging, total: int) -> Links:
    """Of a list to its pages, with the filters of the request."""
    path = call.request.scope["path"].rstrip("/")
    return links(f"{call.api.base}{path}", texts_of(call.query), paging, total)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is read: `rows` selects all of it, `body` makes a resource of a row. `writes` when
    what is listed is created there when it is missing."""

    rows: Callable[..., Select[Any]]
    """Of the call and its session, of the query, and of the parts of the path."""
    body: Callable[[Call, Session, Any], Any]
    answer: type[Page[Any]]
    query: type[PageQuery] = PageQuery
    size: int = 25
    """Rows of a page where the request does not say."""
    writes: bool = False

    def read(self, call: Call, query: PageQuery, **path: str) -> Page[Any]:
        paging = query.paging(self.size)
        with call.writing() if self.writes else call.reading() as session:
            rows = self.rows(call, session, query, **path)
            count = select(func.count()).select_from(rows.order_by(None).subquery())
            total = session.scalar(count) or 0
            found = session.scalars(rows.limit(paging.size).offset(paging.offset)).all()
            data = [self.body(call, session, row) for row in found]
        return self.answer(data, paging.meta(total), links_of(call, paging, total))

    def plain(self, route: str, summary: str) -> Operation:
        """The operation, of a path without parts."""

        @operation(route, summary, query=self.query, answer=self.answer)
        def list_rows(call: Call, query: PageQuery) -> Page[Any]:
            return self.read(call, query)

        return list_rows
