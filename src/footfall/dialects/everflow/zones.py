"""Time zones by the vendor's ids, and the span of time that a request means.

`GET /v1/meta/timezones`: https://developers.everflow.io, user-guide: timezones. The vendor's
pages name the zones of the ids in VENDORS; the others are inferred, and marked so.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from footfall.core.calendar import local_time, milliseconds, moment
from footfall.core.errors import InvalidRequest
from footfall.core.ids import ID_MAX, received_at

_NAMES: Final = """
Pacific/Kiritimati Pacific/Enderbury Pacific/Tongatapu Pacific/Chatham Pacific/Auckland
Pacific/Fiji Asia/Kamchatka Pacific/Norfolk Australia/Lord_Howe Pacific/Guadalcanal
Australia/Adelaide Australia/Sydney Australia/Brisbane Australia/Darwin Asia/Seoul Asia/Tokyo
Asia/Hong_Kong Asia/Kuala_Lumpur Asia/Manila Asia/Shanghai Asia/Singapore Asia/Taipei
Australia/Perth Asia/Bangkok Asia/Ho_Chi_Minh Asia/Jakarta Asia/Rangoon Asia/Dhaka Asia/Kathmandu
Asia/Colombo Asia/Kolkata Asia/Karachi Asia/Tashkent Asia/Yekaterinburg Asia/Kabul Asia/Baku
Asia/Dubai Asia/Tbilisi Asia/Yerevan Asia/Tehran Africa/Nairobi Asia/Baghdad Asia/Kuwait
Asia/Riyadh Europe/Minsk Europe/Moscow Africa/Cairo Asia/Beirut Asia/Jerusalem Europe/Athens
Europe/Bucharest Europe/Helsinki Europe/Istanbul Africa/Johannesburg Europe/Amsterdam Europe/Berlin
Europe/Brussels Europe/Paris Europe/Prague Europe/Rome Europe/Lisbon Africa/Algiers Europe/London
Atlantic/Cape_Verde Africa/Casablanca Europe/Dublin UTC America/Scoresbysund Atlantic/Azores
Atlantic/South_Georgia America/St_Johns America/Sao_Paulo America/Argentina/Buenos_Aires
America/Santiago America/Halifax America/Puerto_Rico Atlantic/Bermuda America/Caracas
America/Indiana/Indianapolis America/New_York America/Bogota America/Lima America/Panama
America/Mexico_City America/Chicago America/El_Salvador America/Denver America/Mazatlan
America/Phoenix America/Los_Angeles America/Tijuana Pacific/Pitcairn America/Anchorage
Pacific/Gambier America/Adak Pacific/Marquesas Pacific/Honolulu Pacific/Niue Pacific/Pago_Pago
"""

"""The vendor's list of zones in the order of their ids, as of 2026. It goes from east to west by
standard time, with exceptions."""

ZONES: Final = dict(enumerate(_NAMES.split(), start=1))
VENDORS: Final = frozenset({*range(1, 17), 67, 80, 85, 87, 90, 99})
"""The ids that the vendor's pages give to these zones."""

DAYS_MAX: Final = 14
_FORM: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?")


class TimeZone(msgspec.Struct, frozen=True):
    """`assigned_by`, ours: `vendor` for an id that the vendor's pages give to this zone, else
    `inferred`."""

    timezone_id: int
    timezone_name: str
    timezone: str
    utc_offset: str
    assigned_by: str


class TimeZones(msgspec.Struct, frozen=True):
    timezones: list[TimeZone]


def time_zones(now: int) -> TimeZones:
    """As they are at a time: names and offsets follow daylight saving."""
    return TimeZones([_time_zone(id, name, now) for id, name in ZONES.items()])


def _time_zone(id: int, name: str, now: int) -> TimeZone:
    local = local_time(now, name)
    offset = local.strftime("%z")
    place = name.rpartition("/")[2].replace("_", " ")
    known = "Greenwich Mean Time (UTC)" if name == "UTC" else f"{local.tzname()} ({place})"
    return TimeZone(
        timezone_id=id,
        timezone_name=known,
        timezone=name,
        utc_offset=f"{offset[:3]}:{offset[3:]}",
        assigned_by="vendor" if id in VENDORS else "inferred",
    )


def read_zone(id: int) -> ZoneInfo:
    """Raises InvalidRequest."""
    if id not in ZONES:
        raise InvalidRequest(f"There is no timezone_id {id}: see GET /v1/meta/timezones.")
    return ZoneInfo(ZONES[id])


# ── from … to ─────────────────────────────────────────────────────────────────────────────────


Text = Annotated[str, Meta(max_length=64)]


class SpanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that the vendor requires of every report: `from` and `to` are read in the zone of
    `timezone_id`."""

    from_: Text = msgspec.field(name="from")
    to: Text
    timezone_id: int


class Span(msgspec.Struct, frozen=True):
    """[since, until) in milliseconds since 1970."""

    since: int
    until: int


def read_span(
    start: str,
    end: str,
    zone: ZoneInfo,
    days_max: int | None = DAYS_MAX,
    *,
    by_quarters: bool = False,
) -> Span:
    """`from` and `to`, each `2026-03-01 12:30:00` or `2026-03-01`, in a zone. Both belong to the
    span: the whole second that `to` names, or the whole day.

    A time that the zone's clocks show twice is the first one in `from` and the second in `to`;
    one that they leap over is the moment of the leap. So nothing is ever left out.

    `by_quarters` is for what counts by quarter-hours: a `to` that names the second at which one
    begins is the end, as a whole one more would be counted for that second. So the `to` of a span
    can be the `from` of the next, and what they count adds up.

    Raises InvalidRequest, also for more than `days_max` days between what is written.
    """
    first, _ = _read(start, "from")
    last, whole_day = _read(end, "to")
    if last < first:
        raise InvalidRequest("'to' is before 'from': exchange them.")
    if days_max is not None and last - first > timedelta(days=days_max):
        raise InvalidRequest(
            f"The interval is too long: from '{start}' to '{end}' is more than "
            f"{days_max} days. Ask for {days_max} days or less at a time."
        )
    last_second = last + timedelta(days=1, seconds=-1) if whole_day else last
    excluded = by_quarters and not whole_day and last.minute % 15 == last.second == 0
    try:
        until = moment(last, zone.key) if excluded else moment_after(last_second, zone)
        moments = moment(first, zone.key), until
    except OverflowError:
        raise InvalidRequest("'from' and 'to' must be times of this age.") from None
    # Before 1970 there is nothing, and event ids end in 2094.
    return Span(*(max(0, min(one, received_at(ID_MAX))) for one in moments))


def _read(text: str, name: str) -> tuple[datetime, bool]:
    """The local time, and whether it names a whole day."""
    match = _FORM.fullmatch(text.strip())
    try:
        if match is None or not text.isascii():
            raise ValueError
        return datetime.fromisoformat(f"{match[1]} {match[2] or '00:00:00'}"), match[2] is None
    except ValueError:
        raise InvalidRequest(
            f"'{name}' must be a time as '2026-03-01 12:30:00', or a day as '2026-03-01'."
        ) from None


def moment_after(local: datetime, zone: ZoneInfo) -> int:
    """The end of the last second in which the zone's clocks show this one or an earlier one."""
    last = milliseconds(local.replace(tzinfo=zone, fold=1))
    shown = local_time(last, zone.key).replace(tzinfo=None)
    return last + 1000 if shown == local else moment(local, zone.key)
