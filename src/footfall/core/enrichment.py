"""From what a request showed to the fields of an event: a tuple of small pure steps.

Each step takes the sighting and its surroundings and returns the fields it knows. `protect` runs
last and lets only those fields through that the privacy mode allows, so what a mode forbids is
never written, not even to the journal.
"""

import contextlib
import hashlib
import ipaddress
import re
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import ua_parser

from footfall.core.accounts import Privacy
from footfall.core.events import EventKind, Verdict
from footfall.core.judging import JUDGED_LENGTH_MAX, Fields, Rules, judge_seen, judge_user_agent

TEXT_LENGTH_MAX: Final = 2048
"""Longer header values are cut: they come from strangers."""

NOTHING: Final[Fields] = {}


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


class Surroundings(msgspec.Struct, frozen=True):
    """What steps need beside the sighting."""

    place: Callable[[str], Fields]
    """Address → country, region, city, asn, isp: those that are known."""
    visitor_salt: Callable[[int], bytes]
    """Time → the salt of its day."""


Step = Callable[[Sighting, Surroundings], Fields]


# ── who asks ──────────────────────────────────────────────────────────────────────────────────

_TABLET: Final = re.compile(r"iPad|Tablet|PlayBook|Silk/|Kindle|SM-T\d|Android(?!.*Mobile)", re.I)
_MOBILE: Final = re.compile(r"Mobi|iPhone|iPod|Windows Phone|BlackBerry|Opera Mini", re.I)
_DESKTOP: Final = re.compile(r"Windows NT|Macintosh|X11|CrOS|Linux (x86_64|aarch64|i686)", re.I)


def device_class(user_agent: str) -> str:
    """mobile, tablet, desktop, or "" for unknown."""
    if _TABLET.search(user_agent):
        return "tablet"
    if _MOBILE.search(user_agent):
        return "mobile"
    return "desktop" if _DESKTOP.search(user_agent) else ""


def operating_system(user_agent: str) -> str:
    """ios, android or "": what a tracker may have a destination of its own for."""
    if "Android" in user_agent:
        return "android"
    return "ios" if "iPhone" in user_agent or "iPad" in user_agent or "iPod" in user_agent else ""


def _version(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


@lru_cache(maxsize=16_384)
def _read_user_agent(text: str) -> Fields:
    # A new one costs about 100 µs to parse, a known one 0.1 µs.
    result = ua_parser.parse(text[:JUDGED_LENGTH_MAX])
    browser, system, device = result.user_agent, result.os, result.device
    return {
        "user_agent": text,
        "device": device_class(text),
        "device_make": (device and device.brand) or "",
        "device_model": (device and device.model) or "",
        "os": (system and system.family) or "",
        "os_version": _version(system.major, system.minor, system.patch) if system else "",
        "browser": (browser and browser.family) or "",
        "browser_version": _version(browser.major, browser.minor) if browser else "",
    }


def read_user_agent(sighting: Sighting, around: Surroundings) -> Fields:
    return _read_user_agent(sighting.user_agent) if sighting.user_agent else {}


def read_language(sighting: Sighting, around: Surroundings) -> Fields:
    """The first of `Accept-Language`, as `nl` or `pt-BR`."""
    if not sighting.accept_language:
        return {}
    return {"language": sighting.accept_language.split(",", 1)[0].split(";", 1)[0].strip()[:35]}


def read_visitor(sighting: Sighting, around: Surroundings) -> Fields:
    """A number for address and user agent with a salt that lives one day.

    32 bits: among 100,000 visitors of a day about one is taken for another, far below the error
    of the sketch that counts them, and four bytes less an event in each of two tables.
    """
    if not sighting.ip:
        return {}
    digest = hashlib.blake2b(
        f"{sighting.ip}\n{sighting.user_agent}".encode(),
        digest_size=4,
        key=around.visitor_salt(sighting.at),
    ).digest()
    return {"ip": sighting.ip, "visitor": int.from_bytes(digest, "big") or 1}


# ── from where ────────────────────────────────────────────────────────────────────────────────


def read_place(sighting: Sighting, around: Surroundings) -> Fields:
    fields = around.place(sighting.ip) if sighting.ip else {}
    return {**fields, "country": sighting.country} if sighting.country else fields


@lru_cache(maxsize=16_384)
def referrer_host(referrer: str) -> str:
    """The host without `www.` and port, or "" where there is none."""
    try:
        host = urlsplit(referrer).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")[:253]


def read_referrer(sighting: Sighting, around: Surroundings) -> Fields:
    if not sighting.referrer:
        return {}
    return {"referrer": sighting.referrer, "referrer_host": referrer_host(sighting.referrer)}


# ── what it counts as ─────────────────────────────────────────────────────────────────────────


def judge(sighting: Sighting, kind: EventKind, rules: Rules) -> Fields:
    """A machine that looks ahead says so; of everybody else see `judging.judge_seen`."""
    purpose = sighting.purpose.lower()
    if "prefetch" in purpose or "prerender" in purpose:
        return {"verdict": Verdict.PREFETCH, "reason": f"purpose: {purpose[:60]}"}
    if "preview" in purpose:
        return {"verdict": Verdict.PREVIEW, "reason": f"purpose: {purpose[:60]}"}
    return judge_seen(kind, sighting.ip, sighting.user_agent, rules)


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


def enrich(
    sighting: Sighting, kind: EventKind, privacy: Privacy, around: Surroundings, rules: Rules
) -> dict[str, Any]:
    """All fields of a sighting that the privacy mode lets through."""
    fields: dict[str, Any] = {}
    for step in COARSE_STEPS if privacy is Privacy.COARSE else STEPS:
        fields.update(step(sighting, around))
    fields.update(judge(sighting, kind, rules))
    return protect(fields, privacy)
