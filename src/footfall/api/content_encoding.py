"""Compressed bodies of requests (`Content-Encoding`: gzip, zstd), inflated within a bound."""

import zlib
from typing import Final, Protocol

from backports import zstd

from footfall.core.errors import InvalidRequest, TooLarge

FRAMES_MAX: Final = 100
"""Compressed files that follow each other are one. Each costs a copy of those after it."""

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


def decompress(body: bytes, encoding: str, bytes_max: int) -> bytes:
    """By the name of `Content-Encoding`. Never more than so many bytes are inflated.

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
            inflated += one.decompress(body, bytes_max + 1 - len(inflated))
            if len(inflated) > bytes_max:
                raise TooLarge(
                    f"The body inflates to more than {bytes_max >> 20} MB: send fewer events."
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
