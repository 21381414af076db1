"""Tracking links: what is placed on a page, in an ad server, or called by one.

POST /v1/networks/tracking/offers/clicks and …/impressions, as the vendor's clients call them.
"""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from footfall.api.operations import operation
from footfall.capture.signed_links import SignedLink
from footfall.core.events import EventKind
from footfall.dialects.everflow import records
from footfall.dialects.everflow.calls import NUMBERS, TEXTS
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.records import (
    AffiliateRow,
    CampaignRow,
    CreativeRow,
    OfferRow,
    OfferUrlRow,
    Record,
)
from footfall.dialects.everflow.resources import Id, IdOrNone, Line
from footfall.dialects.everflow.view import NETWORKS

_NAMED: Final[dict[str, tuple[str, type[Record]]]] = {
    "network_affiliate_id": ("affid", AffiliateRow),
    "network_offer_url_id": ("uid", OfferUrlRow),
    "creative_id": ("creative_id", CreativeRow),
    "network_campaign_id": ("campaign_id", CampaignRow),
}


_MORE: Final = ("network_offer_url_id", "creative_id", "network_campaign_id")
_SAID: Final = tuple(name for name in TEXTS if not name.startswith("adv"))
_FIELDS: Final[list[Any]] = [
    ("network_offer_id", Id),
    ("network_affiliate_id", Id),
    *((name, IdOrNone, 0) for name in _MORE),
    *((name, Line, "") for name in _SAID),
    ("is_server_side", bool, False),
]
LinkRequest: Final[Any] = msgspec.defstruct(
    "LinkRequest",
    _FIELDS,
    frozen=True,
    kw_only=True,
    namespace={
        "__doc__": "`is_server_side`, ours: a link for a server that tells what somebody saw."
    },
)


class Link(msgspec.Struct, frozen=True):
    url: str


@operation(
    f"POST {NETWORKS}/tracking/offers/impressions",
    "Make a link for impressions",
    body=LinkRequest,
    answer=Link,
)
def make_impression_link(call: Call, body: Any) -> Link:
    """A pixel's URL, or the one that a server calls."""
    parameters = _parameters(call, body)
    if body.is_server_side:
        columns = NUMBERS | TEXTS
        link = SignedLink(
            body.network_offer_id,
            EventKind.IMPRESSION,
            {columns[name]: text for name, text in parameters.items()},
        )
        return Link(f"{call.api.public_base}/s2s/{call.api.parts.signer.write(link)}")
    return _link(call, "imp", body, parameters)


@operation(
    f"POST {NETWORKS}/tracking/offers/clicks",
    "Make a link for clicks",
    body=LinkRequest,
    answer=Link,
)
def make_click_link(call: Call, body: Any) -> Link:
    """A link that leads to the offer's page."""
    return _link(call, "clk", body, _parameters(call, body))


def _parameters(call: Call, body: Any) -> dict[str, str]:
    """What the link says, by parameter. Raises NotFound for what is not the account's."""
    parameters = {name: text for name in _SAID if (text := getattr(body, name))}
    with call.reading() as session:
        records.find(session, OfferRow, call.account, body.network_offer_id)
        for field, (parameter, rows) in _NAMED.items():
            if id := getattr(body, field):
                records.find(session, rows, call.account, id)
                parameters[parameter] = str(id)
    return parameters


def _link(call: Call, first: str, body: Any, parameters: dict[str, str]) -> Link:
    more = {name: text for name, text in parameters.items() if name != "affid"}
    query = f"?{urlencode(more)}" if more else ""
    link = link_to(call, first, body.network_affiliate_id, body.network_offer_id)
    return Link(f"{link}{query}")


def link_to(call: Call, first: str, affiliate: int, offer: int) -> str:
    """`first` is the first part of the link's path: `clk` or `imp`."""
    return f"{call.api.public_base}/{first}/{affiliate}/{offer}/"
