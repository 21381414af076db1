"""How the native API tells of errors: `{"error": "…", "code": "…"}` and a status."""

from typing import Final

from footfall.core.errors import FootfallError, RateLimited, Unauthorized, Unavailable

STATUS: Final = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "unknown_encoding": 415,
    "request_timeout": 408,
    "rate_limited": 429,
    "overloaded": 503,
    "catalog_unavailable": 503,
    "journal_unavailable": 503,
    "store_unavailable": 503,
    "store_defect": 500,
    "unavailable": 503,
}
"""By code; any other is 400."""

FAULT: Final = {
    "error": "Something went wrong on the server; its log has the details.",
    "code": "error",
}


def status_and_headers(error: FootfallError) -> tuple[int, dict[str, str]]:
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    elif error.code == "unknown_encoding":
        headers = {"Accept-Encoding": "gzip, zstd, identity"}  # RFC 7694
    return STATUS.get(error.code, 400), headers
