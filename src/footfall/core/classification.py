"""What an event counts as, by who requests: lists of crawlers (`parsing/crawlers.py`), and an
account's own rules.

The same functions classify a scan before it is answered and, when a policy is applied, stored
events (`store/query/classification.py`).
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from footfall.core.events import EventKind, Verdict
from footfall.parsing.crawlers import find_bot, find_preview
from footfall.parsing.user_agents import READ_LENGTH_MAX

USER_AGENT: Final = "user agent"
ADDRESS: Final = "address"
MAIL_PROXY: Final = "mail proxy"
PRIVACY_RELAY: Final = "privacy relay"
REASONS: Final = (USER_AGENT, ADDRESS, MAIL_PROXY, PRIVACY_RELAY)
"""How the reasons begin that are given here. Every other verdict is somebody else's."""

OF_MACHINES: Final = frozenset(
    {*EventKind} - {EventKind.SCAN, EventKind.IMPRESSION, EventKind.OPEN, EventKind.CLICK}
)
"""Servers tell of these, whatever user agent they have: no person was to be seen."""

Fields = Mapping[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Rules(msgspec.Struct, frozen=True, eq=False):
    """The rules of a classification, beside the list of crawlers: text that makes a user agent a
    bot's, text that makes it a person's whatever the list says, both in lower case, and networks
    whose visits are our own.

    Two of them are never equal, so that caches compare them without looking inside.
    """

    bots: tuple[str, ...] = ()
    not_bots: tuple[str, ...] = ()
    internal: tuple[Network, ...] = ()


_COUNTED: Final[Fields] = {"verdict": Verdict.COUNTED}
_INTERNAL: Final[Fields] = {"verdict": Verdict.INTERNAL, "reason": f"{ADDRESS}: internal"}


def classify_request(kind: EventKind, ip: str, user_agent: str, rules: Rules) -> Fields:
    """Verdict and reason by address and user agent. An open that a machine made for a person is
    kept apart from one that a crawler made."""
    if rules.internal and is_internal(ip, rules):
        return _INTERNAL
    opened = kind is EventKind.OPEN
    if opened and (proxied := mail_proxy(user_agent)):
        return proxied
    return classify_user_agent(user_agent, rules, opened)


@lru_cache(maxsize=16_384)
def classify_user_agent(user_agent: str, rules: Rules, opened: bool = False) -> Fields:
    """Verdict and reason for a user agent alone; the reason is the text that gave it away.
    `opened`: it is of an open.

    Bots name themselves at the beginning: what comes after READ_LENGTH_MAX is not searched.
    """
    user_agent = user_agent[:READ_LENGTH_MAX]
    if rules.not_bots or rules.bots:
        lower = user_agent.lower()
        if any(text in lower for text in rules.not_bots):
            return _COUNTED
        for text in rules.bots:
            if text in lower:
                return {"verdict": Verdict.BOT, "reason": f"{USER_AGENT}: {text[:60]}"}
    if found := find_preview(user_agent, opened=opened):
        return {"verdict": Verdict.PREVIEW, "reason": f"{USER_AGENT}: {found[:60]}"}
    if found := find_bot(user_agent):
        return {"verdict": Verdict.BOT, "reason": f"{USER_AGENT}: {found[:60]}"}
    return _COUNTED


@lru_cache(maxsize=16_384)
def is_internal(ip: str, rules: Rules) -> bool:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in rules.internal)


_MAIL_PROXIES: Final[Mapping[str, Fields]] = {
    "GoogleImageProxy": {"verdict": Verdict.MACHINE_OPEN, "reason": f"{MAIL_PROXY}: Gmail"},
    "YahooMailProxy": {"verdict": Verdict.MACHINE_OPEN, "reason": f"{MAIL_PROXY}: Yahoo Mail"},
}
_APPLE_MAIL_PRIVACY: Final = "Mozilla/5.0"
"""All that Apple Mail's privacy protection says of itself when it fetches a mail's images."""


def mail_proxy(user_agent: str) -> Fields | None:
    """The verdict on an open that a machine made for a person, who may never have looked; None
    when a person's own software requested it."""
    if user_agent == _APPLE_MAIL_PRIVACY:
        return {"verdict": Verdict.MACHINE_OPEN, "reason": f"{PRIVACY_RELAY}: Apple Mail"}
    for name, fields in _MAIL_PROXIES.items():
        if name in user_agent:
            return fields
    return None
