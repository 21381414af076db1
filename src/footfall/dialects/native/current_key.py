"""`GET /key`: whose key this is, and what it may do. Any key may ask, whatever its scopes."""

import msgspec

from footfall.api.fields import body_of
from footfall.api.operations import operation
from footfall.core.accounts import Member, Privacy, Scope
from footfall.core.errors import NotFound
from footfall.dialects.native.dialect import Call


class Account(msgspec.Struct, frozen=True):
    """`privacy` is the mode of all that has none of its own."""

    id: int
    name: str
    privacy: Privacy


class CurrentKey(msgspec.Struct, frozen=True):
    """`begins` is how the key begins; the whole of it was shown once. `expires_at` is ISO 8601,
    null for never."""

    account: Account
    name: str
    begins: str
    scopes: list[Scope]
    expires_at: str | None


@operation(
    "GET /key",
    "Whose key this is, and what it may do",
    answer=CurrentKey,
    errors=(404,),
    inline=True,
    options={"scope": None},
)
def get_key(call: Call) -> CurrentKey:
    key = call.caller.who
    if isinstance(key, Member):
        raise NotFound("A member has signed in, and no key was sent. See: GET /session")
    account = body_of(Account, call.caller.account)
    return body_of(CurrentKey, key, account=account, begins=key.prefix, scopes=sorted(key.scopes))
