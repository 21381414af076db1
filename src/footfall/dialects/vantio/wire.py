"""What Vantio's answers look like, and pure translations to them.

Times are ISO 8601 in UTC on the wire, milliseconds since 1970 inside. What is not set is null.
docs/dialects/vantio.md has the pages, and what was chosen where they do not say.
"""

from typing import Any, Final

import msgspec

from footfall.api.bodies import iso_time
from footfall.core.events import Event
from footfall.core.ids import from_text, to_text
from footfall.dialects.vantio.campaigns import IMPRESSION_PREFIX
from footfall.dialects.vantio.drawing import ERROR_CORRECTION, QUIET_ZONE_MODULES, count_modules
from footfall.dialects.vantio.records import EarningRow, PosterRow, ProgramRow, ReferralRow, UserRow
from footfall.dialects.vantio.requests import Commission

SCAN_DISTANCES_MM: Final = (300, 1000, 3000, 5000)
"""A flyer in the hand, a poster on a door, one across a corridor, one across a hall."""
DISTANCE_PER_WIDTH: Final = 10
"""A code is read from about ten times its width."""


class Deleted(msgspec.Struct, frozen=True):
    id: str
    deleted: bool = True


# ── programs and users ────────────────────────────────────────────────────────────────────────


class Program(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None
    landing_url: str
    commission: Commission
    payout_schedule: str
    minimum_payout: int
    currency: str
    settings: dict[str, Any]
    created_at: str
    updated_at: str


class ProgramList(msgspec.Struct, frozen=True):
    programs: list[Program]


def program_body(row: ProgramRow) -> Program:
    return Program(
        id=row.id,
        name=row.name,
        description=row.description,
        landing_url=row.landing_url,
        commission=msgspec.convert(row.commission, Commission),
        payout_schedule=row.payout_schedule,
        minimum_payout=row.minimum_payout,
        currency=row.currency,
        settings=row.details,
        created_at=iso_time(row.created_at),
        updated_at=iso_time(row.updated_at),
    )


class User(msgspec.Struct, frozen=True, kw_only=True):
    """In a list."""

    id: str
    first_name: str
    last_name: str
    email: str
    program_id: str
    created_at: str


class UserDetail(User, frozen=True, kw_only=True):
    profile_picture: str | None
    updated_at: str
    metadata: dict[str, Any]


class UserList(msgspec.Struct, frozen=True):
    users: list[User]


def user_body(row: UserRow) -> User:
    return User(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        program_id=row.program_id,
        created_at=iso_time(row.created_at),
    )


def user_detail(row: UserRow) -> UserDetail:
    return UserDetail(
        **msgspec.structs.asdict(user_body(row)),
        profile_picture=row.profile_picture,
        updated_at=iso_time(row.updated_at),
        metadata=row.details,
    )


# ── posters ───────────────────────────────────────────────────────────────────────────────────


class Width(msgspec.Struct, frozen=True):
    """How wide a code is at least to be read from `distance_mm`: itself, and the whole image with
    its quiet zone (the `size_mm` to ask for)."""

    distance_mm: int
    code_width_mm: int
    image_width_mm: int


class Print(msgspec.Struct, frozen=True, kw_only=True):
    """`modules` is the width of the code, without the quiet zone on each side."""

    svg_url: str
    pdf_url: str
    modules: int
    quiet_zone_modules: int
    error_correction: str
    minimum_widths: list[Width]


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """In a list. `qr_code_url` is a PNG, for anybody."""

    id: str
    program_id: str
    student_id: str
    qr_code_url: str
    short_url: str
    location: str | None
    created_at: str
    metadata: dict[str, Any]
    print: Print


class PosterDetail(Poster, frozen=True, kw_only=True):
    updated_at: str


class PosterList(msgspec.Struct, frozen=True):
    posters: list[Poster]


class Bases(msgspec.Struct, frozen=True):
    """What a slug is appended to, and where the API's own images are; both with the slash."""

    short: str
    images: str


def poster_body(row: PosterRow, bases: Bases) -> Poster:
    image = f"{bases.images}{row.id}/qr-code"
    short_url = f"{bases.short}{row.tracker.slug}"
    modules = count_modules(len(short_url))
    return Poster(
        id=row.id,
        program_id=row.program_id,
        student_id=row.student_id,
        qr_code_url=f"{image}.png",
        short_url=short_url,
        location=row.location,
        created_at=iso_time(row.created_at),
        metadata=row.details,
        print=Print(
            svg_url=f"{image}.svg",
            pdf_url=f"{image}.pdf",
            modules=modules,
            quiet_zone_modules=QUIET_ZONE_MODULES,
            error_correction=ERROR_CORRECTION,
            minimum_widths=[_width(distance, modules) for distance in SCAN_DISTANCES_MM],
        ),
    )


def _width(distance_mm: int, modules: int) -> Width:
    code = distance_mm // DISTANCE_PER_WIDTH
    image = -(-code * (modules + 2 * QUIET_ZONE_MODULES) // modules)
    return Width(distance_mm, code, image)


def poster_detail(row: PosterRow, bases: Bases) -> PosterDetail:
    poster = poster_body(row, bases)
    fields = {name: getattr(poster, name) for name in poster.__struct_fields__}
    return PosterDetail(**fields, updated_at=iso_time(row.updated_at))


# ── impressions ───────────────────────────────────────────────────────────────────────────────


class ImpressionMetadata(msgspec.Struct, frozen=True):
    """`device_type` is mobile, tablet, desktop or unknown; `location` the poster's at the time."""

    device_type: str
    location: str | None


class Impression(msgspec.Struct, frozen=True, kw_only=True):
    """`user_agent` and `ip_address` are null where the account's privacy mode keeps them out."""

    id: str
    poster_id: str
    program_id: str
    student_id: str
    scanned_at: str
    user_agent: str | None
    ip_address: str | None
    metadata: ImpressionMetadata


class ImpressionList(msgspec.Struct, frozen=True):
    impressions: list[Impression]


class _Placed(msgspec.Struct, frozen=True):
    location: str | None = None


_read_placed: Final = msgspec.json.Decoder(_Placed).decode
IMPRESSION_FIELDS: Final = (
    "poster",
    "program",
    "ambassador",
    "user_agent",
    "ip",
    "device",
    "metadata",
)
"""The columns of an event that an impression shows."""


def impression_id(event_id: int) -> str:
    return IMPRESSION_PREFIX + to_text(event_id)


def read_impression_id(text: str) -> int | None:
    """None for what is no impression's id."""
    if not text.startswith(IMPRESSION_PREFIX):
        return None
    return from_text(text.removeprefix(IMPRESSION_PREFIX))


def impression_body(event: Event) -> Impression:
    placed = _read_placed(event.metadata) if event.metadata else _Placed()
    return Impression(
        id=impression_id(event.id),
        poster_id=event.poster,
        program_id=event.program,
        student_id=event.ambassador,
        scanned_at=iso_time(event.occurred_at),
        user_agent=event.user_agent or None,
        ip_address=event.ip or None,
        metadata=ImpressionMetadata(event.device or "unknown", placed.location),
    )


# ── referrals and earnings ────────────────────────────────────────────────────────────────────


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    impression_id: str
    first_name: str
    last_name: str
    email: str
    profile_picture: str | None
    status: str
    program_id: str
    student_id: str
    created_at: str
    verified_at: str | None
    updated_at: str
    metadata: dict[str, Any]


class ReferralList(msgspec.Struct, frozen=True):
    referrals: list[Referral]


def referral_body(row: ReferralRow) -> Referral:
    return Referral(
        id=row.id,
        impression_id=row.impression_id,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        profile_picture=row.profile_picture,
        status=row.status,
        program_id=row.program_id,
        student_id=row.student_id,
        created_at=iso_time(row.created_at),
        verified_at=_time_or_null(row.verified_at),
        updated_at=iso_time(row.updated_at),
        metadata=row.details,
    )


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` in the smallest unit of `currency`; `reference_id` is the payout's."""

    id: str
    referral_id: str
    amount: int
    currency: str
    type: str | None
    description: str | None
    status: str
    reference_id: str | None
    created_at: str
    paid_at: str | None
    metadata: dict[str, Any]


class EarningList(msgspec.Struct, frozen=True):
    earnings: list[Earning]


def earning_body(row: EarningRow) -> Earning:
    return Earning(
        id=row.id,
        referral_id=row.referral_id,
        amount=row.amount,
        currency=row.currency,
        type=row.type,
        description=row.description,
        status=row.status,
        reference_id=row.reference_id,
        created_at=iso_time(row.created_at),
        paid_at=_time_or_null(row.paid_at),
        metadata=row.details,
    )


def _time_or_null(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else iso_time(milliseconds)
