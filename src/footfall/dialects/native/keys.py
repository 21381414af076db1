"""The API keys of an account. For owners and admin keys, which have every scope: so nobody makes a
key that may do more than he.
"""

from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from footfall.api.fields import body_of
from footfall.api.idempotency import SHOWS_SECRET
from footfall.catalog.callers import CREATIONS_MAX, NAME_LENGTH_MAX
from footfall.core.accounts import ApiKey, Scope
from footfall.core.errors import InvalidRequest
from footfall.dialects.native.dialect import Call, admin_operation
from footfall.dialects.native.members import read_path_id
from footfall.dialects.native.windows import read_moment

KEYS_MAX: Final = 1_000
"""Of an account, without those that are revoked."""

LATEST_MS: Final = 253_402_300_800_000
"""The year 10000, which no notation of times here has."""


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`expires_at` is ISO 8601 with an offset, null for never. `creations_per_hour` is how many
    codes the key may create in any hour, null for the limit of its account."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)]
    expires_at: str | None = None
    creations_per_hour: Annotated[int, Meta(ge=1, le=CREATIONS_MAX)] | None = None


class KeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """Never the secret, only how it `begins`. `usable`: neither revoked nor expired. Times are ISO
    8601, null for never."""

    id: int
    name: str
    begins: str
    scopes: list[Scope]
    usable: bool
    creations_per_hour: int | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


class KeyMade(KeyBody, frozen=True, kw_only=True):
    """`secret` is the key. It is shown now and never again."""

    secret: str


class KeyList(msgspec.Struct, frozen=True):
    keys: list[KeyBody]


@admin_operation("GET /keys", "List API keys", answer=KeyList)
def list_keys(call: Call) -> KeyList:
    keys = call.api.parts.catalog.list_keys(call.account)
    return KeyList([_body(KeyBody, call, one) for one in keys])


@admin_operation(
    "POST /keys",
    "Make an API key, whose secret is shown once",
    body=KeyRequest,
    answer=KeyMade,
    status=201,
    errors=(409,),
    options=SHOWS_SECRET,
)
def create_key(call: Call, body: KeyRequest) -> KeyMade:
    expires_at = None
    if body.expires_at is not None:
        expires_at = read_moment(body.expires_at, "expires_at", "UTC")
        if not call.now() < expires_at < LATEST_MS:
            raise InvalidRequest("expires_at: must be a time to come.")
    secret, key = call.api.parts.catalog.create_key(
        call.account,
        body.name,
        frozenset(body.scopes),
        expires_at=expires_at,
        creations_per_hour=body.creations_per_hour,
        keys_max=KEYS_MAX,
    )
    return _body(KeyMade, call, key, secret=secret)


@admin_operation("DELETE /keys/{key_id}", "Revoke an API key", answer=KeyBody)
def revoke_key(call: Call, key_id: str) -> KeyBody:
    """It is refused from its next request on, and stays in the list."""
    key = call.api.parts.catalog.revoke_key(read_path_id(key_id, "key"), call.account)
    return _body(KeyBody, call, key)


Body = TypeVar("Body", bound=KeyBody)


def _body(answer: type[Body], call: Call, key: ApiKey, **given: str) -> Body:
    usable, scopes = key.usable(call.now()), sorted(key.scopes)
    return body_of(answer, key, begins=key.prefix, usable=usable, scopes=scopes, **given)
