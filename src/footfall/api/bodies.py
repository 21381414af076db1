"""What every API reads and writes alike: JSON bodies, numbers in queries, times."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from litestar import MediaType, Response

from footfall.core.errors import InvalidRequest
from footfall.parsing.invalid_values import describe

T = TypeVar("T")


def decode(body: bytes, type: type[T]) -> T:
    """The request's JSON; a UTF-8 byte order mark before it is ignored (RFC 8259, 8.1). Raises
    InvalidRequest, saying where and what to change."""
    try:
        return msgspec.json.decode(body.removeprefix(BOM_UTF8), type=type)
    except msgspec.ValidationError as error:
        raise InvalidRequest(describe(error, type)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"The body is not valid JSON ({error}). Send a JSON object, "
            "with Content-Type: application/json."
        ) from None
    except (RecursionError, ValueError):
        raise InvalidRequest("The body is nested too deeply, or has a number too long.") from None


def convert(values: Mapping[str, str], type: type[T]) -> T:
    """As `decode`, for a query."""
    try:
        return msgspec.convert(values, type, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(describe(error, type)) from None


def answer(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """JSON; bytes are JSON already. Never cached: the next read may differ."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(
        body,
        status_code=status,
        media_type=MediaType.JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def read_number(text: str | None, name: str, default: int, least: int, most: int) -> int:
    """A whole number of a query, clamped. Raises InvalidRequest for what is no number."""
    if text is None or text == "":
        return default
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidRequest(f"{name} must be a whole number from {least} to {most}.")
    # Beyond 18 digits only the sign matters.
    number = int(digits[:18]) if len(digits) <= 18 else most
    return max(least, min(most, -number if text[0] == "-" else number))


def iso_time(milliseconds: int) -> str:
    """`2026-07-01T08:00:00Z`."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.isoformat().replace("+00:00", "Z")
