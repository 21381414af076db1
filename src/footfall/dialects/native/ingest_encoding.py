"""What a request's body holds: decompressed within a bound, and cut into events.

gzip | zstd | nothing  →  at most BODY_BYTES_MAX  →  JSON array | JSON object | NDJSON
"""

import zlib
from codecs import BOM_UTF8
from typing import Final, Protocol

import msgspec
from backports import zstd

from footfall.core.errors import InvalidRequest, TooLarge

BODY_BYTES_MAX: Final = 16 << 20
EVENTS_MAX: Final = 10_000
FRAMES_MAX: Final = 100
"""Compressed files that follow each other are one. Each costs a copy of those after it."""

LINES: Final = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
"""Media types of one JSON value a line."""

_GZIP: Final = 31  # zlib's number for gzip with its largest window
_ZSTD: Final[dict[int, int]] = {zstd.DecompressionParameter.window_log_max: 24}
"""A stranger's frame may ask for a window as large as the body may be, and not for 2 GB."""


class UnknownEncoding(InvalidRequest):
    """The body is compressed in a way that is not known here."""

    code = "unknown_encoding"


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def decompress(body: bytes, encoding: str) -> bytes:
    """By the name of `Content-Encoding`. Never more than BODY_BYTES_MAX is inflated.

    Raises UnknownEncoding, TooLarge, and InvalidRequest for what is cut off or no such data.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ("gzip", "x-gzip", "zstd"):
        raise UnknownEncoding(
            f"Content-Encoding: {name[:40]} is not known here. Send gzip, zstd or identity."
        )
    inflated = bytearray()
    try:
        for _ in range(FRAMES_MAX):
            one = _decompressor(name)
            inflated += one.decompress(body, BODY_BYTES_MAX + 1 - len(inflated))
            if len(inflated) > BODY_BYTES_MAX:
                raise TooLarge(
                    f"The body inflates to more than {BODY_BYTES_MAX >> 20} MB: send fewer events."
                )
            if not one.eof:
                raise InvalidRequest(f"The body is cut off: its {name} data has no end.")
            body = one.unused_data
            if not body:
                return bytes(inflated)
        raise TooLarge(f"The body has more than {FRAMES_MAX} pieces of {name}: make one of them.")
    except (zlib.error, zstd.ZstdError) as error:
        raise InvalidRequest(f"The body is not {name}: {error}") from None


def _decompressor(name: str) -> _Decompressor:
    return zstd.ZstdDecompressor(options=_ZSTD) if name == "zstd" else zlib.decompressobj(_GZIP)


def is_lines(content_type: str) -> bool:
    """Whether a body of this type holds one JSON value a line."""
    return content_type.partition(";")[0].strip().lower() in LINES


def cut(body: bytes, content_type: str) -> list[bytes | msgspec.Raw]:
    """The events of a body, each as JSON that is not looked at yet: the lines that are not blank,
    the elements of an array, or the body itself. A UTF-8 byte order mark at the start of the body
    or of a line is ignored (RFC 8259, 8.1): files that were joined have one in each.

    Raises InvalidRequest for an array that is not whole, TooLarge for too many events.
    """
    body = body.removeprefix(BOM_UTF8)
    if is_lines(content_type):
        # Not splitlines, which also cuts at characters that a JSON string may hold.
        lines = (line.removeprefix(BOM_UTF8) for line in body.split(b"\n"))
        events: list[bytes | msgspec.Raw] = [line for line in lines if line.strip()]
    elif body.lstrip()[:1] == b"{":
        events = [body]
    else:
        try:
            events = list(msgspec.json.decode(body, type=list[msgspec.Raw]))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise InvalidRequest(
                "Send a JSON array of events, one event as a JSON object, or one event a line "
                "with Content-Type: application/x-ndjson."
            ) from None
    if len(events) > EVENTS_MAX:
        raise TooLarge(f"{len(events)} events are too many: send at most {EVENTS_MAX} at once.")
    return events
