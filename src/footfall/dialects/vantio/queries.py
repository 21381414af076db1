"""What Vantio's queries look like: filters, and which part of a list is requested.

Names are camelCase, but snake_case for earnings; either is understood everywhere. Unknown
parameters are left alone. docs/dialects/vantio.md has the pages.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, field

from footfall.api.bodies import convert
from footfall.core import calendar
from footfall.core.errors import InvalidRequest
from footfall.core.ids import ID_MAX, received_at
from footfall.dialects.vantio.records import Part

LIST_DEFAULT: Final = 50
DELIVERIES_MAX: Final = 100
"""Of one page of the log, which is newest first and has no samples of the vendor's."""

ReferralStatus = Annotated[str, Meta(pattern=r"^(pending|converted|verified|rejected)$(?!\n)")]
EarningStatus = Annotated[str, Meta(pattern=r"^(pending|processing|paid|failed)$(?!\n)")]
Text = Annotated[str, Meta(max_length=200)]


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What every list takes. Times are ISO 8601, [since, until)."""

    limit: Annotated[int, Meta(ge=1, le=1 << 53)] = LIST_DEFAULT
    offset: Annotated[int, Meta(ge=0, le=1 << 53)] = 0
    cursor: Text = ""
    since: Text = ""
    until: Text = ""

    def part(self, rows_max: int) -> Part:
        """At most `rows_max` rows, whatever the limit is. Raises InvalidRequest."""
        return Part(
            limit=min(self.limit, rows_max),
            offset=self.offset,
            cursor=self.cursor,
            since=read_bound(self.since, "since"),
            until=read_bound(self.until, "until"),
        )


class UsersQuery(ListQuery, frozen=True, kw_only=True):
    program_id: Text = field(default="", name="programId")


class PostersQuery(UsersQuery, frozen=True, kw_only=True):
    student_id: Text = field(default="", name="studentId")


class ImpressionsQuery(PostersQuery, frozen=True, kw_only=True):
    poster_id: Text = field(default="", name="posterId")


class ReferralsQuery(PostersQuery, frozen=True, kw_only=True):
    status: ReferralStatus | None = None
    impression_id: Text = ""


class EarningsQuery(ListQuery, frozen=True, kw_only=True):
    referral_id: Text = ""
    program_id: Text = ""
    status: EarningStatus | None = None


class FunnelQuery(msgspec.Struct, frozen=True, kw_only=True):
    program_id: Text = field(default="", name="programId")
    group_by: Annotated[str, Meta(pattern=r"^(program|poster|student)$(?!\n)")] = field(
        default="program", name="groupBy"
    )
    since: Text = ""
    until: Text = ""


class DeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`cursor` is the number of the last delivery that was read."""

    limit: Annotated[int, Meta(ge=1, le=1 << 53)] = LIST_DEFAULT
    cursor: Annotated[int, Meta(ge=0, le=1 << 53)] | None = None


class ImageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`size` in pixels, for PNG; `size_mm` for SVG and PDF. Both with the quiet zone."""

    size: Annotated[int, Meta(ge=128, le=4096)] = 1024
    size_mm: Annotated[int, Meta(ge=10, le=2000)] = 50


Query = TypeVar("Query", bound=msgspec.Struct)


def read_query(parameters: Mapping[str, str], type: type[Query]) -> Query:
    """A name is taken in snake_case and camelCase alike, a parameter without a value as none.

    Raises InvalidRequest.
    """
    known = {one.encode_name for one in msgspec.structs.fields(type)}
    values = {}
    for name, value in parameters.items():
        snake = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)
        camel = re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)
        found = next((one for one in (name, snake, camel) if one in known), None)
        if found is not None and value != "":
            values[found] = value
    return convert(values, type)


def read_time(text: str, name: str) -> int:
    """Milliseconds since 1970; a time without a zone is UTC. Raises InvalidRequest."""
    try:
        at = calendar.read_time(text)
    except ValueError:
        raise InvalidRequest(f"{name} must be an ISO 8601 time, as 2027-01-31T08:00:00Z.") from None
    # Before 1970 there is nothing, and event ids end in 2094.
    return max(0, min(at, received_at(ID_MAX)))


def read_bound(text: str, name: str) -> int | None:
    return read_time(text, name) if text else None
