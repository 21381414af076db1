"""`GET /key`: whose key this is, and what it may do. Any key may ask, whatever its scopes."""

import msgspec

from footfall.api.bodies import iso_time
from footfall.api.operations import operation
from footfall.core.accounts import Account, Member, Privacy, Scope
from footfall.core.errors import NotFound
from footfall.dialects.native.dialect import Call


class AccountShown(msgspec.Struct, frozen=True):
    """`privacy` is the mode of all that has none of its own."""

    id: int
    name: str
    privacy: Privacy


class KeyShown(msgspec.Struct, frozen=True):
    """`begins` is how the key begins; the whole of it was shown once. `expires_at` is ISO 8601,
    null for never."""

    account: AccountShown
    name: str
    begins: str
    scopes: list[Scope]
    expires_at: str | None


@operation(
    "GET /key",
    "Whose key this is, and what it may do",
    answer=KeyShown,
    errors=(404,),
    inline=True,
    options={"scope": None},
)
def get_key(call: Call) -> KeyShown:
    account, key = call.caller.account, call.caller.who
    if isinstance(key, Member):
        raise NotFound("A member has signed in, and no key was sent. See: GET /session")
    return KeyShown(
        account=show_account(account),
        name=key.name,
        begins=key.prefix,
        scopes=sorted(key.scopes),
        expires_at=None if key.expires_at is None else iso_time(key.expires_at),
    )


def show_account(account: Account) -> AccountShown:
    return AccountShown(account.id, account.name, account.privacy)
