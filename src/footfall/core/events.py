"""The event: one immutable fact about something in the world that reported back.

One type serves every source. Its fields are, name for name, the columns of the event store
(`store/migrations/`), so an event is journalled as the very line the engine will take.
A field that holds its default is left out of the line: most events fill twenty fields of eighty.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from footfall.core.ids import received_at


class EventKind(StrEnum):
    """What was observed. `delivery` to `complaint` are of e-mails, and are reported to us."""

    SCAN = "scan"
    IMPRESSION = "impression"
    OPEN = "open"
    CLICK = "click"
    DELIVERY = "delivery"
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    CONVERSION = "conversion"

    __hash__ = str.__hash__
    """The enumeration's own is written in Python, and the hot path looks things up by kind."""


SENT: Final = frozenset({EventKind.DELIVERY, EventKind.BOUNCE})
"""What was sent to a person, and arrived or did not. Every other kind a person did."""


class Verdict(StrEnum):
    """What an event counts as. Nothing is dropped for its verdict; queries decide."""

    COUNTED = "counted"
    BOT = "bot"
    PREVIEW = "preview"
    PREFETCH = "prefetch"
    MACHINE_OPEN = "machine_open"
    DUPLICATE = "duplicate"
    REPEAT = "repeat"
    INTERNAL = "internal"
    ORPHAN = "orphan"
    REFUSED = "refused"

    __hash__ = str.__hash__


DEVICES: Final = ("", "desktop", "mobile", "tablet")
"""Values of `Event.device`."""

Country = Annotated[str, Meta(pattern=r"^([A-Z]{2})?$(?!\n)")]
"""Of `Event.country`: a code of ISO 3166-1, or one in use beside them such as XK."""


_encode: Final = msgspec.json.Encoder().encode


def members_of(fields: Mapping[str, Any]) -> bytes:
    """Fields as members of a JSON object that has others before them: each begins with a comma."""
    return b"," + _encode(fields)[1:-1] if fields else b""


class Event(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One fact. `id` says when it was received (see `core.ids`), `delay` how many milliseconds
    before that it happened: 0 for nearly every event, and so next to nothing to store.

    Text that is unknown or does not apply is "".
    """

    id: int
    account: int
    tracker: int = 0
    kind: EventKind
    source: str
    delay: int = 0
    verdict: Verdict
    reason: str = ""

    url: str = ""
    referrer: str = ""
    referrer_host: str = ""
    ip: str = ""
    user_agent: str = ""
    visitor: int = 0
    language: str = ""

    country: str = ""
    region: str = ""
    city: str = ""
    postal_code: str = ""
    metro_code: str = ""
    time_zone: str = ""
    asn: int = 0
    isp: str = ""
    carrier: str = ""
    connection_type: str = ""

    device: str = ""
    device_make: str = ""
    device_model: str = ""
    os: str = ""
    os_version: str = ""
    browser: str = ""
    browser_version: str = ""

    # References to the resources behind an event. One column each: adding one is a line here,
    # a line in REFERENCES and a migration (CONTRIBUTING.md has the recipe).
    program: str = ""
    poster: str = ""
    ambassador: str = ""
    emailing: str = ""
    destination: str = ""
    profile: str = ""
    subprofile: str = ""
    testgroup: str = ""
    link: str = ""
    code: str = ""
    offer: str = ""
    offer_url: str = ""
    affiliate: str = ""
    advertiser: str = ""
    creative: str = ""
    campaign: str = ""
    coupon: str = ""
    project: str = ""
    traffic_source: str = ""
    sub1: str = ""
    sub2: str = ""
    sub3: str = ""
    sub4: str = ""
    sub5: str = ""
    sub6: str = ""
    sub7: str = ""
    sub8: str = ""
    sub9: str = ""
    sub10: str = ""
    adv1: str = ""
    adv2: str = ""
    adv3: str = ""
    adv4: str = ""
    adv5: str = ""
    adv6: str = ""
    adv7: str = ""
    adv8: str = ""
    adv9: str = ""
    adv10: str = ""
    entity: str = ""
    reader: str = ""
    wallet_pass: str = ""
    pass_template: str = ""
    venue_event: str = ""
    group_tag: str = ""
    goal: str = ""
    attribution: str = ""

    # What a pass reader saw, and what came of it.
    scan_medium: str = ""
    scan_value: str = ""
    scan_status: str = ""
    scan_status_detail: str = ""
    validation: str = ""

    metadata: str = ""
    """A JSON object as text, "" for none: returned exactly as it was given."""

    # Of a conversion: what is paid, earned and sold, in millionths of the currency.
    payout_micros: int = 0
    revenue_micros: int = 0
    sale_micros: int = 0

    @property
    def occurred_at(self) -> int:
        """Milliseconds since 1970, UTC."""
        return received_at(self.id) - self.delay


COLUMNS: Final = tuple(Event.__struct_fields__)
"""Every column of the event store, in the order of the table."""

NUMBERS: Final = frozenset(one.name for one in msgspec.structs.fields(Event) if one.type is int)
"""The columns that hold whole numbers, 0 for none. The others hold text."""

REQUIRED: Final = COLUMNS[: COLUMNS.index("reason")]
"""The columns that say something of every event: what, whose and when."""

REFERENCES: Final = COLUMNS[COLUMNS.index("program") : COLUMNS.index("scan_medium")]
"""The columns that name a resource of some dialect."""
