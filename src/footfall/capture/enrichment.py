"""From what a request showed to the fields of an event: a tuple of small pure steps.

Each step takes the request and the enrichment context and returns what it found. `protect` runs
last and lets only those fields through that the privacy mode allows, so what a mode forbids is
never written, not even to the journal.
"""

import contextlib
import hashlib
import ipaddress
import socket
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from footfall.core.accounts import Privacy
from footfall.core.classification import Fields, Rules, classify_request, classify_user_agent
from footfall.core.events import EventKind, Verdict, members_of
from footfall.parsing import user_agents
from footfall.parsing.urls import read_host

TEXT_LENGTH_MAX: Final = 2048
"""Longer header values are cut: they come from strangers."""

NOTHING: Final[Fields] = {}


class Found:
    """The fields that a step found, and the same as members of a JSON object (`members_of`): user
    agents and places come again and again, and are written down once."""

    __slots__ = ("fields", "members")

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.members = members_of(fields)


FOUND_NOTHING: Final = Found(NOTHING)


class RequestContext(msgspec.Struct, kw_only=True):
    """What one request showed. `at` in milliseconds since 1970; unknown text is ""."""

    at: int
    ip: str = ""
    user_agent: str = ""
    referrer: str = ""
    accept_language: str = ""
    purpose: str = ""
    """`Sec-Purpose`, or one of its elders `Purpose`, `X-Purpose`, `X-Moz`."""
    country: str = ""
    """From a trusted proxy's header."""
    visitor_known: bool = False
    """Whoever records it has a number for the person: address and user agent make none."""


class EnrichmentContext(msgspec.Struct, frozen=True):
    """Places, salts and rules that the steps need."""

    place: Callable[[str], Found]
    """Address → the fields of its place and network that are known."""
    visitor_salt: Callable[[int], bytes]
    """Time → the salt of its day."""


Step = Callable[[RequestContext, EnrichmentContext], Found]


# ── who asks ──────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=8_192)  # each holds its text twice, and text comes from strangers
def _read_user_agent(text: str) -> Found:
    return Found({"user_agent": text, **user_agents.read_user_agent(text)})


def read_user_agent(request: RequestContext, context: EnrichmentContext) -> Found:
    return _read_user_agent(request.user_agent) if request.user_agent else FOUND_NOTHING


@lru_cache(maxsize=1_024)
def _read_language(text: str) -> Found:
    return Found({"language": text.split(",", 1)[0].split(";", 1)[0].strip()[:35]})


def read_language(request: RequestContext, context: EnrichmentContext) -> Found:
    """The first of `Accept-Language`, as `nl` or `pt-BR`."""
    return _read_language(request.accept_language) if request.accept_language else FOUND_NOTHING


def read_visitor(request: RequestContext, context: EnrichmentContext) -> Found:
    """The address, and a number for it and the user agent with a salt that lives one day.

    32 bits: among 100,000 visitors of a day about one is taken for another, far below the error
    of the sketch that counts them, and four bytes less an event in each of two tables.
    """
    if not request.ip:
        return FOUND_NOTHING
    if request.visitor_known:
        return Found({"ip": request.ip})
    digest = hashlib.blake2b(
        f"{request.ip}\n{request.user_agent}".encode(),
        digest_size=4,
        key=context.visitor_salt(request.at),
    ).digest()
    return Found({"ip": request.ip, "visitor": int.from_bytes(digest, "big") or 1})


# ── from where ────────────────────────────────────────────────────────────────────────────────


def read_place(request: RequestContext, context: EnrichmentContext) -> Found:
    found = context.place(request.ip) if request.ip else FOUND_NOTHING
    if not request.country:
        return found
    return Found({**found.fields, "country": request.country})


@lru_cache(maxsize=16_384)
def referrer_host(referrer: str) -> str:
    """The host without `www.` and port; "" without one, and for text that is not a host. IDN are
    punycode. `www.com` keeps its `www`: it is the name."""
    try:
        host = read_host(urlsplit(referrer).hostname or "")
    except ValueError:
        return ""
    if ":" in host:
        return plain_address(host)
    name = host.removeprefix("www.")
    return name if "." in name else host


def external_referrer(referrer: str, page: str) -> str:
    """The referrer of a page view; "" where it is another page of the same host."""
    return "" if referrer_host(referrer) == referrer_host(page) != "" else referrer


@lru_cache(maxsize=1_024)
def _read_referrer(text: str) -> Found:
    host = referrer_host(text)
    return Found({"referrer": text, "referrer_host": host} if host else {"referrer": text})


def read_referrer(request: RequestContext, context: EnrichmentContext) -> Found:
    return _read_referrer(request.referrer) if request.referrer else FOUND_NOTHING


# ── what it counts as ─────────────────────────────────────────────────────────────────────────


def classify(request: RequestContext, kind: EventKind, rules: Rules) -> Found:
    """A machine that looks ahead says so; everybody else is classified by `classify_request`."""
    if request.purpose:
        purpose = request.purpose.lower()
        if "prefetch" in purpose or "prerender" in purpose:
            return classified(Verdict.PREFETCH, f"purpose: {purpose[:60]}")
        if "preview" in purpose:
            return classified(Verdict.PREVIEW, f"purpose: {purpose[:60]}")
    found = classify_request(kind, request.ip, request.user_agent, rules)
    return classified(found["verdict"], found.get("reason", ""))


@lru_cache(maxsize=1_024)
def classified(verdict: Verdict, reason: str = "") -> Found:
    return Found({"verdict": verdict, "reason": reason} if reason else {"verdict": verdict})


# ── what may be kept ──────────────────────────────────────────────────────────────────────────

COARSE_FIELDS: Final = ("verdict", "reason", "country", "device", "referrer_host")


@lru_cache(maxsize=16_384)
def plain_address(text: str) -> str:
    """An address in its usual form, IPv4 also where it was mapped into IPv6, without the name of
    an interface; "" for no address. Only such text may be an event's `ip`: the event store holds
    addresses, and a batch with anything else could not be inserted."""
    with contextlib.suppress(OSError, ValueError):  # most are of this form; a tenth of the time
        if socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, text)) == text:
            return text
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def truncate(ip: str) -> str:
    """The network of an address: IPv4 /24, IPv6 /48. Text that is no address becomes ""."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, prefix), strict=False).network_address)


def protect(fields: dict[str, Any], privacy: Privacy) -> dict[str, Any]:
    """Only what the privacy mode allows."""
    if privacy is Privacy.FULL:
        return fields
    if privacy is Privacy.TRUNCATED:
        return {**fields, "ip": truncate(fields["ip"])} if "ip" in fields else fields
    coarse: dict[str, Any] = {name: fields[name] for name in COARSE_FIELDS if name in fields}
    if coarse.get("reason"):
        # After the colon stands what the person's software said of itself.
        coarse["reason"] = coarse["reason"].partition(":")[0]
    return coarse


def warm_up() -> None:
    """Load the tables of user agents now: the first scan would wait for them, 0.1 s."""
    _read_user_agent("warming up")
    classify_user_agent("warming up", Rules())


STEPS: Final[tuple[Step, ...]] = (
    read_user_agent,
    read_language,
    read_visitor,
    read_place,
    read_referrer,
)
COARSE_STEPS: Final[tuple[Step, ...]] = (read_user_agent, read_place, read_referrer)
"""Those that find something a coarse event may hold: the rest is not even worked out."""


def find(request: RequestContext, privacy: Privacy, context: EnrichmentContext) -> list[Found]:
    """What the steps found, of which not all may be kept. No two of them find the same field."""
    steps = COARSE_STEPS if privacy is Privacy.COARSE else STEPS
    return [step(request, context) for step in steps]


def enrich(
    request: RequestContext,
    kind: EventKind,
    privacy: Privacy,
    context: EnrichmentContext,
    rules: Rules,
) -> dict[str, Any]:
    """All fields of a request that the privacy mode lets through."""
    return keep([*find(request, privacy, context), classify(request, kind, rules)], privacy)


def keep(found: Sequence[Found], privacy: Privacy) -> dict[str, Any]:
    """The fields that the privacy mode lets through."""
    fields: dict[str, Any] = {}
    for one in found:
        fields.update(one.fields)
    return protect(fields, privacy)


def keep_members(found: Sequence[Found], privacy: Privacy) -> list[bytes]:
    """The same as members of a JSON object. A mode that keeps all of it needs no look inside."""
    if privacy is Privacy.FULL:
        return [one.members for one in found]
    return [members_of(keep(found, privacy))]


class RulesInEffect:
    """The rules of every account, from memory: the hot path asks, and never waits."""

    def __init__(self, default: Rules) -> None:
        self.default = default
        self._own: dict[int, Rules] = {}

    def of(self, account: int) -> Rules:
        return self._own.get(account, self.default)

    def show(self, account: int, rules: Rules) -> None:
        """From now on this account's events are classified by these."""
        self._own[account] = rules
