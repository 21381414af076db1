"""What a tracking call says: its parameters, read into the fields of an event. Pure and hot.

https://developers.everflow.io, docs/everflow-sdk/impression_tracking; docs/dialects/everflow.md
has the parameters.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote_plus

import msgspec

from footfall.capture.client_address import node_address
from footfall.capture.enrichment import RequestContext
from footfall.core.accounts import Privacy
from footfall.core.ports import Trackers
from footfall.core.trackers import Tracker
from footfall.dialects.everflow.columns import CALL, columns
from footfall.dialects.everflow.ids import read_transaction_id
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.records import ID_MAX, SOURCE

QUERY_BYTES_MAX: Final = 8_192
PARAMETERS_MAX: Final = 100
LANDING_LENGTH_MAX: Final = 8_192
TEXT_LENGTH_MAX: Final = 512
"""Longer values of parameters are cut."""

Parameters = Mapping[str, str]

NUMBERS: Final = {
    "affid": "affiliate",
    "uid": "offer_url",
    "creative_id": "creative",
    "campaign_id": "campaign",
}
"""Parameters that name a resource by its id → the event's column."""

TEXTS: Final = columns(CALL)

COUPON: Final = "__cc"
VIEW: Final = "impression_transaction_id"
"""The view-through id: the impression that somebody saw before clicking, as the SDK has kept it."""
AGAIN: Final = "_ef_transaction_id"
"""A click that is recorded already, by the link that led to the page."""

SAID_BY_A_SERVER: Final = frozenset({"user_ip", "user_agent", "referer", "accept_language"})
"""What a server tells of the person for whom it calls; from anybody else they are not kept."""


class Extra(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event's `metadata` holds. `query` are the parameters as they came, `masked` says that
    the address is cut to its network, `view` is the view-through id. A conversion has the rest:
    the click's `transaction`, when that was (milliseconds since 1970) and the order."""

    query: Mapping[str, str] = {}
    masked: bool = False
    view: str = ""
    transaction: str = ""
    clicked_at: int = 0
    order: str = ""


class Call(msgspec.Struct, frozen=True):
    """`tracker` None: nobody knows the offer. `offer` is the number that was requested, or 0."""

    tracker: Tracker | None
    offer: int
    fields: Mapping[str, Any]
    landing: str = ""
    again: str = ""
    """The transaction id of a click that is recorded already."""


def read_parameters(query: bytes) -> dict[str, str]:
    """Of a query; what is not UTF-8 is replaced, the last of the same name counts."""
    found: dict[str, str] = {}
    pieces = query[:QUERY_BYTES_MAX].decode("utf-8", "replace").split("&", PARAMETERS_MAX)
    for piece in pieces[:PARAMETERS_MAX]:
        name, _, value = _unquoted(piece)
        if name:
            found[name[:TEXT_LENGTH_MAX]] = value[:TEXT_LENGTH_MAX]
    return found


def _unquoted(piece: str) -> tuple[str, str, str]:
    """Most have nothing to unquote, and looking takes a tenth of the time."""
    name, between, value = piece.partition("=")
    if "%" in piece or "+" in piece:
        return unquote_plus(name), between, unquote_plus(value)
    return name, between, value


def read_number(text: str) -> int:
    """0 for what is no id."""
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        return 0
    number = int(text)
    return number if number <= ID_MAX else 0


def read_call(parameters: Parameters, trackers: Trackers, index: Index) -> Call:
    """The offer is the one of `oid`, or of the coupon when no such offer is named."""
    offer = read_number(parameters.get("oid", ""))
    tracker = _offer(trackers, offer)
    code = parameters.get(COUPON, "")
    coupon = index.coupon(code) if code else None
    if tracker is None and coupon is not None:
        tracker, offer = _offer(trackers, coupon.offer), coupon.offer
    fields: dict[str, Any] = {}
    for name, text in parameters.items():
        if name in TEXTS:
            if text:
                fields[TEXTS[name]] = text
        elif name in NUMBERS and (number := read_number(text)):
            fields[NUMBERS[name]] = str(number)
    if code:
        fields["coupon"] = code.strip()
    if tracker is None:
        return Call(None, offer, fields)
    if coupon is not None and coupon.offer == tracker.id:
        fields["coupon"] = coupon.code
        if coupon.affiliate:
            fields.setdefault("affiliate", coupon.affiliate)
    metadata = msgspec.json.encode(_extra(parameters, tracker.privacy))
    if metadata != b"{}":
        fields["metadata"] = metadata.decode()
    again = parameters.get(AGAIN, "")
    return Call(
        tracker=tracker,
        offer=offer,
        fields=fields,
        landing=_landing(tracker, fields, index),
        again=again if read_transaction_id(again) is not None else "",
    )


def _offer(trackers: Trackers, offer: int) -> Tracker | None:
    """An offer has its tracker's id."""
    tracker = trackers.tracker_with_id(offer) if offer else None
    return tracker if tracker is not None and tracker.source == SOURCE else None


def _extra(parameters: Parameters, privacy: Privacy) -> Extra:
    """A coarse event keeps no free text of a stranger: parameters may name the person."""
    if privacy is Privacy.COARSE:
        return Extra()
    view = parameters.get(VIEW, "")
    return Extra(
        query={name: value for name, value in parameters.items() if name not in SAID_BY_A_SERVER},
        masked=privacy is Privacy.TRUNCATED,
        view=view if read_transaction_id(view) is not None else "",
    )


def _landing(tracker: Tracker, fields: dict[str, Any], index: Index) -> str:
    url = index.url(int(fields["offer_url"])) if "offer_url" in fields else None
    return url.destination if url is not None and url.offer == tracker.id else tracker.destination


def seen_by_server(request: RequestContext, parameters: Parameters) -> RequestContext:
    """What a server saw, in place of what the server is itself."""
    return msgspec.structs.replace(
        request,
        ip=node_address(parameters.get("user_ip", "")),
        user_agent=parameters.get("user_agent", ""),
        referrer=parameters.get("referer", ""),
        accept_language=parameters.get("accept_language", ""),
        purpose="",
        country="",
    )


# ── where a click leads ───────────────────────────────────────────────────────────────────────

_MACRO: Final = re.compile(r"\{([a-z_]+[0-9]{0,2})\}")
_MACROS: Final = {
    "offer_id": "offer",
    "advertiser_id": "advertiser",
    "affiliate_id": "affiliate",
    "offer_url_id": "offer_url",
    "creative_id": "creative",
    "campaign_id": "campaign",
    "coupon_code": "coupon",
    "project_id": "project",
    **TEXTS,
}
"""Macro → the event's column."""


def fill_in(call: Call, transaction: str, parameters: Parameters) -> str:
    """The landing with its macros, such as `{transaction_id}`; what is no macro stays. What a
    visitor said is left out where it would make the URL longer than servers take."""
    if "{" not in call.landing or call.tracker is None:
        return call.landing
    known = {**call.tracker.references, **call.fields}
    view = parameters.get(VIEW, "")

    def fill(macro: re.Match[str]) -> str:
        name = macro[1]
        if name == "transaction_id":
            return transaction
        if name == VIEW:
            return view if read_transaction_id(view) is not None else ""
        if name not in _MACROS:
            return macro[0]
        return quote(known.get(_MACROS[name], ""), safe="")

    filled = _MACRO.sub(fill, call.landing)
    if len(filled) > LANDING_LENGTH_MAX:
        parameters, known = {}, dict(call.tracker.references)
        view = ""
        filled = _MACRO.sub(fill, call.landing)
    return filled
