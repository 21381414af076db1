"""Routes that make tracking links: what is placed on a page, in an ad server, or called by one.

POST /v1/networks/tracking/offers/clicks and …/impressions, as the vendor's clients call them.
"""

from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar import post
from litestar.params import RawBody

from footfall.api.bodies import answer, decode
from footfall.capture.signed_links import SignedLink
from footfall.core.events import EventKind
from footfall.dialects.everflow import nouns
from footfall.dialects.everflow.calls import NUMBERS, TEXTS
from footfall.dialects.everflow.face import PREFIX, Answer, Asked, Face, OurFace
from footfall.dialects.everflow.nouns import (
    AffiliateRow,
    CampaignRow,
    CreativeRow,
    Noun,
    OfferRow,
    OfferUrlRow,
)
from footfall.dialects.everflow.resources import Id, IdOrNone, Line

_NAMED: Final[dict[str, tuple[str, type[Noun]]]] = {
    "network_affiliate_id": ("affid", AffiliateRow),
    "network_offer_url_id": ("uid", OfferUrlRow),
    "creative_id": ("creative_id", CreativeRow),
    "network_campaign_id": ("campaign_id", CampaignRow),
}


class LinkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`is_server_side`, ours: a link for a server that tells what somebody saw."""

    network_offer_id: Id
    network_affiliate_id: Id
    network_offer_url_id: IdOrNone = 0
    creative_id: IdOrNone = 0
    network_campaign_id: IdOrNone = 0
    source_id: Line = ""
    sub1: Line = ""
    sub2: Line = ""
    sub3: Line = ""
    sub4: Line = ""
    sub5: Line = ""
    sub6: Line = ""
    sub7: Line = ""
    sub8: Line = ""
    sub9: Line = ""
    sub10: Line = ""
    is_server_side: bool = False


class Link(msgspec.Struct, frozen=True):
    url: str


@post(f"{PREFIX}/tracking/offers/impressions", status_code=200, sync_to_thread=True)
def make_impression_link(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A pixel's URL, or the one that a server calls."""
    asked = decode(body, LinkRequest)
    parameters = _parameters(request, face, asked)
    if asked.is_server_side:
        columns = NUMBERS | TEXTS
        link = SignedLink(
            asked.network_offer_id,
            EventKind.IMPRESSION,
            {columns[name]: text for name, text in parameters.items()},
        )
        return answer(Link(f"{face.public_base}/s2s/{face.parts.signer.write(link)}"))
    return answer(Link(_link(face, "imp", asked, parameters)))


@post(f"{PREFIX}/tracking/offers/clicks", status_code=200, sync_to_thread=True)
def make_click_link(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A link that goes on to the offer's page."""
    asked = decode(body, LinkRequest)
    return answer(Link(_link(face, "clk", asked, _parameters(request, face, asked))))


def _parameters(request: Asked, face: Face, asked: LinkRequest) -> dict[str, str]:
    """What the link says, by parameter. Raises NotFound for what is not the account's."""
    account = request.auth.account.id
    parameters = {name: text for name in TEXTS if (text := getattr(asked, name, ""))}
    with face.parts.catalog.reading() as session:
        nouns.find(session, OfferRow, account, asked.network_offer_id)
        for field, (parameter, rows) in _NAMED.items():
            if id := getattr(asked, field):
                nouns.find(session, rows, account, id)
                parameters[parameter] = str(id)
    return parameters


def _link(face: Face, first: str, asked: LinkRequest, parameters: dict[str, str]) -> str:
    more = {name: text for name, text in parameters.items() if name != "affid"}
    query = f"?{urlencode(more)}" if more else ""
    place = f"{asked.network_affiliate_id}/{asked.network_offer_id}"
    return f"{face.public_base}/{first}/{place}/{query}"


ROUTES = [make_impression_link, make_click_link]
