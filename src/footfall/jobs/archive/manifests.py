"""What is said of the files of archives, in ACCOUNT/manifest.json."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from footfall.core.accounts import AgeBy
from footfall.core.events import COLUMNS
from footfall.core.reports import ArchivedMonth

MANIFEST: Final = "manifest.json"
SCHEMA: Final = 1
"""Raised when a column changes its meaning; new columns are seen in `columns`."""

_PIECE: Final = 1 << 20


class Month(msgspec.Struct, frozen=True, order=True):
    """A month by UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, milliseconds: int) -> "Month":
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
        return cls(moment.year, moment.month)

    @classmethod
    def read(cls, text: str) -> "Month":
        moment = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        return cls(moment.year, moment.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    def next(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def before(self, count: int) -> "Month":
        """So many months earlier."""
        months = self.year * 12 + self.number - 1 - count
        return Month(months // 12, months % 12 + 1)

    @property
    def since(self) -> int:
        """Milliseconds since 1970."""
        return int(datetime(self.year, self.number, 1, tzinfo=UTC).timestamp()) * 1000

    @property
    def until(self) -> int:
        return self.next().since


class ArchivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """`raw_removed`: its raw rows are gone from the event store, or about to go. Ids are those of
    its first and last event, `made_at` is milliseconds since 1970."""

    month: str
    file: str
    rows: int
    bytes: int
    sha256: str
    first_id: int
    last_id: int
    made_at: int
    raw_removed: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`age_by`: its months are those in which events were received, or in which they happened."""

    account: int
    age_by: AgeBy = AgeBy.RECEIVED
    schema: int = SCHEMA
    columns: tuple[str, ...] = (*COLUMNS, "occurred_at")
    files: tuple[ArchivedFile, ...] = ()

    def file(self, month: Month) -> ArchivedFile | None:
        return next((one for one in self.files if one.month == str(month)), None)


def read_manifest(directory: Path, account: int) -> Manifest:
    path = directory / str(account) / MANIFEST
    if not path.exists():
        return Manifest(account=account)
    return msgspec.json.decode(path.read_bytes(), type=Manifest)


def archived_months(directory: Path, manifest: Manifest) -> list[ArchivedMonth]:
    found = []
    for one in manifest.files:
        month = Month.read(one.month)
        path = str(directory / str(manifest.account) / one.file)
        last = one.last_id if manifest.age_by is AgeBy.OCCURRED else None
        found.append(ArchivedMonth(path, month.since, month.until, last))
    return found


def problem_of(directory: Path, account: int, known: ArchivedFile) -> str:
    """What is wrong with a file, "" when nothing is."""
    path = directory / str(account) / known.file
    if not path.exists():
        return "it is gone"
    if path.stat().st_size != known.bytes:
        return f"it has {path.stat().st_size} bytes and should have {known.bytes}"
    return "" if hash_of(path) == known.sha256 else "its content has changed"


def hash_of(path: Path) -> str:
    """SHA-256 in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
