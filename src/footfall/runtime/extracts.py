"""Events as files, and what gives them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from footfall.core.queries import EventFilter, Order


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    ARROW = "arrow"


MEDIA_TYPES: Final = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.stream",
}


FORMULA: Final = r"^[\x00-\x20]*[=+\-@＝＋－＠﹦﹢﹣﹫]|^[\t\r\n]"
"""How text begins that a spreadsheet may calculate: anybody can put it into a header. Python and
RE2 read it alike. https://owasp.org/www-community/attacks/CSV_Injection"""


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """All events that match, oldest first unless `order` says otherwise, as a file: `columns` maps
    the names of its columns to those of events, or to what is worked out: `occurred_at`,
    `received_at`, `occurred_seconds` (since 1970), `id_digits`, `id_text`. In a CSV, text that
    matches FORMULA has a `'` before it, unless `raw_cells`."""

    query: EventFilter
    columns: Mapping[str, str]
    format: Format
    order: Order = Order.ASCENDING
    raw_cells: bool = False

    def beyond(self, last: int) -> "Extract":
        """What comes after this id."""
        edge = "above" if self.order is Order.ASCENDING else "below"
        return replace(self, query=replace(self.query, **{edge: last}))

    def up_to(self, last: int) -> "Extract":
        """What comes until this id, with it."""
        edge = {"below": last + 1} if self.order is Order.ASCENDING else {"above": last - 1}
        return replace(self, query=replace(self.query, **edge))

    def nothing(self) -> "Extract":
        """No event, and the same columns: a file has its head without one."""
        return replace(self, query=replace(self.query, below=0))


class Slice(msgspec.Struct, frozen=True):
    """A run of an extract's events: the id of its last one, and how many they are."""

    last: int
    rows: int


class EventFiles(Protocol):
    """Events as bytes of a file's format. Every method blocks; any may raise StoreUnavailable."""

    def find_slice(self, extract: Extract, rows: int) -> Slice | None:
        """The first so many events of an extract, None when it has none."""

    def read_slice(self, extract: Extract, *, first: bool) -> Iterator[bytes]:
        """All events of an extract. The `first` slice of a file has its head. Of Parquet these are
        parts that `merge_slices` makes the file of."""

    def merge_slices(self, extract: Extract, path: Path) -> Iterator[bytes]:
        """The Parquet file of slices that were compressed with gzip and appended to each other."""
