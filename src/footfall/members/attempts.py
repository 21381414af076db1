"""How often somebody may try a password, and the browsers that strangers cannot lock out.

Wrong tries count by e-mail and network, so nobody locks a member out from elsewhere; a network
that tries many e-mails waits too. A browser that signed in before holds a token in a cookie, made
for its e-mail, and has tries of its own: whatever strangers do, also in the same network, its
member signs in. https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import hashlib
import hmac
import secrets
from typing import Final

from footfall.core.errors import RateLimited
from footfall.tries import QUIET, Origin, Pace, WrongTries, origin_of

NETWORK_BITS: Final = 64
"""Of an IPv6 address: what one household or one rented machine has."""

WIDE_BITS: Final = 48
"""Of an IPv6 address: what one connection or one customer may have at most."""

NETWORK_PACE: Final = Pace(30, 60, 2)
"""Of a network for all e-mails: an office is one."""

_ANY: Final = ""


class Attempts:
    """On the event loop. `key` signs the tokens of known browsers."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(b"known browsers", key=key, digest_size=32).digest()
        self._by_email = WrongTries(QUIET)
        self._by_network = WrongTries(NETWORK_PACE, guards=False)
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
        lock, origin = self._tried(email, address, token)
        wait = self._by_email.seconds_to_wait(lock, origin)
        if not self.knows(email, token):
            wait = max(wait, self._by_network.seconds_to_wait(_ANY, Origin(origin.network)))
        if wait:
            self.refused += 1
            raise RateLimited(
                f"Too many wrong passwords from this network. Try again in {wait} seconds, or in "
                "a browser in which you signed in before.",
                wait,
            )

    def wrong(self, email: str, address: str, token: str = "") -> None:
        lock, origin = self._tried(email, address, token)
        self._by_email.wrong(lock, origin)
        if not self.knows(email, token):
            self._by_network.wrong(_ANY, Origin(origin.network))

    def right(self, email: str, address: str, token: str = "") -> None:
        self._by_email.right(*self._tried(email, address, token))

    def check_member(self, member: int) -> None:
        """Before the password of somebody is compared who is signed in. Raises RateLimited."""
        if wait := self._by_email.seconds_to_wait(f"member {member}", Origin("")):
            self.refused += 1
            raise RateLimited(f"Too many wrong passwords. Try again in {wait} seconds.", wait)

    def wrong_member(self, member: int) -> None:
        self._by_email.wrong(f"member {member}", Origin(""))

    def _tried(self, email: str, address: str, token: str) -> tuple[str, Origin]:
        if self.knows(email, token):
            return f"known {_plain(email)}", Origin(token)
        return _plain(email), origin_of(address, NETWORK_BITS, WIDE_BITS)

    def _code(self, email: str, nonce: str) -> str:
        text = f"{len(nonce)} {nonce} {email}".encode("utf-8", "replace")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()


def _plain(email: str) -> str:
    return email.strip().lower()
