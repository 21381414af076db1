"""Which destinations a tracker may send people to.

There is deliberately no DNS look-up. The server never fetches a destination, a browser does, so a
name that resolves to a private address harms nobody here; the answer may be another one by the
time of the scan; and a look-up would make every creation wait for a stranger's name server.
What is refused is what a link shows by itself: private addresses in any notation that a browser
understands, names that only exist inside a network, and loops back to our own short links.
"""

import ipaddress
import posixpath
import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from footfall.core.errors import InvalidRequest, UnsafeDestination
from footfall.parsing.urls import WebUrl, read_host, read_url

LENGTH_MAX: Final = 2048

PRIVATE_SUFFIXES: Final = ("localhost", "local", "internal", "home.arpa", "lan", "intranet")
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

# A browser drops or rewrites these, and then goes elsewhere than this check believed.
_MISREAD: Final = re.compile(r"[\x00-\x20\x7f\\]|\s")
_BEGINNING: Final = re.compile("https?://[^/]", re.IGNORECASE)
"""A browser also finds a host in `http:host` and `http:///host`: nobody means to write them."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
"""The upper half of an interface identifier whose lower half is an IPv4 address (RFC 5214)."""

_ROWS: Final = re.findall(
    r"^(\S+/\d+) +(yes|no)", Path(__file__).with_name("addresses.txt").read_text(), re.MULTILINE
)
_BLOCKS: Final = sorted(
    ((ipaddress.ip_network(block), reachable == "yes") for block, reachable in _ROWS),
    key=lambda row: -row[0].prefixlen,
)
"""Blocks of addresses and whether the public internet reaches them, the smallest first."""


class DestinationRules(msgspec.Struct, frozen=True):
    """`own_bases` are what slugs are appended to: nothing below one of them is a destination."""

    own_bases: tuple[str, ...]
    allow_private: bool = False


def read_destination(text: str, rules: DestinationRules, name: str = "destination") -> str:
    """The destination as a browser will open it. ASCII stays byte for byte where its host is
    written as it is looked up; everything else becomes what the WHATWG URL Standard makes of it:
    punycode (UTS 46) in the host, percent-encoded UTF-8 elsewhere.

    Raises UnsafeDestination, or InvalidRequest for what is no http(s) link; both say why, and
    call it by `name`.
    """
    text = text.strip()
    if not text:
        raise InvalidRequest(f"{name} is empty: give an http:// or https:// link.")
    if len(text) > LENGTH_MAX:
        raise InvalidRequest(f"{name} is too long: at most {LENGTH_MAX} characters.")
    if _MISREAD.search(text):
        raise InvalidRequest(
            f"{name} contains a space, a control character or a backslash: percent-encode it."
        )
    try:
        url = read_url(text)
        address = _read_address(url.host)
    except ValueError:
        url = None
    # A browser goes to the host of `http:host` and `http:///host` too: nobody means to write them.
    if url is None or not _BEGINNING.match(text):
        raise InvalidRequest(
            f"{name} is not a valid link: it must begin with http:// or https://, "
            "and name a valid host (and port)."
        ) from None
    if url.credentials or "@" in urlsplit(text).netloc:
        raise UnsafeDestination(f"{name} must not carry a user name or password.")
    if not rules.allow_private and not _is_public(url.host, address):
        raise UnsafeDestination(
            f"{name} points at a private or internal address ({url.host}): use a public one. "
            "For a local trial, start the server with FOOTFALL_ALLOW_PRIVATE_DESTINATIONS=1."
        )
    place = (_place(url.host, address), url.port or DEFAULT_PORTS[url.scheme])
    if any(_is_below(place, url.path, urlsplit(base)) for base in rules.own_bases):
        raise UnsafeDestination(
            f"{name} is one of this server's own short links, which would go in a circle: "
            "use the destination of that link."
        )
    return _as_opened(text, url, name)


def _as_opened(text: str, url: WebUrl, name: str) -> str:
    """The text itself where software that is not a browser reads the same host in it."""
    host = (urlsplit(text).hostname or "").removesuffix(".")
    if text.isascii() and (host == url.host or ":" in url.host):
        return text
    if len(url.href) > LENGTH_MAX:
        raise InvalidRequest(f"{name} is too long: at most {LENGTH_MAX} characters when encoded.")
    return url.href


def _read_address(host: str) -> Address | None:
    """The address that a host of `parsing.urls` is; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_public(host: str, address: Address | None) -> bool:
    if address is None:
        return "." in host and not any(host.endswith(f".{suffix}") for suffix in PRIVATE_SUFFIXES)
    return all(
        next(reachable for block, reachable in _BLOCKS if one in block) for one in _carried(address)
    )


def is_public(ip: str) -> bool:
    """Whether an address that a name led to is one of the public internet."""
    return _is_public("", ipaddress.ip_address(ip.partition("%")[0]))


def _carried(address: Address) -> list[Address]:
    """The addresses that decide: those an IPv6 address carries, and itself unless it only maps
    an IPv4 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    embeds = address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    return [address, ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)] if embeds else [address]


def _place(host: str, address: Address | None) -> str:
    """Loopback has many names, and addresses many notations: each is one place."""
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    if address is None:
        return host
    decides = _carried(address)[0]
    return "loopback" if decides.is_loopback else str(decides)


def _is_below(place: tuple[str, int], path: str, base: SplitResult) -> bool:
    host, port = place
    base_host = read_host(base.hostname or "")
    if host != _place(base_host, _read_address(base_host)):
        return False
    # Without a port of its own, a host is one place on both schemes.
    if port not in ({base.port} if base.port else set(DEFAULT_PORTS.values())):
        return False
    plain = posixpath.normpath(unquote(path).lstrip("/") or ".")
    # Short links are served in capitals too.
    return f"{plain}/".lower().startswith(base.path.lstrip("/").lower())
