"""The native API as a dialect: its form of errors, and what its handlers share.

An error is `{"error": "…", "code": "…"}`; the code is that of `core.errors`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec

from footfall.api import operations
from footfall.api.dialect import Dialect
from footfall.api.parts import Parts
from footfall.core.accounts import Scope
from footfall.core.destinations import DestinationRules
from footfall.dialects.native.followers import Followers
from footfall.runtime.row_budgets import Budgets

BODY_BYTES_MAX: Final = 16 << 20
TOO_LARGE: Final = f"The body is larger than {BODY_BYTES_MAX >> 20} MB. Send fewer events at once."

STATUS_CODES: Final[Mapping[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "too_large",
    429: "rate_limited",
    500: "error",
}
"""Codes of what the framework found, and of our mistakes."""


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on."""

    error: str
    code: str


def error_body(status: int, message: str, code: str) -> ErrorBody:
    return ErrorBody(message, code or STATUS_CODES.get(status, "invalid_request"))


NATIVE: Final = Dialect(
    name="native",
    title="Footfall's native API",
    tag="Native",
    prefix="",
    error=ErrorBody,
    error_body=error_body,
    texts={
        404: "There is nothing at this path. GET /docs lists what there is.",
        413: TOO_LARGE,
    },
    body_bytes_max=BODY_BYTES_MAX,
)


class Native:
    """The parts with this dialect's limits and rules."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self.parts = parts
        self.attempts = parts.attempts
        self.budgets = Budgets(settings.report_rows_per_minute)
        self.followers = Followers(parts)
        self.rules = DestinationRules(
            own_bases=(settings.short_base, *(f"{settings.public_base}/{way}/" for way in "slpt")),
            allow_private=settings.allow_private_destinations,
        )


Call = operations.Call[Native]

admin_operation: Final = partial(operations.operation, scope=Scope.ADMIN)
"""An operation for owners and admin keys."""
