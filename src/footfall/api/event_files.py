"""Any number of events as one answer, written while it is read.

The event store gives slices, and a slow reader holds only one in memory: nothing in the engine
waits for it. What the answer has is fixed when it begins, by the ids that it may hold.
"""

import asyncio
import gzip
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from footfall.api.parts import Parts
from footfall.runtime.extracts import Extract, Format

FIRST_ROWS: Final = 2_000
SLICE_BYTES: Final = 16 << 20
SLICE_ROWS_MAX: Final = 100_000
PIECE_BYTES: Final = 1 << 18
AHEAD: Final = 2
"""Slices that are read or wait for a turn, for a stream that is alone; else one. A stream holds one
more in memory: the one that is sent."""

_END_OF_ARROW: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"


async def stream(parts: Parts, extract: Extract, *, page: bool) -> AsyncIterator[bytes]:
    """All of an extract, as bytes of its format. A `page` takes no place of streams. Raises
    RateLimited when too many streams are open for longer than a short wait."""
    give_back = _no_place if page else await parts.streams.take_soon(extract.query.account)
    try:
        if extract.format is Format.PARQUET:
            async for piece in _parquet(parts, extract):
                yield piece
            return
        first = True
        async for piece in _slices(parts, extract):
            if extract.format is Format.ARROW:
                piece = piece.removesuffix(_END_OF_ARROW)
                if not first:
                    # Each slice begins with the same schema: one message, without a body.
                    piece = piece[8 + int.from_bytes(piece[4:8], "little") :]
            first = False
            yield piece
        if extract.format is Format.ARROW:
            yield _END_OF_ARROW
    finally:
        give_back()


def _no_place() -> None:
    """A page is as small as one of JSON, which takes none."""


async def prefetch_first(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same, once the first piece is there: until then an error can still be answered."""
    first = await anext(pieces, b"")

    async def all_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(first), PIECE_BYTES):
            yield first[start : start + PIECE_BYTES]
        async for piece in pieces:
            # The HTTP server holds up to 5 pieces for a caller who does not read.
            for start in range(0, len(piece), PIECE_BYTES):
                yield piece[start : start + PIECE_BYTES]

    return all_pieces()


async def _slices(parts: Parts, extract: Extract) -> AsyncIterator[bytes]:
    """One slice after another, in their order; the next ones are read while one is sent."""
    rows = FIRST_ROWS
    found = await parts.reader.find_slice(extract, rows)
    run = extract.nothing() if found is None else extract.up_to(found.last)
    piece = await parts.reader.read_slice(run, first=True)
    rest = None if found is None or found.rows < rows else extract.beyond(found.last)
    rows = max(1, min(SLICE_ROWS_MAX, rows * SLICE_BYTES // max(len(piece), 1)))
    reading: deque[asyncio.Task[bytes]] = deque()
    try:
        while True:
            while rest is not None and len(reading) < (AHEAD if parts.streams.taken == 1 else 1):
                found = await parts.reader.find_slice(rest, rows)
                if found is None:
                    rest = None
                    break
                read = parts.reader.read_slice(rest.up_to(found.last), first=False)
                reading.append(asyncio.create_task(read))
                rest = None if found.rows < rows else rest.beyond(found.last)
            if piece:
                yield piece
            if not reading:
                return
            piece = await reading.popleft()
    finally:
        for task in reading:
            task.cancel()


async def _parquet(parts: Parts, extract: Extract) -> AsyncIterator[bytes]:
    """The end of such a file says where everything in it is: the slices wait on the disk."""
    with tempfile.TemporaryDirectory() as directory:
        slices, target = Path(directory) / "slices.gz", Path(directory) / "events.parquet"
        await asyncio.to_thread(_append, slices, gzip.compress(b""))
        async for piece in _slices(parts, extract):
            packed = await asyncio.to_thread(gzip.compress, piece, 1)
            await asyncio.to_thread(_append, slices, packed)
        await parts.reader.merge_slices(extract, slices, target)
        with target.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)
