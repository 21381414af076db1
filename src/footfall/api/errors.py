"""How every API answers a failure: one table of statuses, one of headers, a body of its own."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from footfall.api.bodies import answer
from footfall.api.dialect import Dialect
from footfall.core.errors import FootfallError, RateLimited, Unauthorized, Unavailable

STATUS: Final[Mapping[str, int]] = {
    "invalid_request": 400,
    "unsafe_destination": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "request_timeout": 408,
    "conflict": 409,
    "slug_taken": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "unknown_encoding": 415,
    "rate_limited": 429,
    "store_defect": 500,
    "overloaded": 503,
    "unavailable": 503,
    "catalog_unavailable": 503,
    "journal_unavailable": 503,
    "store_unavailable": 503,
}
"""Core error code → status; any other is 400."""

TEXTS: Final[Mapping[int, str]] = {
    404: "There is nothing at this path.",
    405: "This path does not take this method.",
    413: "The body is too large. Send fewer or shorter values.",
}
"""What the framework found, by status."""

FAULT: Final = "Something went wrong on the server; its log has the details."

AnswerHttpError = Callable[[Request[Any, Any, Any], HTTPException], Response[bytes]]

log = logging.getLogger(__name__)


def error_answer(dialect: Dialect, error: FootfallError) -> tuple[int, Any]:
    """Status and body of an expected failure."""
    status = dialect.status(dialect.statuses.get(error.code, STATUS.get(error.code, 400)))
    message = dialect.messages.get(error.code, error.message)
    return status, dialect.error_body(status, message, error.code)


def headers_of(dialect: Dialect, error: FootfallError) -> dict[str, str]:
    """When to come back, and how a key is given."""
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after_seconds), **error.headers}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, Unauthorized) and dialect.challenge:
        return {"WWW-Authenticate": dialect.challenge}
    if error.code == "unknown_encoding":
        return {"Accept-Encoding": "gzip, zstd, identity"}  # RFC 7694
    return {}


def text_of(dialect: Dialect, error: HTTPException) -> str:
    """What the framework found, in words."""
    status = error.status_code
    return dialect.texts.get(status) or TEXTS.get(status) or error.detail


def handlers(dialect: Dialect) -> ExceptionHandlersMap:
    """For the router of the dialect: expected failures, what the framework found, our mistakes."""

    def answer_error(request: Request[Any, Any, Any], error: FootfallError) -> Response[bytes]:
        status, body = error_answer(dialect, error)
        if status >= 500 and error.code in dialect.messages:
            log.warning("%s %s: %s", request.method, request.url.path, error.message)
        return answer(body, status, headers_of(dialect, error))

    def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        # The path alone: a query may have a key.
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(dialect.error_body(500, FAULT, ""), 500)

    return {
        FootfallError: answer_error,
        HTTPException: http_error_handler(dialect),
        Exception: answer_fault,
    }


def http_error_handler(dialect: Dialect) -> AnswerHttpError:
    """For what the framework found: a wrong method, a body that is too large."""

    def answer_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        status = dialect.status(error.status_code)
        body = dialect.error_body(status, text_of(dialect, error), "")
        return answer(body, status, error.headers)

    return answer_http_error


def unmatched_handler(dialect: Dialect) -> AnswerHttpError:
    """For the application: a path or method below the dialect's prefix that no route takes. The
    router's headers are not added there."""
    answer_http_error = http_error_handler(dialect)

    def answer_unmatched(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        response = answer_http_error(request, error)
        response.headers.update(dialect.headers)
        return response

    return answer_unmatched
