"""The types of the fields of requests, and what is checked of them.

Fields are snake_case. Unknown ones are left alone, as newer clients send more.
docs/dialects/vantio.md has the pages.
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from footfall.api.fields import check_json, clean_line, given_fields, required_line
from footfall.core.errors import InvalidRequest
from footfall.dialects.vantio.queries import read_time

AMOUNT_MAX: Final = 10**12
CURRENCY: Final = "USD"

Id = Annotated[str, Meta(min_length=1, max_length=80)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(max_length=200)]
Prose = Annotated[str, Meta(max_length=2000)]
Link = Annotated[str, Meta(max_length=2048)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Reference = Annotated[str, Meta(max_length=255)]
Key = Annotated[str, Meta(max_length=200)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Amount = Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
AmountOrNone = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Schedule = Annotated[str, Meta(pattern=r"^(weekly|biweekly|monthly|manual)$(?!\n)")]
Details = dict[str, Any]


# ── bodies ────────────────────────────────────────────────────────────────────────────────────


class FlatCommission(msgspec.Struct, frozen=True, tag_field="type", tag="flat"):
    """`amount` a referral, in the smallest unit of the program's currency."""

    amount: AmountOrNone


class PercentCommission(msgspec.Struct, frozen=True, tag_field="type", tag="percent"):
    """`percent` of what a referral spends."""

    percent: Percent


class Tier(msgspec.Struct, frozen=True):
    """From an ambassador's so many-th referral on: an `amount` each."""

    from_referrals: Annotated[int, Meta(ge=1, le=1_000_000)]
    amount: AmountOrNone


class TieredCommission(msgspec.Struct, frozen=True, tag_field="type", tag="tiered"):
    tiers: Annotated[list[Tier], Meta(min_length=1, max_length=20)]


Commission = FlatCommission | PercentCommission | TieredCommission


# ── what is checked of a body ─────────────────────────────────────────────────────────────────

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def _prose(text: str | None, name: str) -> str | None:
    """As a line, with line ends and tabs."""
    if text is not None:
        clean_line(re.sub(r"[\t\r\n]", " ", text), name)
    return (text or "").strip() or None


def _email(text: str, name: str) -> str:
    line = required_line(text, name)
    if not _EMAIL.fullmatch(line):
        raise InvalidRequest(f"{name} must be an e-mail address.")
    return line


def _picture(text: str | None, name: str) -> str | None:
    """Pages show it, so it is a link to the web and no script. Nothing is fetched here."""
    line = clean_line(text, name)
    if line is not None and not line.lower().startswith(("https://", "http://")):
        raise InvalidRequest(f"{name} must begin with https:// or http://.")
    return line


def _details(details: Details | None, name: str) -> Details:
    check_json(details, name)
    return details or {}


def _commission(commission: Commission, name: str) -> Details:
    if isinstance(commission, TieredCommission):
        starts = [tier.from_referrals for tier in commission.tiers]
        if starts[0] != 1 or any(a >= b for a, b in pairwise(starts)):
            raise InvalidRequest(
                f"{name}.tiers must begin with from_referrals 1 and rise from tier to tier."
            )
    built: Details = msgspec.to_builtins(commission)
    return built


_CHECKS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "name": required_line,
    "first_name": required_line,
    "last_name": required_line,
    "email": _email,
    "location": clean_line,
    "type": clean_line,
    "reference_id": clean_line,
    "description": _prose,
    "profile_picture": _picture,
    "metadata": _details,
    "settings": _details,
    "commission": _commission,
    "events": lambda events, _: list(dict.fromkeys(events)),
    "verified_at": lambda text, name: read_time(text, name) if text else None,
}
_COLUMNS: Final = {"metadata": "details", "settings": "details"}


def read_fields(body: msgspec.Struct, *left_out: str) -> dict[str, Any]:
    """The columns that a body names, checked. Raises InvalidRequest."""
    return {
        _COLUMNS.get(name, name): _CHECKS[name](value, name) if name in _CHECKS else value
        for name, value in given_fields(body).items()
        if name not in left_out
    }


def read_changes(
    body: msgspec.Struct, details: Details, *, metadata: str = "metadata"
) -> dict[str, Any]:
    """As `read_fields`; what it says of `details` is merged into those there are, field by field.

    Raises InvalidRequest.
    """
    fields = read_fields(body)
    if "details" in fields:
        fields["details"] = details | fields["details"]
        check_json(fields["details"], metadata)
    return fields
