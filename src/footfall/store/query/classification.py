"""Verdicts of stored events, from what was kept of each."""

import ipaddress
from typing import Final

from footfall.core.classification import Network, Rules, classify_request
from footfall.core.events import EventKind, Verdict

_KEPT_BITS: Final = {4: 24, 6: 48}
"""How much of an address the privacy mode truncated keeps."""


def classify_stored(
    kind: EventKind, ip: str, user_agent: str, rules: Rules
) -> tuple[Verdict, str] | None:
    """Verdict and reason of an event as it was stored. None when that is unknown: of an
    address only the network was kept, and a part of that is internal."""
    if ip and rules.internal:
        whole = as_kept(ip)
        if whole is not None and not any(_holds(one, whole) for one in rules.internal):
            if any(whole.overlaps(one) for one in rules.internal):
                return None
            ip = ""
    found = classify_request(kind, ip, user_agent, rules)
    return found["verdict"], found.get("reason", "")


def as_kept(ip: str) -> Network | None:
    """The network that an address may stand for: those that were cut end in zeros."""
    address = ipaddress.ip_address(ip)
    network = ipaddress.ip_network((address, _KEPT_BITS[address.version]), strict=False)
    return network if network.network_address == address else None


def widened(network: Network) -> Network:
    """With every address that may have been cut to one in it."""
    bits = min(network.prefixlen, _KEPT_BITS[network.version])
    return network.supernet(new_prefix=bits)


def _holds(network: Network, other: Network) -> bool:
    return (
        network.version == other.version
        and network.prefixlen <= other.prefixlen
        and network.overlaps(other)
    )
