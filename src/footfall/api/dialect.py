"""A dialect: one API as a row. What it has in common with the others is in `router.py`."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar.types import ASGIApp

from footfall.api.auth import MISSING, Connection, bearer
from footfall.api.bodies import convert
from footfall.api.operations import Limit, Operation
from footfall.config import Settings
from footfall.core.accounts import Caller
from footfall.core.errors import RateLimited
from footfall.runtime.quotas import Quota, Remaining

KEYED: Final = frozenset({400, 401, 403, 429, 503})
"""What any request with a key may be answered with."""

BEARER: Final = (("type", "http"), ("scheme", "bearer"))


MINUTE_SECONDS: Final = 60


class PerMinute:
    """So many requests of each caller in any minute. The headers are `X-RateLimit-*`, where they
    are `shown`, with the time at which the oldest request is given back (`reset`)."""

    def __init__(self, settings: Settings, *, shown: bool = False, reset: bool = False) -> None:
        self._quota = Quota(settings.requests_per_minute, MINUTE_SECONDS)
        self._shown = shown
        self._reset = reset

    def take(self, _: Connection, caller: str) -> Mapping[str, str]:
        try:
            return self._headers(self._quota.take(caller))
        except RateLimited as error:
            error.headers.update(self._headers(self._quota.look(caller)))
            raise

    def _headers(self, left: Remaining) -> dict[str, str]:
        if not self._shown:
            return {}
        headers = {
            "X-RateLimit-Limit": str(left.limit),
            "X-RateLimit-Remaining": str(left.remaining),
        }
        if self._reset:
            headers["X-RateLimit-Reset"] = str(left.reset_unix_seconds)
        return headers


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """An API, without its operations.

    `error` is the type of every body from 400 on, and `error_body` makes one from the status, the
    message and the code of a core error ("" for an error that the framework found). `texts` are
    messages of its own for errors of the framework, by status; `statuses` are its own for core
    errors, by code. `document_errors` are the statuses of an operation beside those of every API.
    `read_query` makes the struct of a query; it raises InvalidRequest.
    """

    name: str
    """In addresses, such as `/openapi/NAME.json`."""
    title: str
    tag: str
    prefix: str
    error: type[msgspec.Struct]
    error_body: Callable[[int, str, str], Any]
    statuses: Mapping[str, int] = {}
    status: Callable[[int], int] = lambda status: status
    """Its status in place of another one from 400 on, in answers and in its document."""
    messages: Mapping[str, str] = {}
    """In place of a core error's own message, by code; that of a 5xx is then in the log alone."""
    texts: Mapping[int, str] = {}
    document_errors: Callable[[Operation], Iterable[int]] = lambda _: ()
    read_query: Callable[[Mapping[str, str], type[Any]], Any] = lambda query, type: convert(
        dict(query), type
    )
    key: Callable[[Connection], str] = bearer
    """Reads the key of a request, "" for none."""
    key_missing: str = MISSING
    find_caller: Callable[[Any, str], Awaitable[Caller]] | None = None
    """Finds who has a key, where there are others than API keys. Called with the API's own parts
    and the key; raises Unauthorized."""
    challenge: str = "Bearer"
    """Of a 401 (RFC 9110, 15.5.2), "" for none."""
    security: tuple[tuple[str, str], ...] = BEARER
    """How the key is given, as OpenAPI has it."""
    headers: Mapping[str, str] = {}
    """On every answer, errors included."""
    limit: Callable[[Settings], Limit] = PerMinute
    admitted: Callable[[Connection, Caller, Any], Awaitable[None]] | None = None
    """Called with the API's own parts after the key and the scope; what it raises is answered."""
    forbidden: Callable[[Connection, Caller, Any], Awaitable[None]] | None = None
    """Called likewise where the caller lacks the scope: it may raise a better reason."""
    middleware: tuple[Callable[[ASGIApp], ASGIApp], ...] = ()
    body_bytes_max: int | None = None
    """Of any request; without one, that of the settings."""

    def described(self, operations: Iterable[Operation]) -> tuple[Operation, ...]:
        """The operations with their whole paths and every status they may answer with."""
        return tuple(
            msgspec.structs.replace(
                one,
                path=self.prefix + one.path.rstrip("/") or "/",
                errors=one.errors if one.all_errors else tuple(sorted(self._errors(one))),
            )
            for one in operations
        )

    def _errors(self, one: Operation) -> set[int]:
        if one.keyless:
            return {*one.errors}
        found = {*KEYED, *one.errors, *self.document_errors(one)}
        found |= {404} if "{" in one.path else set()
        found |= {413} if one.body is not None else set()
        return {self.status(status) if status >= 400 else status for status in found}
