"""Files of rows: CSV, NDJSON, Parquet and access logs, plain or compressed (gzip, Zstandard).

A row has a number, from 1 on, that is the same each time the file is read.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import msgspec
from backports import zstd

from footfall.cli.import_.formats import SUFFIXES, FileFormat
from footfall.cli.import_.logs import BadLine, read_caddy_line, read_line
from footfall.core.errors import FootfallError, InvalidRequest
from footfall.store.engine import Engine
from footfall.store.paths import engine_path

ROW_CHARACTERS_MAX: Final = 1 << 20
RECORD_LINES_MAX: Final = 1_000
"""Of one record of a CSV. After a quote that is not closed, as many lines are read twice."""
FIRST_LINES: Final = 3
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
UNREAD: Final = {
    b"BZh": "is compressed by bzip2: unpack it first.",
    b"\xfd7zXZ": "is compressed by xz: unpack it first.",
    b"PK\x03\x04": "is compressed by zip: unpack it first.",
    b"\xff\xfe": "is UTF-16: save it as UTF-8 first.",
    b"\xfe\xff": "is UTF-16: save it as UTF-8 first.",
}
"""How files begin that are not read here. A name says nothing: it is renamed, or in capitals."""
PARQUET: Final = (
    "SELECT * FROM file({path:String}, 'Parquet') SETTINGS max_threads = 1,"
    " max_parsing_threads = 1, input_format_parquet_preserve_order = 1,"
    " output_format_json_quote_64bit_integers = 0, date_time_output_format = 'iso',"
    " session_timezone = 'UTC'"
)


PARQUET_ROWS: Final = "SELECT count() FROM file({path:String}, 'Parquet')"


class Row(msgspec.Struct, frozen=True):
    """`problem` says why it could not be read, "" when it could. `text` is what stood there."""

    number: int
    fields: dict[str, Any]
    problem: str = ""
    text: str = ""


class Source:
    """One file. `read_bytes` is how much of it was read, of `bytes`."""

    def __init__(self, path: Path, format: FileFormat | None) -> None:
        """Raises InvalidRequest for what is not a file, or of a format that nobody recognises."""
        if not path.is_file():
            raise InvalidRequest(f"{path} is not a file.")
        self.path = path
        self.bytes = path.stat().st_size
        self.read_bytes = 0
        self.format = format or self._recognise()

    def digest(self) -> str:
        """Names the content: 16 hexadecimal digits."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def rows(self) -> Iterator[Row]:
        """Raises InvalidRequest for a file that cannot be read on."""
        try:
            if self.format is FileFormat.CSV:
                yield from self._csv_rows()
            elif self.format is FileFormat.PARQUET:
                yield from self._parquet_rows()
            else:
                yield from self._line_rows(_READERS[self.format])
        except (OSError, EOFError, zlib.error, zstd.ZstdError) as error:
            raise InvalidRequest(f"{self.path} cannot be read on: {error}") from None

    def _recognise(self) -> FileFormat:
        suffixes = [one.lower() for one in self.path.suffixes]
        suffixes = [one for one in suffixes if one not in (".gz", ".zst")]
        if suffixes and suffixes[-1] in SUFFIXES:
            return SUFFIXES[suffixes[-1]]
        with self.path.open("rb") as file:
            if file.read(4) == b"PAR1":
                return FileFormat.PARQUET
        for _, line in zip(range(FIRST_LINES), self._lines(), strict=False):
            for format in (FileFormat.NGINX, FileFormat.CADDY, FileFormat.NDJSON):
                if line.strip() and not _problem(_READERS[format], line):
                    return format
        raise InvalidRequest(
            f"{self.path}: nobody recognises the format. Say it: --format "
            + "|".join(one.value for one in FileFormat)
        )

    # ── text ──────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with self.path.open("rb") as raw:
            self._raw = raw
            beginning = raw.read(6)
            raw.seek(0)
            for magic, advice in UNREAD.items():
                if beginning.startswith(magic):
                    raise InvalidRequest(f"{self.path} {advice}")
            if beginning.startswith(GZIP):
                with gzip.open(raw) as file:
                    yield io.BufferedReader(file)
            elif beginning.startswith(ZSTD):
                with zstd.open(raw) as file:
                    yield io.BufferedReader(file)
            else:
                yield raw

    def _lines(self, newline: Literal["", "\n"] = "\n") -> Iterator[str]:
        """Bytes that are no UTF-8 stay recognisable: see `_not_text`. With `newline` "" a line
        ends with CR, LF or both."""
        with self._opened() as file:
            text = io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline=newline)
            while line := text.readline(ROW_CHARACTERS_MAX):
                self.read_bytes = self._raw.tell()
                yield line

    def _line_rows(self, read: Callable[[str], dict[str, Any]]) -> Iterator[Row]:
        for number, line in enumerate(self._lines(), 1):
            text = line.rstrip("\r\n")
            if not text.strip():
                continue
            if problem := _problem(read, text):
                yield Row(number, {}, problem, text)
            else:
                yield Row(number, read(text), "", text)

    def _csv_rows(self) -> Iterator[Row]:
        lines = self._lines(newline="")
        first = next(lines, "")
        delimiter = max(",;\t|", key=first.count)
        records = read_records(chain([first], lines), delimiter)
        names, problem, _ = next(records, ([], "", ""))
        header = [name.strip() for name in names]
        if problem or len({name.casefold() for name in header}) < len(header) or not header:
            raise InvalidRequest(f"{self.path}: the first line must name each column once.")
        for number, (values, problem, text) in enumerate(records, 1):
            if problem:
                yield Row(number, {}, f"This is not CSV: {problem}.", text)
            elif values and len(values) != len(header):
                problem = f"It has {len(values)} columns; the first line names {len(header)}."
                yield Row(number, {}, problem, text)
            elif values:
                yield Row(number, dict(zip(header, values, strict=True)), _not_text(text), text)

    # ── Parquet ───────────────────────────────────────────────────────────────────────────────

    def _parquet_rows(self) -> Iterator[Row]:
        """The embedded engine reads it, in this process: no server's store is opened."""
        engine = Engine("chdb://", options={})
        parameters = {"path": engine_path(self.path)}
        rest, number = b"", 0
        try:
            total = int(b"".join(engine.stream(PARQUET_ROWS, parameters, "TSV")))
            for piece in engine.stream(PARQUET, parameters, "JSONEachRow"):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    number += 1
                    self.read_bytes = self.bytes * number // total
                    text = line.decode("utf-8", "replace")
                    yield Row(number, msgspec.json.decode(text), "", text)
        except FootfallError as error:
            message = error.message.partition(": ")[2] or error.message
            raise InvalidRequest(f"{self.path} cannot be read on: {message}") from None
        finally:
            engine.close()


def read_records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[list[str], str, str]]:
    """The values of each record of a CSV (RFC 4180), a problem or "", and its text.

    A quote that is never closed, or closed in the middle of a later record, costs its own line:
    the lines after it are read again as records.
    """
    csv.field_size_limit(ROW_CHARACTERS_MAX)
    again: deque[str] = deque()
    used: list[str] = []

    def feed() -> Iterator[str]:
        while True:
            line = again.popleft() if again else next(lines, "")
            if not line:
                return
            used.append(line)
            if len(used) > RECORD_LINES_MAX:
                raise csv.Error(f"a quote spans more than {RECORD_LINES_MAX:,} lines")
            yield line

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        used.clear()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            again.extendleft(reversed(used[1:]))
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)
            problem = "a quote is never closed" if "unexpected end" in str(error) else str(error)
            yield [], problem, used[0].rstrip("\r\n")
        else:
            yield values, "", delimiter.join(values)


def _read_json(line: str) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadLine(f"This is no JSON object: {str(error)[:100]}") from None
    return fields


def _problem(read: Callable[[str], dict[str, Any]], line: str) -> str:
    if problem := _not_text(line):
        return problem
    try:
        read(line)
    except BadLine as error:
        return str(error)
    return ""


def _not_text(text: str) -> str:
    if text.isascii():
        return ""
    return "It has bytes that are no UTF-8." if any("\udc80" <= c <= "\udcff" for c in text) else ""


_READERS: Final[dict[FileFormat, Callable[[str], dict[str, Any]]]] = {
    FileFormat.NGINX: read_line,
    FileFormat.APACHE: read_line,
    FileFormat.CADDY: read_caddy_line,
    FileFormat.NDJSON: _read_json,
}
