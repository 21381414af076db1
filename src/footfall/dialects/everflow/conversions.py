"""Conversions: what a call says, which click or impression it belongs to, and its event.

    read → find the click in the event store → one transaction: new? then its event → journal

A conversion that counts is known by its transaction, goal and order, for as long as its offer is
there. What cannot be attributed is an orphan, and what is not valid is refused: both are recorded
and do not count. docs/decisions/0039-conversions.md

https://developers.everflow.io, docs/everflow-sdk/conversion_tracking
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.parts import Parts
from footfall.capture.enrichment import RequestContext, protect
from footfall.catalog.catalog import add_pending_events
from footfall.catalog.tables import AccountRow
from footfall.core.accounts import Privacy
from footfall.core.errors import InvalidRequest, JournalUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import received_at
from footfall.core.queries import EventQuery
from footfall.core.trackers import Tracker
from footfall.dialects.everflow.amounts import earned, read_amount
from footfall.dialects.everflow.calls import COUPON, TEXTS, Extra, Parameters, read_number
from footfall.dialects.everflow.ids import read_transaction_id, transaction_id
from footfall.dialects.everflow.index import Coupon, Index
from footfall.dialects.everflow.records import SOURCE, AdvertiserRow, ConversionRow, OfferRow

TRANSACTIONS_MAX: Final = 10
"""Of a list, as the vendor's script keeps it: the latest."""
GOAL_LENGTH_MAX: Final = 100
ORDER_LENGTH_MAX: Final = 200
NAMED_LENGTH_MAX: Final = 100

UNKNOWN_TRANSACTION: Final = "unknown transaction"
NO_TRANSACTION: Final = "no transaction"
NEVER_KEPT: Final = frozenset({"email", "user_id", "order", "verification_token"})
"""Parameters that name the person, or prove who calls."""

_OF_PERSON: Final = (
    *("referrer", "referrer_host", "ip", "user_agent", "language", "country", "region", "city"),
    *("postal_code", "metro_code", "time_zone", "asn", "isp", "carrier", "connection_type"),
    *("device", "device_make", "device_model", "os"),
    *("os_version", "browser", "browser_version"),
)
_OF_CLICK: Final = (
    *("offer", "offer_url", "affiliate", "advertiser", "creative", "campaign", "coupon"),
    *("project", "traffic_source", *TEXTS.values()),
)
_FIELDS: Final = tuple(dict.fromkeys((*_OF_PERSON, *_OF_CLICK)))
_ATTRIBUTED: Final = frozenset({Verdict.COUNTED, Verdict.DUPLICATE, Verdict.REPEAT})


class ConversionCall(msgspec.Struct, frozen=True, kw_only=True):
    """`transactions` are the events that it names, the latest first; `goal` is "" for the
    conversion itself. Numbers are 0 for none."""

    transactions: tuple[int, ...]
    network: int
    offer: int
    advertiser: int
    coupon: str
    goal: str
    order: str
    sale_micros: int
    token: str
    url: str
    named: str
    """The transactions as they came, cut."""
    texts: Mapping[str, str]
    parameters: Parameters


class Converted(msgspec.Struct, frozen=True):
    """What the caller is answered. `conversion` is "" for what does not count; `outcome` stands in
    the header."""

    conversion: str
    transaction: str
    outcome: str


class _Found(msgspec.Struct, frozen=True):
    """Whose conversion it is: the event that it is attributed to, or a coupon."""

    account: int
    click: Event | None = None
    coupon: Coupon | None = None


def read_conversion(parameters: Parameters) -> ConversionCall:
    """Raises InvalidRequest."""
    listed = parameters.get("transaction_id", "").split("|")[-TRANSACTIONS_MAX:]
    known = [id for text in reversed(listed) if (id := read_transaction_id(text.strip()))]
    goal = parameters.get("event_id", "") or parameters.get("adv_event_id", "")
    return ConversionCall(
        transactions=tuple(dict.fromkeys(known)),
        network=read_number(parameters.get("nid", "")),
        offer=read_number(parameters.get("oid", "")),
        advertiser=read_number(parameters.get("aid", "") or parameters.get("advid", "")),
        coupon=parameters.get("coupon_code", "") or parameters.get(COUPON, ""),
        goal=_line("event_id", "" if goal == "0" else goal, GOAL_LENGTH_MAX),
        order=_line("order_id", parameters.get("order_id", ""), ORDER_LENGTH_MAX),
        sale_micros=read_amount(parameters.get("amount", "")),
        token=parameters.get("verification_token", ""),
        url=parameters.get("event_source_url", ""),
        named=parameters.get("transaction_id", "")[:NAMED_LENGTH_MAX],
        texts={
            column: text for name, column in TEXTS.items() if (text := parameters.get(name, ""))
        },
        parameters={name: text for name, text in parameters.items() if name not in NEVER_KEPT},
    )


def _line(name: str, text: str, length_max: int) -> str:
    text = text.strip()
    if len(text) > length_max or not text.isprintable():
        raise InvalidRequest(f"'{name}' must be a text of at most {length_max} characters.")
    return text


def key_of(account: int, call: ConversionCall, click: int) -> bytes | None:
    """What a conversion is known by; None for one that nothing tells from another."""
    if not click and not call.order:
        return None
    of = msgspec.json.encode((account, click, call.goal, call.order, "" if click else call.coupon))
    return hashlib.blake2b(of, digest_size=16).digest()


class Conversions:
    """Records conversions. Its methods run on the event loop."""

    def __init__(self, parts: Parts, index: Index) -> None:
        self._parts = parts
        self._index = index

    async def record(self, parameters: Parameters, request: RequestContext) -> Converted:
        """Durable when it returns. Raises InvalidRequest, and Unavailable: nothing is recorded
        then, and the same call can come again."""
        call = read_conversion(parameters)
        with self._index.conversions.taken():
            found = await self._find(call)
            if found.click is None and found.coupon is None:
                return await self._record_orphan(found.account, call, request)
            return await self._record_found(found, call)

    async def _find(self, call: ConversionCall) -> _Found:
        """Raises StoreUnavailable."""
        accounts = await asyncio.to_thread(self._accounts_of, call)
        for account in accounts if call.transactions else ():
            if (click := await self._find_click(account, call)) is not None:
                return _Found(account, click=click)
        account = accounts[0] if len(accounts) == 1 else 0
        coupon = self._index.coupon(call.coupon) if call.coupon else None
        if coupon is not None and not call.named:
            tracker = self._parts.catalog.tracker_with_id(coupon.offer)
            fits = tracker is not None and call.offer in (0, coupon.offer)
            if tracker is not None and fits and tracker.account in accounts:
                return _Found(tracker.account, coupon=coupon)
        return _Found(account)

    async def _find_click(self, account: int, call: ConversionCall) -> Event | None:
        query = EventQuery(
            account=account,
            ids=call.transactions,
            sources=(SOURCE,),
            kinds=(EventKind.CLICK, EventKind.IMPRESSION),
            fields=_FIELDS,
            limit=len(call.transactions),
        )
        page = await self._parts.reader.events(query)
        events = {event.id: event for event in page.events if _belongs(event, call)}
        return next((events[id] for id in call.transactions if id in events), None)

    def _accounts_of(self, call: ConversionCall) -> list[int]:
        """Where the click may be: in the account of what the call names; none where it names what
        is of several or of none; all that have offers, when it names nothing. Blocks."""
        catalog = self._parts.catalog
        named = set() if not (call.network or call.advertiser) else self._accounts_named(call)
        if call.offer:
            tracker = catalog.tracker_with_id(call.offer)
            named.add(tracker.account if tracker and tracker.source == SOURCE else 0)
        elif coupon := self._index.coupon(call.coupon) if call.coupon else None:
            tracker = catalog.tracker_with_id(coupon.offer)
            named.add(tracker.account if tracker else 0)
        if not named:
            with catalog.reading() as session:
                having_offers = list(session.scalars(select(OfferRow.account_id).distinct()))
            return having_offers or [account.id for account in catalog.accounts()]
        return [*named] if len(named) == 1 and 0 not in named else []

    def _accounts_named(self, call: ConversionCall) -> set[int]:
        with self._parts.catalog.reading() as session:
            found = set()
            if call.network:
                found.add(call.network if session.get(AccountRow, call.network) else 0)
            if call.advertiser:
                row = session.get(AdvertiserRow, call.advertiser)
                found.add(row.account_id if row else 0)
            return found

    async def _record_orphan(
        self, account: int, call: ConversionCall, request: RequestContext
    ) -> Converted:
        """Whoever calls is a server, or says so: nothing of the caller is kept."""
        capture, catalog = self._parts.capture, self._parts.catalog
        reason = UNKNOWN_TRANSACTION if call.named else NO_TRANSACTION
        seen = RequestContext(at=request.at)
        tracker = catalog.tracker_with_id(call.offer) if account and call.offer else None
        if tracker is not None:
            also: dict[str, Any] = {"goal": call.goal, "sale_micros": call.sale_micros}
            extra = Extra(transaction=call.named)
            receipt = await capture.record(
                tracker,
                seen,
                *(Verdict.ORPHAN, reason),
                kind=EventKind.CONVERSION,
                also={**also, "metadata": msgspec.json.encode(extra).decode()},
            )
        else:
            owner = catalog.owner()
            if not account and owner is None:
                return Converted("", call.named, "not counted")
            path = f"/sdk/conversion?nid={call.network}&oid={call.offer}"
            path += f"&transaction_id={call.named}"
            of = account or (owner.id if owner else 0)
            receipt = await capture.record_orphan(
                of, path, seen, EventKind.CONVERSION, SOURCE, reason
            )
        if not receipt.recorded:
            raise JournalUnavailable("The conversion is not recorded. Send it again shortly.")
        return Converted("", call.named, receipt.verdict)

    async def _record_found(self, found: _Found, call: ConversionCall) -> Converted:
        source = found.click or found.coupon
        assert source is not None
        offer = int(source.offer)
        tracker = self._parts.catalog.tracker_with_id(offer)
        async with self._parts.pending_events.open() as (id,):
            event, first = await asyncio.to_thread(self._transact, found, call, tracker, offer, id)
            if event is not None:
                await self._parts.pending_events.keep([event])
        transaction = transaction_id(found.click.id if found.click else first or id)
        if event is None:
            return Converted(transaction_id(first), transaction, "duplicate")
        if event.verdict is not Verdict.COUNTED:
            return Converted("", transaction, event.verdict)
        return Converted(transaction_id(id), transaction, "recorded")

    def _transact(
        self, found: _Found, call: ConversionCall, tracker: Tracker | None, offer: int, id: int
    ) -> tuple[Event | None, int]:
        """The event that is promised, or None and the id of the one that was recorded before."""
        click = found.click.id if found.click else 0
        key = key_of(found.account, call, click)
        with self._parts.catalog.writing() as session:
            known = session.get(ConversionRow, key) if key is not None else None
            if known is not None:
                return None, known.event_id
            row = session.get(OfferRow, offer)
            if row is not None and row.account_id != found.account:
                row = None
            event = _Attribution(found, call, tracker, row, id).event(session)
            if event.verdict is Verdict.COUNTED:
                named = key if key is not None else b"%d" % id
                session.add(ConversionRow(key=named, offer_id=offer, click_id=click, event_id=id))
            add_pending_events(session, [event])
        return event, 0


def _belongs(click: Event, call: ConversionCall) -> bool:
    """Whether the click is of the offer and the advertiser that the call names."""
    return (not call.offer or click.offer == str(call.offer)) and (
        not call.advertiser or click.advertiser == str(call.advertiser)
    )


class _Attribution(msgspec.Struct, frozen=True):
    """A conversion that belongs to a click, an impression or a coupon. `offer` None: it is not
    there, or another account's."""

    found: _Found
    call: ConversionCall
    tracker: Tracker | None
    offer: OfferRow | None
    id: int

    def event(self, session: Session) -> Event:
        call, click, offer = self.call, self.found.click, self.offer
        verdict, reason = self._verdict(session)
        privacy = self.tracker.privacy if self.tracker is not None else Privacy.COARSE
        coarse = privacy is Privacy.COARSE
        fields = self._fields(privacy)
        fields |= {column: text for column, text in call.texts.items() if not fields.get(column)}
        extra = Extra(
            query={} if coarse else call.parameters,
            masked=privacy is Privacy.TRUNCATED,
            transaction=transaction_id(click.id if click else self.id),
            clicked_at=click.occurred_at if click else 0,
            order="" if coarse else call.order,
        )
        if offer is not None and not call.goal:
            fields["payout_micros"] = earned(offer.payout_type, offer.payout, call.sale_micros)
            fields["revenue_micros"] = earned(offer.revenue_type, offer.revenue, call.sale_micros)
        return Event(
            id=self.id,
            account=self.found.account,
            tracker=offer.id if offer is not None else 0,
            kind=EventKind.CONVERSION,
            source=SOURCE,
            verdict=verdict,
            reason=reason,
            url="" if coarse else call.url,
            goal=call.goal,
            sale_micros=call.sale_micros,
            metadata=msgspec.json.encode(extra).decode(),
            **fields,
        )

    def _fields(self, privacy: Privacy) -> dict[str, Any]:
        """What it has of the click or impression, or of the coupon."""
        if (click := self.found.click) is not None:
            person = {name: value for name in _OF_PERSON if (value := getattr(click, name))}
            # The mode may be another than that of the click.
            kept = protect(person, privacy)
            fields = {name: text for name in _OF_CLICK if (text := getattr(click, name))}
            return {**kept, **fields, "attribution": str(click.kind)}
        coupon = self.found.coupon
        assert coupon is not None
        references = self.tracker.references if self.tracker is not None else {}
        affiliate = {"affiliate": coupon.affiliate} if coupon.affiliate else {}
        return {**references, **affiliate, "coupon": coupon.code, "attribution": "coupon"}

    def _verdict(self, session: Session) -> tuple[Verdict, str]:
        """With its reason."""
        if self.offer is None or self.tracker is None:
            return Verdict.ORPHAN, "unknown offer"
        if self.tracker.paused_at(received_at(self.id)):
            return Verdict.REFUSED, "paused"
        if (click := self.found.click) is not None:
            if click.verdict not in _ATTRIBUTED:
                return Verdict.REFUSED, f"{click.kind}: {click.verdict}"
            if click.kind is EventKind.IMPRESSION and not self.offer.view_through:
                return Verdict.REFUSED, "view-through is off"
        advertiser = session.get(AdvertiserRow, self.offer.advertiser_id)
        token = advertiser.verification_token if advertiser else ""
        if token and not hmac.compare_digest(token.encode(), self.call.token.encode()):
            return Verdict.REFUSED, "verification token"
        return Verdict.COUNTED, ""
