"""How often somebody may try a password, and the browsers that strangers cannot lock out.

Wrong tries count by e-mail and network, so nobody locks a member out from elsewhere; a network
that tries many e-mails waits too, and so does a wide one. A browser that signed in before holds a
token in a cookie, made for its e-mail, and has tries of its own: whatever strangers do, also in the
same network, its member signs in.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from footfall.core.errors import RateLimited
from footfall.parsing.folding import fold_email
from footfall.runtime.attempts import QUIET, Origin, Pace, WrongTries, origin_of

NETWORK_BITS: Final = 64
"""Of an IPv6 address: what one household or one rented machine has."""

WIDE_BITS: Final = 48
"""Of an IPv6 address: what one connection or one customer may have at most."""

NETWORK_PACE: Final = Pace(30, 60, 2, longest_seconds=600)
"""Of a network for all e-mails. An office is one: who guesses in it keeps the others out for
minutes, not for a day."""

WIDE_PACE: Final = Pace(1_000, 60, 2, longest_seconds=600)
"""Of a wide network (IPv6 /48, IPv4 /16) for all e-mails. One machine may have 65,536 networks of
IPv6, and must not fill the lane of comparisons: at 8 a second these are two minutes of it. Of an
IPv4 /16 they are what 33 of its 256 networks may try."""

_ANY: Final = ""


class Attempts:
    """On the event loop. `key` signs the tokens of known browsers. `clock` gives seconds that only
    go forward."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = hashlib.blake2b(b"known browsers", key=key, digest_size=32).digest()
        self._by_email = WrongTries(QUIET, clock)
        self._by_network = WrongTries(NETWORK_PACE, clock, guards=False)
        self._by_wide = WrongTries(WIDE_PACE, clock, guards=False)
        self.refused = 0

    def knows(self, email: str, token: str) -> bool:
        """Whether the token is that of a browser in which this e-mail signed in before."""
        nonce, _, code = token.partition(".")
        return hmac.compare_digest(code.encode(), self._code(_plain(email), nonce).encode())

    def new_token(self, email: str) -> str:
        """What the browser keeps from now on."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._code(_plain(email), nonce)}"

    def check(self, email: str, address: str, token: str = "") -> None:
        """Before a password is compared. Raises RateLimited."""
        counts = self._counts(email, address, token)
        if wait := max(tries.seconds_to_wait(lock, origin) for tries, lock, origin in counts):
            self.refused += 1
            raise RateLimited(
                f"Too many wrong passwords from this network. Try again in {wait} seconds, or in "
                "a browser in which you signed in before.",
                wait,
            )

    def wrong(self, email: str, address: str, token: str = "") -> None:
        for tries, lock, origin in self._counts(email, address, token):
            tries.wrong(lock, origin)

    def right(self, email: str, address: str, token: str = "") -> None:
        for tries, lock, origin in self._counts(email, address, token):
            tries.right(lock, origin)

    def check_network(self, address: str) -> None:
        """Before the token of a one-time link is looked up: it names no e-mail. Raises
        RateLimited."""
        counts = self._networks(address)
        if wait := max(tries.seconds_to_wait(lock, origin) for tries, lock, origin in counts):
            self.refused += 1
            raise RateLimited(
                f"Too many wrong links or passwords from this network. Try again in {wait} "
                "seconds.",
                wait,
            )

    def wrong_network(self, address: str) -> None:
        for tries, lock, origin in self._networks(address):
            tries.wrong(lock, origin)

    def check_member(self, member: int) -> None:
        """Before the password of somebody is compared who is signed in. Raises RateLimited."""
        if wait := self._by_email.seconds_to_wait(f"member {member}", Origin("")):
            self.refused += 1
            raise RateLimited(f"Too many wrong passwords. Try again in {wait} seconds.", wait)

    def wrong_member(self, member: int) -> None:
        self._by_email.wrong(f"member {member}", Origin(""))

    def _counts(self, email: str, address: str, token: str) -> list[tuple[WrongTries, str, Origin]]:
        """Where a try counts."""
        if self.knows(email, token):
            return [(self._by_email, f"known {_plain(email)}", Origin(token))]
        origin = origin_of(address, NETWORK_BITS, WIDE_BITS)
        return [(self._by_email, f"email {_plain(email)}", origin), *self._networks(address)]

    def _networks(self, address: str) -> list[tuple[WrongTries, str, Origin]]:
        """Where a try counts whatever it is for."""
        origin = origin_of(address, NETWORK_BITS, WIDE_BITS)
        return [
            (self._by_network, _ANY, Origin(origin.network)),
            (self._by_wide, _ANY, Origin(origin.wide)),
        ]

    def _code(self, email: str, nonce: str) -> str:
        text = f"{len(nonce)} {nonce} {email}".encode("utf-8", "replace")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()


def _plain(email: str) -> str:
    return fold_email(email)
