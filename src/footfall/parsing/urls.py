"""URLs and hosts as browsers read them: the WHATWG URL Standard (https://url.spec.whatwg.org/),
with UTS 46 for names in other alphabets, by the library `ada-url`."""

import re
from typing import Final

import ada_url
import msgspec

HOST_LENGTH_MAX: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class WebUrl(msgspec.Struct, frozen=True):
    """An http or https URL. `href` is all of it in ASCII; `host` is a name, an IPv4 address or an
    IPv6 address without brackets, without a final dot; `path` has no `.` and `..` left."""

    href: str
    scheme: str
    host: str
    port: int | None
    """None for the scheme's own."""
    path: str
    credentials: bool


def read_url(text: str) -> WebUrl:
    """Raises ValueError for what a browser does not open by HTTP, and for a host that DNS cannot
    have."""
    url = ada_url.URL(text)
    if url.protocol not in ("http:", "https:"):
        raise ValueError(url.protocol)
    return WebUrl(
        href=url.href,
        scheme=url.protocol.removesuffix(":"),
        host=_checked(url.hostname),
        port=int(url.port) if url.port else None,
        path=url.pathname,
        credentials=bool(url.username or url.password),
    )


def read_host(text: str) -> str:
    """A host alone, as `WebUrl.host`; an IPv6 address may stand without brackets. Raises
    ValueError for text that is not a host."""
    bracketed = f"[{text}]" if ":" in text and not text.startswith("[") else text
    if re.search(r"[\s/?#@\\]", text):  # they would begin another part of the URL
        raise ValueError(text)
    return _checked(ada_url.URL(f"http://{bracketed}/").hostname)


def _checked(host: str) -> str:
    """The URL Standard leaves it to DNS how long labels are, and of what."""
    if host.startswith("["):
        return host[1:-1]
    host = host.removesuffix(".")
    if len(host) > HOST_LENGTH_MAX or not all(map(_LABEL.fullmatch, host.split("."))):
        raise ValueError(host)
    # What cannot be read back is no punycode (UTS 46, 4), and browsers refuse it.
    if "xn--" in host and any(one.startswith("xn--") for one in _decoded(host).split(".")):
        raise ValueError(host)
    return host


def _decoded(host: str) -> str:
    """Labels that are punycode in their own letters."""
    text: str = ada_url.idna.decode(host)
    return text
