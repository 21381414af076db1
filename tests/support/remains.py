"""Finds bytes in every file of a data directory, also where they are compressed."""

import contextlib
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet

CODECS = {0x82: "lz4_raw", 0x90: "zstd"}
HEADER = 9
BLOCK_BYTES_MAX = 64 << 20
_METHODS = re.compile(b"[\x82\x90]")


def remains(directory: Path, *traces: bytes) -> dict[str, set[bytes]]:
    """The files that hold one of these, by path, and which of them."""
    found: dict[str, set[bytes]] = {}
    for path in sorted(directory.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue  # it went meanwhile
        for piece in (content, *_unpacked(path, content)):
            for trace in traces:
                if trace in piece:
                    found.setdefault(str(path.relative_to(directory)), set()).add(trace)
    return found


def _unpacked(path: Path, content: bytes) -> Iterator[bytes]:
    if path.suffix == ".parquet":
        for row in pyarrow.parquet.read_table(path).to_pylist():
            yield repr(row).encode()
    elif path.suffix == ".gz":
        yield gzip.decompress(content)
    elif "store" in path.parts:
        yield from blocks(content)


def blocks(content: bytes) -> Iterator[bytes]:
    """The compressed blocks of a file of the engine's, wherever they begin: a method, the size of
    the block with this header, and its size before it was compressed."""
    for match in _METHODS.finditer(content):
        at = match.start()
        size = int.from_bytes(content[at + 1 : at + 5], "little")
        unpacked = int.from_bytes(content[at + 5 : at + HEADER], "little")
        block = content[at + HEADER : at + size]
        if not 0 < len(block) == size - HEADER or not 0 < unpacked <= BLOCK_BYTES_MAX:
            continue
        with contextlib.suppress(OSError, pyarrow.ArrowInvalid):  # it only looked like a block
            yield pyarrow.decompress(block, unpacked, CODECS[content[at]], asbytes=True)
