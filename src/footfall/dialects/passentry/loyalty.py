"""The points of passes.

https://docs.passentry.com/api-reference/v1/loyalty/show-loyalty-balance
"""

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType

from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.bodies import Points, read_points
from footfall.dialects.passentry.dialect import Call, required
from footfall.dialects.passentry.documents import clean
from footfall.dialects.passentry.passes import Message, PassDocument, answer_pass
from footfall.dialects.passentry.records import passes as records


class LoyaltyRequest(msgspec.Struct, frozen=True, rename="camel"):
    """One of the two: a change, or the new balance."""

    balance: Points | UnsetType = UNSET
    override_balance: Points | UnsetType = UNSET
    message: Message | UnsetType | None = UNSET


@operation("GET /loyalty/{pass_id}", "The points of a pass", answer=PassDocument)
def show_loyalty(call: Call, pass_id: str) -> Response[bytes]:
    """The pass and its points."""
    with call.reading() as session:
        return answer_pass(call, records.find_pass(session, call.account, pass_id), loyalty=True)


@operation(
    "PATCH /loyalty/{pass_id}",
    "Change the points of a pass",
    body=LoyaltyRequest,
    answer=PassDocument,
)
def change_loyalty(call: Call, pass_id: str, body: LoyaltyRequest) -> Response[bytes]:
    """Add to the points (`balance`), or set them (`overrideBalance`)."""
    change, override = body.balance, body.override_balance
    if (change is UNSET) == (override is UNSET):
        raise InvalidRequest("Send one of balance and overrideBalance.")
    message = clean(body.message, "message") if body.message else ""
    with call.writing() as session:
        row = records.find_pass(session, call.account, pass_id)
        if isinstance(override, msgspec.UnsetType):
            records.change_balance(row, read_points(required(change, "balance")))
        else:
            records.change_balance(row, read_points(override) - row.balance)
        if message:
            row.latest_message = message
    return answer_pass(call, row, message=message, loyalty=True)
