"""Accounts, API keys, members and callers: who may do what."""

from enum import StrEnum
from typing import Final

import msgspec

from footfall.core.errors import Forbidden


class Scope(StrEnum):
    READ = "read"
    WRITE = "write"
    CAPTURE = "capture"
    ADMIN = "admin"


class Role(StrEnum):
    """What a member of an account may do."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


ROLE_SCOPES: Final = {
    Role.OWNER: frozenset({Scope.ADMIN}),
    Role.EDITOR: frozenset({Scope.READ, Scope.WRITE, Scope.CAPTURE}),
    Role.VIEWER: frozenset({Scope.READ}),
}


class Privacy(StrEnum):
    """How much of a person an event may hold. What a mode forbids is never written anywhere."""

    FULL = "full"
    TRUNCATED = "truncated"
    """Addresses are cut to their network: IPv4 /24, IPv6 /48."""
    COARSE = "coarse"
    """Country, device class and referrer host only: no address, user agent or visitor."""


class AgeBy(StrEnum):
    """Since which of its times an event ages."""

    RECEIVED = "received_at"
    OCCURRED = "occurred_at"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`created_at` in milliseconds since 1970; `raw_days` None keeps raw events for ever, else they
    are days since `age_by`."""

    id: int
    name: str
    email: str
    privacy: Privacy
    created_at: int
    raw_days: int | None = None
    age_by: AgeBy = AgeBy.RECEIVED


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it may be shown: never the secret. Times in milliseconds since 1970.
    `creations_per_hour` is a limit of its own, None for the account's."""

    id: int
    account: int
    name: str
    prefix: str
    scopes: frozenset[Scope]
    created_at: int
    creations_per_hour: int | None = None
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None

    def usable(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person who signs in. `joined`: has chosen a password. Times in milliseconds since 1970."""

    id: int
    account: int
    email: str
    name: str
    role: Role
    joined: bool
    created_at: int
    last_seen_at: int | None = None

    @property
    def scopes(self) -> frozenset[Scope]:
        return ROLE_SCOPES[self.role]


class Caller(msgspec.Struct, frozen=True):
    """Somebody with a valid key, or a member who has signed in."""

    account: Account
    who: ApiKey | Member

    @property
    def id(self) -> str:
        """What limits count by: `key-7`, `member-3`."""
        return f"{'key' if isinstance(self.who, ApiKey) else 'member'}-{self.who.id}"

    @property
    def member(self) -> Member | None:
        """Who has signed in; None for a key."""
        return self.who if isinstance(self.who, Member) else None

    def may(self, scope: Scope) -> bool:
        """`admin` includes every other."""
        return scope in self.who.scopes or Scope.ADMIN in self.who.scopes

    def require(self, scope: Scope) -> None:
        """Raises Forbidden."""
        if self.may(scope):
            return
        if isinstance(self.who, Member):
            raise Forbidden(
                f"The role '{self.who.role}' may not do that: it needs the scope '{scope}'. "
                "An owner can change it."
            )
        raise Forbidden(
            f"This key may not do that: it needs the scope '{scope}'. "
            "Make one with: footfall keys create --scope " + scope
        )
