"""How often somebody may try a password: counted by e-mail and by address, in memory only."""

import ipaddress
from typing import Final

from footfall.core.errors import RateLimited
from footfall.quotas import Quota

ATTEMPTS_MAX: Final = 10
SPAN_SECONDS: Final = 900
NETWORK_BITS: Final = 64
"""Of an IPv6 address: what one household or one rented machine has."""


class Attempts:
    """On the event loop or any thread. A restart begins anew."""

    def __init__(self) -> None:
        self._addresses = Quota(ATTEMPTS_MAX, SPAN_SECONDS)
        self._emails = Quota(ATTEMPTS_MAX, SPAN_SECONDS)

    def take(self, email: str, address: str) -> None:
        """Before a password is compared. Raises RateLimited."""
        try:
            # The address first: who has no more tries uses up nobody's e-mail.
            self._addresses.take(_network(address))
            self._emails.take(_plain(email))
        except RateLimited as error:
            raise RateLimited(
                f"Too many attempts: {ATTEMPTS_MAX} in {SPAN_SECONDS // 60} minutes are allowed. "
                f"Try again in {error.retry_after_seconds} seconds.",
                error.retry_after_seconds,
            ) from None

    def forgive(self, email: str, address: str) -> None:
        """After a right password: many people may sign in from one office."""
        self._addresses.clear(_network(address))
        self._emails.clear(_plain(email))


def _plain(email: str) -> str:
    return email.strip().lower()


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    bits = ip.max_prefixlen if ip.version == 4 else NETWORK_BITS
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))
