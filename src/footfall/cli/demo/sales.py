"""What the advertisers' servers post back: conversions, events after them, and some that nobody
knows the transaction of. Those that count are in the table that makes a repetition a duplicate."""

from typing import Any, Final

import msgspec

from footfall.cli.demo.stage import Scene, at_of
from footfall.core.accounts import Privacy
from footfall.core.calendar import HOUR_MS
from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.everflow.amounts import earned
from footfall.dialects.everflow.calls import Extra
from footfall.dialects.everflow.conversions import (
    UNKNOWN_TRANSACTION,
    ConversionCall,
    key_of,
    read_conversion,
)
from footfall.dialects.everflow.ids import transaction_id

GOALS: Final = ("review", "second-order")
"""Events after a conversion."""
FOLLOWED: Final = 0.5
"""Share of the sales after which one of GOALS is reached."""
PAUSED: Final = {"verdict": Verdict.REFUSED, "reason": "paused"}
LOST: Final = 0.06
"""Of so many sales as this share another call names a transaction of nobody."""
_OF_VISIT: Final = frozenset({"visitor", "url", "verdict", "reason"})


class Terms(msgspec.Struct, frozen=True):
    """Of an offer: what its events name, its coupon ("" for none) and whose that is, what a
    conversion pays, and from when on it is paused (milliseconds since 1970, 0 never)."""

    offer: int
    references: dict[str, str]
    coupon: str
    affiliate: str
    payout_type: str
    payout: float
    revenue_type: str
    revenue: float
    view_through: bool
    refused_from: int

    def refused_at(self, at: int) -> bool:
        return 0 < self.refused_from <= at


class Sales:
    """`rows` are those of ConversionRow."""

    def __init__(self, scene: Scene) -> None:
        self.rows: list[dict[str, Any]] = []
        self._scene = scene
        self._orders = 0

    def buy(self, terms: Terms, seen: Event, fields: dict[str, Any]) -> None:
        """A sale to somebody who clicked, or saw; `fields` are those of that event."""
        draw = self._scene.draw
        person = {name: value for name, value in fields.items() if name not in _OF_VISIT}
        person["attribution"] = str(seen.kind)
        at = at_of(seen) + draw.randrange(60_000, 2_400_000)
        called = {"transaction_id": transaction_id(seen.id)}
        self._convert(terms, at, {**called, **self._order()}, seen, person)
        if draw.random() < FOLLOWED:
            later = at + draw.randrange(HOUR_MS, 90 * HOUR_MS)
            goal = draw.choice(GOALS)
            paid = self._order() if goal == "second-order" else {}
            self._convert(terms, later, {**called, "event_id": goal, **paid}, seen, person)
        if draw.random() < LOST:
            self._lose(terms, at + 5_000)

    def redeem(self, terms: Terms, at: int) -> None:
        """A sale that only a coupon is known of."""
        fields = {
            **terms.references,
            "affiliate": terms.affiliate,
            "coupon": terms.coupon,
            "attribution": "coupon",
        }
        called = {"coupon_code": terms.coupon, **self._order()}
        self._convert(terms, at, called, None, fields)

    def _order(self) -> dict[str, str]:
        self._orders += 1
        cents = self._scene.draw.randrange(900, 12_000)
        return {"order_id": f"order-{self._orders}", "amount": f"{cents / 100:.2f}"}

    def _convert(
        self,
        terms: Terms,
        at: int,
        called: dict[str, str],
        seen: Event | None,
        fields: dict[str, Any],
    ) -> None:
        """As `Conversions` records a call."""
        if at >= self._scene.stage.until:
            return
        call, refused = read_conversion(called), terms.refused_at(at)
        earns = {}
        if not call.goal:
            earns = {
                "payout_micros": earned(terms.payout_type, terms.payout, call.sale_micros),
                "revenue_micros": earned(terms.revenue_type, terms.revenue, call.sale_micros),
            }
        event = self._scene.add(
            at,
            EventKind.CONVERSION,
            {
                **fields,
                **earns,
                **(PAUSED if refused else {"verdict": Verdict.COUNTED}),
                "goal": call.goal,
                "sale_micros": call.sale_micros,
            },
            terms.offer,
        )
        event.metadata = self._extra(call, event if seen is None else seen, seen)
        if refused:
            return
        click = seen.id if seen else 0
        key = key_of(self._scene.stage.account, call, click)
        assert key is not None, "there is an order where there is no click"
        self.rows.append(
            {"key": key, "offer_id": terms.offer, "click_id": click, "event_id": event.id}
        )

    def _extra(self, call: ConversionCall, named: Event, seen: Event | None) -> str:
        privacy = self._scene.stage.privacy
        coarse = privacy is Privacy.COARSE
        extra = Extra(
            query={} if coarse else call.parameters,
            masked=privacy is Privacy.TRUNCATED,
            transaction=transaction_id(named.id),
            clicked_at=seen.occurred_at if seen else 0,
            order="" if coarse else call.order,
        )
        return msgspec.json.encode(extra).decode()

    def _lose(self, terms: Terms, at: int) -> None:
        """Somebody's page sent a transaction of another tool."""
        if at >= self._scene.stage.until:
            return
        lost = f"{self._scene.draw.getrandbits(64):016x}"
        extra = Extra(transaction=lost)
        self._scene.add(
            at,
            EventKind.CONVERSION,
            {
                **terms.references,
                "verdict": Verdict.ORPHAN,
                "reason": UNKNOWN_TRANSACTION,
                "metadata": msgspec.json.encode(extra).decode(),
            },
            terms.offer,
        )
