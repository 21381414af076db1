"""What may be raised.

FootfallError
├── Unreachable        nobody answered, or not to the end
└── Refused            an answer from 400 on: `status`, `code`, and what to change
    ├── BadRequest     400, 413 and other requests that must change
    ├── Unauthorized   401
    ├── Forbidden      403
    ├── NotFound       404
    ├── Conflict       409
    ├── RateLimited    429, after `retry_after_seconds`
    ├── Unavailable    503, after `retry_after_seconds`
    └── ServerFault    any other from 500 on
"""

from typing import Final


class FootfallError(Exception):
    """Any failure. `message` is the server's where it said something."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unreachable(FootfallError):
    """What the request would have changed may or may not be done."""


class Refused(FootfallError):
    """`body` is the whole answer."""

    def __init__(
        self,
        message: str,
        status: int,
        code: str = "",
        retry_after_seconds: int | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_seconds = retry_after_seconds
        self.body = body


class BadRequest(Refused): ...


class Unauthorized(Refused): ...


class Forbidden(Refused): ...


class NotFound(Refused): ...


class Conflict(Refused): ...


class RateLimited(Refused): ...


class Unavailable(Refused): ...


class ServerFault(Refused): ...


_BY_STATUS: Final[dict[int, type[Refused]]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    503: Unavailable,
}


def of_status(status: int) -> type[Refused]:
    return _BY_STATUS.get(status, BadRequest if status < 500 else ServerFault)
