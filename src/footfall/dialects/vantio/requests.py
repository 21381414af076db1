"""What the bodies of Vantio's requests look like, and what is checked of them.

Fields are snake_case. Unknown ones are left alone, as newer clients send more.
docs/dialects/vantio.md has the pages.
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.core.errors import InvalidRequest
from footfall.dialects.vantio.questions import EarningStatus, ReferralStatus, read_time

DETAILS_BYTES_MAX: Final = 65_536
DETAILS_DEPTH_MAX: Final = 16
AMOUNT_MAX: Final = 10**12
MINIMUM_PAYOUT: Final = 5000
CURRENCY: Final = "USD"
WEBHOOK_EVENTS: Final = (
    "referral.created",
    "referral.status_changed",
    "earning.created",
    "earning.status_changed",
)

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
WebhookEvent = Annotated[
    str, Meta(pattern=rf"^({'|'.join(WEBHOOK_EVENTS).replace('.', '[.]')})$(?!\n)")
]
WebhookEvents = Annotated[list[WebhookEvent], Meta(min_length=1, max_length=20)]
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


class ProgramRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /programs`."""

    name: Name
    landing_url: Link
    description: Prose | None = None
    commission: Commission = FlatCommission(0)
    payout_schedule: Schedule = "manual"
    minimum_payout: AmountOrNone = MINIMUM_PAYOUT
    currency: Currency = CURRENCY
    settings: Details = {}


class ProgramChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /programs/{id}`: only what is to change. `settings` are merged."""

    name: Name | UnsetType = UNSET
    landing_url: Link | UnsetType = UNSET
    description: Prose | UnsetType | None = UNSET
    commission: Commission | UnsetType = UNSET
    payout_schedule: Schedule | UnsetType = UNSET
    minimum_payout: AmountOrNone | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    settings: Details | UnsetType = UNSET


class UserRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /users`."""

    program_id: Id
    first_name: Name
    last_name: Name
    email: Email
    profile_picture: Link | None = None
    metadata: Details | None = None


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /users/{id}`: only what is to change. `metadata` is merged, here as everywhere."""

    first_name: Name | UnsetType = UNSET
    last_name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    profile_picture: Link | UnsetType | None = UNSET
    metadata: Details | UnsetType | None = UNSET


class PosterRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /posters`. Without a program it leads to `landing_url`, without a student it is the
    account's own."""

    program_id: Id | None = None
    landing_url: Link | None = None
    student_id: Id | None = None
    location: Line | None = None
    metadata: Details | None = None


class PosterChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /posters/{id}`."""

    student_id: Id | UnsetType = UNSET
    location: Line | UnsetType | None = UNSET
    metadata: Details | UnsetType | None = UNSET


class ReferralRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /referrals`. Program and student are those of the impression."""

    impression_id: Id
    first_name: Name
    last_name: Name
    email: Email
    profile_picture: Link | None = None
    metadata: Details | None = None
    idempotency_key: Key | None = None


class ReferralChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /referrals/{id}`."""

    first_name: Name | UnsetType = UNSET
    last_name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    profile_picture: Link | UnsetType | None = UNSET
    status: ReferralStatus | UnsetType = UNSET
    verified_at: Line | UnsetType | None = UNSET
    metadata: Details | UnsetType | None = UNSET


class EarningRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /earnings`. `amount` in the smallest unit of `currency`."""

    referral_id: Id
    amount: Amount
    currency: Currency | None = None
    type: Line | None = None
    description: Prose | None = None
    metadata: Details | None = None
    idempotency_key: Key | None = None


class EarningChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /earnings/{id}`."""

    amount: Amount | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    type: Line | UnsetType | None = UNSET
    description: Prose | UnsetType | None = UNSET
    status: EarningStatus | UnsetType = UNSET
    reference_id: Reference | UnsetType | None = UNSET
    metadata: Details | UnsetType | None = UNSET


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /webhooks`. Without `events` it gets all."""

    url: Link
    events: WebhookEvents = msgspec.field(default_factory=lambda: list(WEBHOOK_EVENTS))
    enabled: bool = True


class WebhookChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /webhooks/{id}`."""

    url: Link | UnsetType = UNSET
    events: WebhookEvents | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


# ── what is checked of a body ─────────────────────────────────────────────────────────────────

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def _line(text: str | None, name: str) -> str | None:
    """Trimmed; None for nothing."""
    if text is None or not text.strip():
        return None
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise InvalidRequest(f"{name} contains control characters: remove them.")
    return text.strip()


def _prose(text: str | None, name: str) -> str | None:
    """As a line, with line ends and tabs."""
    if text is not None:
        _line(re.sub(r"[\t\r\n]", " ", text), name)
    return (text or "").strip() or None


def _required(text: str, name: str) -> str:
    line = _line(text, name)
    if line is None:
        raise InvalidRequest(f"{name} is empty: give it a text.")
    return line


def _email(text: str, name: str) -> str:
    line = _required(text, name)
    if not _EMAIL.fullmatch(line):
        raise InvalidRequest(f"{name} must be an e-mail address.")
    return line


def _picture(text: str | None, name: str) -> str | None:
    """Pages show it, so it is a link to the web and no script. Nothing is fetched here."""
    line = _line(text, name)
    if line is not None and not line.lower().startswith(("https://", "http://")):
        raise InvalidRequest(f"{name} must begin with https:// or http://.")
    return line


def check_details(details: Details | None, name: str) -> Details:
    """Raises InvalidRequest for an object that is too large or nested too deeply to be kept."""
    inside: list[Any] = [details or {}]
    for _ in range(DETAILS_DEPTH_MAX):
        inside = [
            value
            for outer in inside
            if isinstance(outer, dict | list)
            for value in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if inside:
        raise InvalidRequest(f"{name} is nested too deeply: at most {DETAILS_DEPTH_MAX} levels.")
    if len(msgspec.json.encode(details)) > DETAILS_BYTES_MAX:
        raise InvalidRequest(f"{name} is too large: at most {DETAILS_BYTES_MAX} bytes of JSON.")
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
    "name": _required,
    "first_name": _required,
    "last_name": _required,
    "email": _email,
    "location": _line,
    "type": _line,
    "reference_id": _line,
    "description": _prose,
    "profile_picture": _picture,
    "metadata": check_details,
    "settings": check_details,
    "commission": _commission,
    "events": lambda events, _: list(dict.fromkeys(events)),
    "verified_at": lambda text, name: read_time(text, name) if text else None,
}
_COLUMNS: Final = {"metadata": "details", "settings": "details"}


def read_fields(request: msgspec.Struct, *left_out: str) -> dict[str, Any]:
    """The columns that a body names, checked. Raises InvalidRequest."""
    given = [(name, getattr(request, name)) for name in request.__struct_fields__]
    return {
        _COLUMNS.get(name, name): _CHECKS[name](value, name) if name in _CHECKS else value
        for name, value in given
        if value is not UNSET and name not in left_out
    }


def read_changes(
    request: msgspec.Struct, details: Details, *, metadata: str = "metadata"
) -> dict[str, Any]:
    """As `read_fields`; what it says of `details` is merged into those there are, field by field.

    Raises InvalidRequest.
    """
    fields = read_fields(request)
    if "details" in fields:
        fields["details"] = check_details(details | fields["details"], metadata)
    return fields
