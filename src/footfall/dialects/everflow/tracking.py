"""What becomes of a tracking call: its event, and what the caller is answered.

Everything it needs is in memory. `dialects/everflow/hot_paths.py` has the paths.
"""

from typing import Any

import msgspec

from footfall.capture.enrichment import NOTHING, RequestContext
from footfall.capture.recorder import Capture, Receipt
from footfall.capture.signed_links import Signer
from footfall.core.classification import Fields
from footfall.core.events import EventKind, Verdict
from footfall.core.ports import Trackers
from footfall.dialects.everflow.calls import (
    COUPON,
    Call,
    Parameters,
    fill_in,
    read_call,
    seen_by_server,
)
from footfall.dialects.everflow.ids import transaction_id
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.records import SOURCE


class Tracked(msgspec.Struct, frozen=True):
    """`receipt` None: nothing was recorded, as for HEAD. `landing` is where a click leads, "" for
    an offer that nobody knows; `paused` when the offer is not active."""

    transaction: str
    offer: int
    advertiser: int
    receipt: Receipt | None
    landing: str = ""
    paused: bool = False


class Tracking:
    def __init__(self, capture: Capture, trackers: Trackers, signer: Signer, index: Index) -> None:
        self._capture = capture
        self._trackers = trackers
        self._signer = signer
        self._index = index

    async def track(
        self,
        kind: EventKind,
        path: str,
        parameters: Parameters,
        request: RequestContext,
        *,
        counts: bool = True,
        fixed: Fields = NOTHING,
    ) -> Tracked:
        """Record an impression or a click; `fixed` are fields that no parameter may change. What
        nobody knows the offer of is an orphan, and gets an id all the same: the vendor's script
        waits for one for ever."""
        call = read_call(parameters, self._trackers, self._index)
        call = msgspec.structs.replace(call, fields={**call.fields, **fixed})
        receipt = await self._record(kind, path, call, parameters, request) if counts else None
        transaction = call.again or (transaction_id(receipt.event) if receipt else "")
        tracker = call.tracker
        return Tracked(
            transaction=transaction,
            offer=call.offer,
            advertiser=int(tracker.references.get("advertiser", 0)) if tracker else 0,
            receipt=receipt,
            landing=fill_in(call, transaction, parameters),
            paused=tracker is not None and tracker.paused_at(request.at),
        )

    async def track_for_server(
        self, text: str, parameters: Parameters, request: RequestContext, *, counts: bool = True
    ) -> Tracked | None:
        """What a server says that somebody saw. Only a link that we signed may say so; None for
        any other. What the link says counts more than what is appended to it."""
        link = self._signer.read(text)
        tracker = None if link is None else self._trackers.tracker_with_id(link.tracker)
        if link is None or link.landing or tracker is None or tracker.source != SOURCE:
            return None
        seen = seen_by_server(request, parameters)
        said = {**parameters, "oid": str(link.tracker)}
        return await self.track(
            link.kind, "/s2s/", said, seen, counts=counts, fixed=link.references
        )

    async def _record(
        self,
        kind: EventKind,
        path: str,
        call: Call,
        parameters: Parameters,
        request: RequestContext,
    ) -> Receipt | None:
        if call.tracker is None:
            owner = self._trackers.owner()
            if owner is None:
                return None
            # Of the query only what names the offer: the rest may be the person's.
            orphaned = (
                f"{path}?oid={parameters.get('oid', '')}&{COUPON}={parameters.get(COUPON, '')}"
            )
            return await self._capture.record_orphan(owner.id, orphaned, request, kind, SOURCE)
        verdict, reason = _verdict(call, kind, request)
        also: dict[str, Any] = dict(call.fields)
        if kind is EventKind.CLICK:
            also["url"] = call.landing
        return await self._capture.record(
            call.tracker, request, verdict, reason, kind=kind, also=also
        )


def _verdict(call: Call, kind: EventKind, request: RequestContext) -> tuple[Verdict | None, str]:
    """None leaves the classification to the enrichment."""
    assert call.tracker is not None
    if call.tracker.paused_at(request.at):
        return Verdict.REFUSED, "paused"
    if kind is EventKind.CLICK and call.again:
        return Verdict.DUPLICATE, "duplicate"
    return None, ""
