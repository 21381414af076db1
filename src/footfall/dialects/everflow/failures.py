"""How this dialect says what went wrong: one table from a core error to status and text.

https://developers.everflow.io, user-guide: errors. A client of the vendor's earlier documentation
reads `Error`, so both are there.
"""

from collections.abc import Mapping
from typing import Final, Self

import msgspec

from footfall.core.errors import FootfallError

UNAUTHORIZED: Final = "No Authentication Method Found"
"""The vendor's own text, whatever is wrong with the key."""


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer from 400 on."""

    error: str
    capital: str = msgspec.field(name="Error")

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(text, text)


ERRORS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_request": (400, ""),
    "unsafe_destination": (400, ""),
    "too_large": (413, ""),
    "unauthorized": (401, UNAUTHORIZED),
    "forbidden": (403, ""),
    "not_found": (404, ""),
    "conflict": (409, ""),
    "request_timeout": (408, ""),
    "rate_limited": (429, ""),
    "overloaded": (503, ""),
    "unavailable": (503, ""),
    "catalog_unavailable": (503, ""),
    "journal_unavailable": (503, ""),
    "store_unavailable": (503, ""),
    "store_defect": (500, ""),
}
"""Core error code → status, and the text when it is always the same."""


def error_answer(error: FootfallError) -> tuple[int, ErrorBody]:
    status, text = ERRORS.get(error.code, (500, ""))
    return status, ErrorBody.of(text or error.message)
