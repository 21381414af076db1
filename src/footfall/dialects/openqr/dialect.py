"""OpenQR as a dialect: its form of errors, its quota, and what its handlers share.

The two limits differ as OpenQR's clients expect: an answer 429 with `X-RateLimit-*` is
the hourly quota of creations, one without is the limit of requests a minute.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from footfall.api import operations
from footfall.api.bodies import answer
from footfall.api.dialect import Dialect
from footfall.api.parts import Parts
from footfall.catalog.idempotency import Answer, KeyedRequest, find_answer, keep_answer
from footfall.core.accounts import ApiKey, Caller, Member
from footfall.core.destinations import DestinationRules
from footfall.core.errors import RateLimited
from footfall.runtime.quotas import Quota, Remaining

HOUR_SECONDS: Final = 3600

CORS: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PATCH,DELETE,OPTIONS",
    "Access-Control-Allow-Headers": "Authorization,Content-Type,Idempotency-Key",
    "Access-Control-Expose-Headers": "X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,"
    "Retry-After,Idempotent-Replay",
    "Access-Control-Max-Age": "86400",
}
"""Pages of any origin may call: a key is only ever sent on purpose, never by the browser."""

CODES: Final = frozenset(
    {
        *("invalid_request", "unsafe_destination", "unauthorized", "forbidden", "not_found"),
        *("slug_taken", "rate_limited"),
    }
)
"""Codes of core errors that the vendor has too; another is its code for the status."""

STATUS_CODES: Final[Mapping[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
}


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on."""

    error: str
    code: str


def error_body(status: int, message: str, code: str) -> ErrorBody:
    default = "invalid_request" if status < 500 else "server_error"
    return ErrorBody(message, code if code in CODES else STATUS_CODES.get(status, default))


OPENQR: Final = Dialect(
    name="openqr",
    title="OpenQR's API",
    tag="OpenQR",
    prefix="/v1",
    error=ErrorBody,
    error_body=error_body,
    texts={
        404: "There is nothing at this path. GET /v1 lists what there is.",
        405: "This path does not take this method. GET /v1 lists what there is.",
    },
    document_errors=lambda one: (409,) if one.method == "PATCH" else (),
    headers=CORS,
)


class OpenQR:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.short_base = settings.short_base
        self.rules = DestinationRules(
            own_bases=(settings.short_base, f"{settings.public_base}/s/"),
            allow_private=settings.allow_private_destinations,
        )
        self.creations = Quota(settings.creations_per_hour, HOUR_SECONDS)


Call = operations.Call[OpenQR]


def create(
    call: Call, content: Any, units: int, make: Callable[[Session, int], Any]
) -> Response[bytes]:
    """Create something, count it against the quota and keep the answer for a repetition: all in
    one transaction, so that each of them happens or none. Answers 201."""
    request, now, quota = call.request, call.now(), _quota_of(call.caller)
    creations = call.api.creations
    keyed = None
    if (key := request.headers.get("idempotency-key")) is not None:
        name = f"{request.method} {request.url.path}"
        keyed = KeyedRequest(account=call.account, key=key, name=name, content=content)
    with call.writing() as session:
        if keyed and (kept := find_answer(session, keyed, now)):
            headers = quota_headers(creations.look(*quota))
            headers["Idempotent-Replay"] = "true"
            return answer(kept.body.encode(), kept.status, headers)
        body = msgspec.json.encode(make(session, now))
        # A person at the dashboard creates a hundred at once; the vendor's quota is for programs.
        if isinstance(call.caller.who, Member):
            remaining = creations.look(*quota)
        else:
            remaining = _take(creations, *quota, units)
        if keyed:
            keep_answer(session, keyed, Answer(201, body.decode()), now)
    return answer(body, 201, quota_headers(remaining))


def _take(creations: Quota, key: str, limit: int | None, units: int) -> Remaining:
    try:
        return creations.take(key, units, limit)
    except RateLimited as error:
        left = creations.look(key, limit)
        raise RateLimited(
            f"The limit is {left.limit} new codes an hour; {left.remaining} are left and "
            f"this needs {units}. The first comes back in {error.retry_after_seconds} seconds. "
            "FOOTFALL_CREATIONS_PER_HOUR sets the limit of an account, "
            "footfall keys create --creations-per-hour one of a key's own.",
            error.retry_after_seconds,
            quota_headers(left),
        ) from None


def _quota_of(caller: Caller) -> tuple[str, int | None]:
    """What creations are counted by, and their limit: a key with a limit of its own counts for
    itself, every other for its account."""
    if isinstance(caller.who, ApiKey) and caller.who.creations_per_hour is not None:
        return caller.id, caller.who.creations_per_hour
    return str(caller.account.id), None


def quota_headers(remaining: Remaining) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(remaining.limit),
        "X-RateLimit-Remaining": str(remaining.remaining),
        "X-RateLimit-Reset": str(remaining.reset_unix_seconds),
    }
