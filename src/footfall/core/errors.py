"""The errors of the product. Each API translates them to its own status and body by `code`.

FootfallError
├── InvalidRequest          the caller must change the request
│   ├── UnsafeDestination   a redirect may not lead there
│   └── TooLarge            a stated limit was exceeded
├── Unauthorized            no key, or a key that is unknown, expired or revoked
├── Forbidden               the key lacks a scope
├── NotFound                unknown, or not the caller's
├── Conflict                the name is taken
├── RateLimited             too many requests; says when to come back
├── RequestTimeout          the rest of the request did not come in time
├── StoreDefect             the event store refuses a query of ours, and will refuse it again
└── Unavailable             nothing is wrong with the request; says when to come back
    ├── Overloaded          as much is under way as the server can hold
    ├── CatalogUnavailable  the catalog cannot be written, or not be read
    ├── JournalUnavailable  an event could not be made durable
    └── StoreUnavailable    the event store does not answer, or is behind the journal
"""

from typing import ClassVar


class FootfallError(Exception):
    """An expected failure. `message` says what to change or do next, in plain words."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(FootfallError):
    code = "invalid_request"


class UnsafeDestination(InvalidRequest):
    code = "unsafe_destination"


class TooLarge(InvalidRequest):
    """`rows`: how many a report would read, if that is what is too much."""

    code = "too_large"

    def __init__(self, message: str, rows: int = 0) -> None:
        super().__init__(message)
        self.rows = rows


class Unauthorized(FootfallError):
    code = "unauthorized"


class Forbidden(FootfallError):
    code = "forbidden"


class NotFound(FootfallError):
    code = "not_found"


class Conflict(FootfallError):
    code = "conflict"


class RateLimited(FootfallError):
    """Retry after `retry_after_seconds`. `headers` are the quota headers of the API, if any."""

    code = "rate_limited"

    def __init__(
        self, message: str, retry_after_seconds: int, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.headers = headers or {}


class RequestTimeout(FootfallError):
    """RFC 9110, 15.5.9: the connection is closed with the answer."""

    code = "request_timeout"


class StoreDefect(FootfallError):
    code = "store_defect"


class Unavailable(FootfallError):
    code = "unavailable"
    retry_after_seconds: ClassVar[int] = 5


class Overloaded(Unavailable):
    code = "overloaded"
    retry_after_seconds: ClassVar[int] = 2


class CatalogUnavailable(Unavailable):
    code = "catalog_unavailable"


class JournalUnavailable(Unavailable):
    code = "journal_unavailable"


class StoreUnavailable(Unavailable):
    code = "store_unavailable"
