"""Rows of the lists of events: one type each, of v1, of Publisher and of Marketing Suite.

https://github.com/CopernicaMarketingSoftware/Documentation: `rest-get-publisher-impressions`,
`rest-get-ms-impressions` and their siblings.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.copernica.times import to_local

Text = str | None


HYPHENS: Final = {"user_agent": "user-agent", "smtp_response": "smtp-response"}


class Row(msgspec.Struct, frozen=True, kw_only=True, rename=HYPHENS):
    """What every row has."""

    ID: str
    timestamp: str


class Recipient(Row, frozen=True, kw_only=True):
    """How v1 and Publisher end every row."""

    emailing: Text
    destination: Text
    profile: Text
    subprofile: Text


class OldImpression(Recipient, frozen=True, kw_only=True):
    ip: Text
    user_agent: Text
    referer: Text


class OldClick(OldImpression, frozen=True, kw_only=True):
    link_id: Text
    link: Text
    link_title: Text


class Impression(Recipient, frozen=True, kw_only=True):
    """`device` is desktop, tablet, mobile or unknown."""

    ip: Text
    useragent: Text
    device: str
    referer: Text


class Click(Recipient, frozen=True, kw_only=True):
    link_id: Text
    link: Text
    link_title: Text
    ip: Text
    useragent: Text
    referer: Text


class Delivery(Recipient, frozen=True, kw_only=True):
    attempt: str
    smtp_response: Text


class Error(Recipient, frozen=True, kw_only=True):
    errorcode: Text
    description: Text
    errortype: Text
    errortypedescription: Text


class Abuse(Recipient, frozen=True, kw_only=True):
    recognized_as: Text
    feedback_type: Text
    arf_version: Text
    details: Text


class Unsubscribe(Recipient, frozen=True, kw_only=True):
    source: Text
    success: bool


class MarketingRow(Row, frozen=True, kw_only=True):
    mailing: Text
    destination: Text


class MarketingImpression(MarketingRow, frozen=True, kw_only=True):
    """Of a whole account, in v3 and v4."""

    ip: Text
    useragent: Text
    device: str


class ProfiledImpression(MarketingImpression, frozen=True, kw_only=True):
    """In v2, and in every version of one emailing, destination or profile. Numbers, here only."""

    profile: int | None
    subprofile: int | None


class MarketingClick(MarketingRow, frozen=True, kw_only=True):
    link: Text
    ip: Text
    useragent: Text


class MarketingDelivery(MarketingRow, frozen=True, kw_only=True):
    """`attempts` counts from 1, Publisher's `attempt` from 0."""

    attempts: int


class MarketingError(MarketingRow, frozen=True, kw_only=True):
    status: Text
    errorcode: Text
    description: Text
    errortype: Text


class MarketingAbuse(MarketingRow, frozen=True, kw_only=True):
    report: dict[str, Any]


class MarketingUnsubscribe(MarketingRow, frozen=True, kw_only=True):
    source: Text


class RowTypes(msgspec.Struct, frozen=True):
    """The types of one list's rows."""

    old: type[Row]
    publisher: type[Row]
    ms: type[Row]


class EventList(msgspec.Struct, frozen=True):
    """One list of events. `columns` are those that its rows need beside the recipient's."""

    kind: EventKind
    types: RowTypes
    columns: tuple[str, ...]


VERDICTS: Final = (Verdict.COUNTED, Verdict.MACHINE_OPEN)
"""What lists and numbers hold. The vendor shows opens by mail proxies; bots, previews and the like
are kept, and not shown."""

RECIPIENT: Final = ("emailing", "destination", "profile", "subprofile")

LISTS: Final[Mapping[str, EventList]] = {
    "impressions": EventList(
        EventKind.OPEN,
        RowTypes(OldImpression, Impression, MarketingImpression),
        ("ip", "user_agent", "referrer", "device"),
    ),
    "clicks": EventList(
        EventKind.CLICK,
        RowTypes(OldClick, Click, MarketingClick),
        ("ip", "user_agent", "referrer", "link", "url"),
    ),
    "deliveries": EventList(
        EventKind.DELIVERY, RowTypes(Delivery, Delivery, MarketingDelivery), ("metadata",)
    ),
    "errors": EventList(EventKind.BOUNCE, RowTypes(Error, Error, MarketingError), ("metadata",)),
    "abuses": EventList(EventKind.COMPLAINT, RowTypes(Abuse, Abuse, MarketingAbuse), ("metadata",)),
    "unsubscribes": EventList(
        EventKind.UNSUBSCRIBE,
        RowTypes(Unsubscribe, Unsubscribe, MarketingUnsubscribe),
        ("metadata",),
    ),
}

NAMES: Final[Mapping[EventKind, str]] = {one.kind: name for name, one in LISTS.items()}

Titles = Mapping[str, str]
"""Link id → its title."""


def row_of(type: type[Row], event: Event, zone: ZoneInfo, titles: Titles) -> Row:
    """The event as a row of this type: each of its fields by name."""
    reported = _read_particulars(event.metadata) if event.metadata else {}
    known = FIELDS | NUMBERS if type is ProfiledImpression else FIELDS
    values = {
        name: known[name](event, reported) for name in type.__struct_fields__ if name in known
    }
    if "link_title" in type.__struct_fields__:
        values["link_title"] = titles.get(event.link)
    return type(timestamp=to_local(event.occurred_at, zone), **values)


def attempts_of(event: Event) -> int:
    """How often a mail was tried before this delivery."""
    return _whole(_read_particulars(event.metadata).get("attempt"))


Particulars = Mapping[str, Any]
Field = Callable[[Event, Particulars], Any]


def _read_particulars(metadata: str) -> Particulars:
    try:
        reported = msgspec.json.decode(metadata)
    except (ValueError, RecursionError):
        return {}
    return reported if isinstance(reported, dict) else {}


def _column(name: str) -> Field:
    return lambda event, _: getattr(event, name) or None


def _number(name: str) -> Field:
    def number(event: Event, _: Particulars) -> int | None:
        text = getattr(event, name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    return number


def _reported(name: str) -> Field:
    def text(_: Event, reported: Particulars) -> Text:
        value = reported.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return str(value)

    return text


def _whole(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _report(_: Event, reported: Particulars) -> dict[str, Any]:
    report = reported.get("report")
    return report if isinstance(report, dict) else {}


REPORTED: Final = (
    *("errorcode", "status", "description", "errortype", "errortypedescription"),
    *("recognized_as", "feedback_type", "arf_version", "details", "source"),
)
"""Fields that whoever ingests an event gives in its metadata, by the same names."""

FIELDS: Final[dict[str, Field]] = {
    "ID": lambda event, _: str(event.id),
    "ip": _column("ip"),
    "user_agent": _column("user_agent"),
    "useragent": _column("user_agent"),
    "referer": _column("referrer"),
    "device": lambda event, _: event.device or "unknown",
    "link_id": _column("link"),
    "link": _column("url"),
    "emailing": _column("emailing"),
    "mailing": _column("emailing"),
    "destination": _column("destination"),
    "profile": _column("profile"),
    "subprofile": _column("subprofile"),
    "attempt": lambda _, reported: str(_whole(reported.get("attempt"))),
    "attempts": lambda _, reported: _whole(reported.get("attempt")) + 1,
    "smtp_response": _reported("smtp-response"),
    **{name: _reported(name) for name in REPORTED},
    "report": _report,
    "success": lambda _, reported: reported.get("success") is not False,
}
"""Where a row's field comes from, by its name; `timestamp` and `link_title` need more."""

NUMBERS: Final[dict[str, Field]] = {
    "profile": _number("profile"),
    "subprofile": _number("subprofile"),
}
