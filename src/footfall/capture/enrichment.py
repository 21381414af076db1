"""From what a request showed to the fields of an event: a tuple of small pure steps.

Each step takes the sighting and its surroundings and returns what it found. `protect` runs last
and lets only those fields through that the privacy mode allows, so what a mode forbids is never
written, not even to the journal.
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
from footfall.core.classification import Fields, Rules, judge_seen, judge_user_agent
from footfall.core.events import EventKind, Verdict
from footfall.parsing import user_agents
from footfall.parsing.urls import read_host

TEXT_LENGTH_MAX: Final = 2048
"""Longer header values are cut: they come from strangers."""

NOTHING: Final[Fields] = {}

_encode: Final = msgspec.json.Encoder().encode


def members_of(fields: Fields) -> bytes:
    """Fields as members of a JSON object that has others before them: each begins with a comma."""
    return b"," + _encode(fields)[1:-1] if fields else b""


class Found:
    """The fields that a step found, and the same as members of a JSON object (`members_of`): user
    agents and places come again and again, and are written down once."""

    __slots__ = ("fields", "members")

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.members = members_of(fields)


FOUND_NOTHING: Final = Found(NOTHING)


class Sighting(msgspec.Struct, kw_only=True):
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


class Surroundings(msgspec.Struct, frozen=True):
    """What steps need beside the sighting."""

    place: Callable[[str], Found]
    """Address → the fields of its place and network that are known."""
    visitor_salt: Callable[[int], bytes]
    """Time → the salt of its day."""


Step = Callable[[Sighting, Surroundings], Found]


# ── who asks ──────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=8_192)  # each holds its text twice, and text comes from strangers
def _read_user_agent(text: str) -> Found:
    return Found({"user_agent": text, **user_agents.read_user_agent(text)})


def read_user_agent(sighting: Sighting, around: Surroundings) -> Found:
    return _read_user_agent(sighting.user_agent) if sighting.user_agent else FOUND_NOTHING


@lru_cache(maxsize=1_024)
def _read_language(text: str) -> Found:
    return Found({"language": text.split(",", 1)[0].split(";", 1)[0].strip()[:35]})


def read_language(sighting: Sighting, around: Surroundings) -> Found:
    """The first of `Accept-Language`, as `nl` or `pt-BR`."""
    return _read_language(sighting.accept_language) if sighting.accept_language else FOUND_NOTHING


def read_visitor(sighting: Sighting, around: Surroundings) -> Found:
    """The address, and a number for it and the user agent with a salt that lives one day.

    32 bits: among 100,000 visitors of a day about one is taken for another, far below the error
    of the sketch that counts them, and four bytes less an event in each of two tables.
    """
    if not sighting.ip:
        return FOUND_NOTHING
    if sighting.visitor_known:
        return Found({"ip": sighting.ip})
    digest = hashlib.blake2b(
        f"{sighting.ip}\n{sighting.user_agent}".encode(),
        digest_size=4,
        key=around.visitor_salt(sighting.at),
    ).digest()
    return Found({"ip": sighting.ip, "visitor": int.from_bytes(digest, "big") or 1})


# ── from where ────────────────────────────────────────────────────────────────────────────────


def read_place(sighting: Sighting, around: Surroundings) -> Found:
    found = around.place(sighting.ip) if sighting.ip else FOUND_NOTHING
    if not sighting.country:
        return found
    return Found({**found.fields, "country": sighting.country})


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


def read_referrer(sighting: Sighting, around: Surroundings) -> Found:
    return _read_referrer(sighting.referrer) if sighting.referrer else FOUND_NOTHING


# ── what it counts as ─────────────────────────────────────────────────────────────────────────


def judge(sighting: Sighting, kind: EventKind, rules: Rules) -> Found:
    """A machine that looks ahead says so; of everybody else see `judging.judge_seen`."""
    if sighting.purpose:
        purpose = sighting.purpose.lower()
        if "prefetch" in purpose or "prerender" in purpose:
            return judged(Verdict.PREFETCH, f"purpose: {purpose[:60]}")
        if "preview" in purpose:
            return judged(Verdict.PREVIEW, f"purpose: {purpose[:60]}")
    found = judge_seen(kind, sighting.ip, sighting.user_agent, rules)
    return judged(found["verdict"], found.get("reason", ""))


@lru_cache(maxsize=1_024)
def judged(verdict: Verdict, reason: str = "") -> Found:
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
    judge_user_agent("warming up", Rules())


STEPS: Final[tuple[Step, ...]] = (
    read_user_agent,
    read_language,
    read_visitor,
    read_place,
    read_referrer,
)
COARSE_STEPS: Final[tuple[Step, ...]] = (read_user_agent, read_place, read_referrer)
"""Those that find something a coarse event may hold: the rest is not even worked out."""


def find(sighting: Sighting, privacy: Privacy, around: Surroundings) -> list[Found]:
    """What the steps found, of which not all may be kept. No two of them find the same field."""
    steps = COARSE_STEPS if privacy is Privacy.COARSE else STEPS
    return [step(sighting, around) for step in steps]


def enrich(
    sighting: Sighting, kind: EventKind, privacy: Privacy, around: Surroundings, rules: Rules
) -> dict[str, Any]:
    """All fields of a sighting that the privacy mode lets through."""
    return keep([*find(sighting, privacy, around), judge(sighting, kind, rules)], privacy)


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
