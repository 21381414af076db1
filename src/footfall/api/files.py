"""Answers with a file that is kept: whole, or the part that a broken download still needs. And what
a cell of a CSV is when a spreadsheet may calculate it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any, Final

from litestar import Request
from litestar.response import Stream

from footfall.api.operations import Call
from footfall.runtime.extracts import FORMULA, MEDIA_TYPES

PIECE_BYTES: Final = 1 << 18
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)

_FORMULA: Final = re.compile(FORMULA)


def guarded(cell: str) -> str:
    """Text of a CSV, with a `'` before what a spreadsheet may take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


async def answer_export(call: Call[Any], source: str, id: str, what: str) -> Stream:
    """The file of an export, called `what`-ID, or the part of it that is wanted. Raises NotFound
    for another account's, and Conflict while there is no file."""
    exports = call.api.parts.exports
    export, file = await asyncio.to_thread(exports.open, call.account, source, id)
    headers = {
        "Content-Type": MEDIA_TYPES[export.format],
        "Content-Disposition": f'attachment; filename="{what}-{export.id}.{export.format}"',
    }
    return answer_file(call.request, file, export.size, export.id, headers)


def answer_file(
    request: Request[Any, Any, Any],
    file: IO[bytes],
    size: int,
    tag: str,
    headers: Mapping[str, str],
) -> Stream:
    """`tag` names this content for ever. Several ranges at once are answered with the whole, as
    RFC 9110 allows. The file is closed when it is sent."""
    etag = f'"{tag}"'
    known = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "no-store", **headers}
    start, end, status = 0, size, 200
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found and any(found.groups()) and request.headers.get("if-range", etag) == etag:
        first, last = found.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        status = 206
        known["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        if first and last and int(last) < int(first):
            start, end, status = 0, size, 200  # no range at all
            del known["Content-Range"]
        elif start >= size:
            start, end, status = 0, 0, 416
            known["Content-Range"] = f"bytes */{size}"
    known["Content-Length"] = str(end - start)
    return Stream(
        _pieces(file, start, end),
        status_code=status,
        media_type=known.pop("Content-Type"),
        headers=known,
    )


async def _pieces(file: IO[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    with file:
        await asyncio.to_thread(file.seek, start)
        while start < end:
            piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, end - start))
            if not piece:
                return  # it was cut: the connection ends too early, and the client notices
            start += len(piece)
            yield piece
