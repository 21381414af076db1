"""Whose rows a caller sees: a network's key those of the account, an affiliate's key its own.

An affiliate's key has no scope, so nothing but the operations below `AFFILIATES` takes it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from footfall.api.operations import Call
from footfall.core.accounts import Account, ApiKey, Caller, Scope
from footfall.core.errors import Forbidden, InvalidRequest
from footfall.dialects.everflow.filters import ANYTHING, Among, Query
from footfall.dialects.everflow.records import ACTIVE, AffiliateKeyRow, AffiliateRow

NETWORKS: Final = "/v1/networks"
AFFILIATES: Final = "/v1/affiliates"

OF_AFFILIATES: Final = "affiliate"
"""The option of an operation that is for affiliates' keys alone, and where their affiliate is
left."""

OPTIONS: Final[Mapping[str, dict[str, Any]]] = {
    NETWORKS: {"scope": Scope.READ},
    AFFILIATES: {"scope": None, OF_AFFILIATES: True},
}
"""Prefix → the options of an operation that reads."""

OUT_OF_REALM: Final = (
    "Out Of Realm: this path takes affiliates' keys. "
    "Make one with: POST /v1/networks/affiliates/{id}/apikeys"
)

NETWORKS_ONLY: Final = (
    "Out Of Realm: this key is an affiliate's, and opens paths below /v1/affiliates alone."
)

HIDDEN: Final = frozenset(
    {
        *("advertiser", "account_manager", "sales_manager", "everflow_account_manager"),
        *("affiliate_manager", "account_executive", "affiliate_tier", "billing_frequency"),
        *("offer_group", "business_unit", "channel", "label", "project_id"),
        *("payout_type", "payout_amount", "revenue_type", "revenue_amount"),
        *(f"adv{number}" for number in range(1, 11)),
    }
)
"""Columns and types of filters that tell what the network keeps for itself."""


class View(msgspec.Struct, frozen=True):
    """`affiliate` 0: all of the account."""

    account: Account
    affiliate: int = 0

    def check(self, query: Query | None, columns: Sequence[str]) -> None:
        """Raises InvalidRequest for what an affiliate may not ask."""
        if not self.affiliate:
            return
        filters = (*(query.filters or ()), *(query.exclusions or ())) if query else ()
        for name in (*columns, *(one.resource_type for one in filters)):
            if name in HIDDEN:
                raise InvalidRequest(f"Unknown to affiliates: '{name}'.")

    def confine(self, conditions: Mapping[str, Among] | None) -> Mapping[str, Among] | None:
        """With the affiliate as a condition; None when no event can match."""
        if conditions is None or not self.affiliate:
            return conditions
        own = Among(frozenset({str(self.affiliate)})) & conditions.get("affiliate", ANYTHING)
        return None if own.impossible else {**conditions, "affiliate": own}


def view_of(call: Call[Any]) -> View:
    request = call.request
    return View(request.auth.account, request.scope["state"].get(OF_AFFILIATES, 0))


def key_of_affiliate(session: Session, caller: Caller) -> AffiliateKeyRow | None:
    return session.get(AffiliateKeyRow, caller.who.id) if isinstance(caller.who, ApiKey) else None


def find_affiliate(session: Session, caller: Caller) -> int:
    """Whose key it is. Raises Forbidden, also for an affiliate that is not active."""
    key = key_of_affiliate(session, caller)
    row = session.get(AffiliateRow, key.affiliate_id) if key is not None else None
    if row is None or row.account_id != caller.account.id:
        raise Forbidden(OUT_OF_REALM)
    if row.status != ACTIVE:
        raise Forbidden(f"The affiliate {row.id} is {row.status}.")
    return row.id
