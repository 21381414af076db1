"""From a request to what it showed: the beginning of every hot path."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from footfall.capture.client_address import TrustedProxies
from footfall.capture.enrichment import TEXT_LENGTH_MAX, RequestContext
from footfall.config import Settings
from footfall.core.ids import Clock

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

PURPOSES: Final = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
UNKNOWN_COUNTRIES: Final = frozenset({"XX", "T1", "--"})


class RequestReader:
    """Reads the context out of a request's headers, as the settings trust them."""

    def __init__(self, settings: Settings, proxies: TrustedProxies, clock: Clock) -> None:
        self._clock = clock
        self._proxies = proxies
        self._country_header = settings.country_header.lower().encode()

    def __call__(self, scope: Scope) -> RequestContext:
        headers: Headers = dict(scope["headers"])
        ip = self._proxies.client_address(scope)
        country = ""
        if self._proxies.hops and ip and self._country_header in headers:
            country = _text(headers, self._country_header).upper()
            if len(country) != 2 or country in UNKNOWN_COUNTRIES:
                country = ""
        return RequestContext(
            at=self._clock(),
            ip=ip,
            user_agent=_text(headers, b"user-agent"),
            referrer=_text(headers, b"referer"),
            accept_language=_text(headers, b"accept-language"),
            purpose=_purpose(headers),
            country=country,
        )


def _text(headers: Headers, name: bytes) -> str:
    """A field value as its sender meant it: UTF-8, and what is not UTF-8 is Latin-1 (RFC 9110,
    section 5.5, leaves bytes beyond ASCII open)."""
    value = headers.get(name)
    if not value:
        return ""
    try:
        # Cut when decoded: a cut inside of a letter would make the whole Latin-1.
        return value.decode()[:TEXT_LENGTH_MAX]
    except UnicodeDecodeError:
        return value[:TEXT_LENGTH_MAX].decode("latin-1")


def _purpose(headers: Headers) -> str:
    for name in PURPOSES:
        if name in headers:
            return _text(headers, name)
    return ""
