"""What became of every row, and how far the import is: a small file, written after each batch that
the server has answered for.

A kill between the answer and the note sends one batch again. Its events have the same ids, so the
server knows them: they are duplicates, and the ledger balances.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec

from footfall.core.errors import InvalidRequest

REASONS_MAX: Final = 100
ROWS_NAMED_MAX: Final = 5
REASON_LENGTH_MAX: Final = 200
OTHER: Final = "(other reasons)"


class Reason(msgspec.Struct):
    """`rows` are the first few row numbers."""

    count: int = 0
    rows: list[int] = []


class Ledger(msgspec.Struct):
    """`task` names file, mapping and server: another task's ledger is not gone on with. `row` is
    the last row that is dealt with, `refused_bytes` how long the file of refused rows was then."""

    task: str
    row: int = 0
    read: int = 0
    left_out: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    refused_bytes: int = 0
    reasons: dict[str, Reason] = {}

    @property
    def balanced(self) -> bool:
        return self.read == self.left_out + self.stored + self.duplicates + self.refused

    def refuse(self, row: int, reason: str) -> None:
        self.refused += 1
        reason = reason[:REASON_LENGTH_MAX]
        if reason not in self.reasons and len(self.reasons) >= REASONS_MAX:
            reason = OTHER
        kept = self.reasons.setdefault(reason, Reason())
        kept.count += 1
        if len(kept.rows) < ROWS_NAMED_MAX:
            kept.rows.append(row)


def read_ledger(path: Path, task: str) -> Ledger:
    """Of an import that was interrupted, or a new one. Raises InvalidRequest for another task's."""
    try:
        ledger = msgspec.json.decode(path.read_bytes(), type=Ledger)
    except FileNotFoundError:
        return Ledger(task)
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}. Remove it to start over.") from None
    if ledger.task != task:
        raise InvalidRequest(
            f"{path} is of an import of another content, mapping or server. Remove it to begin "
            "over, or keep this import's elsewhere with --state."
        )
    return ledger


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Whole or not at all, also in a power cut. Raises InvalidRequest."""
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(msgspec.json.encode(ledger))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise InvalidRequest(f"{path} cannot be written: {error}") from None


class RefusedRows:
    """A file of NDJSON with every row that was refused, or nothing without a path."""

    def __init__(self, path: Path | None, bytes_before: int) -> None:
        """What was written after the ledger's last note is cut off: those rows come again."""
        self._file = None
        if path is not None:
            try:
                path.touch()
                os.truncate(path, min(bytes_before, path.stat().st_size))
                self._file = path.open("ab")
            except OSError as error:
                raise InvalidRequest(f"{path} cannot be written: {error}") from None

    def write(self, row: int, error: str, text: str) -> None:
        if self._file is not None:
            line = {"row": row, "error": error, "text": text.encode("utf-8", "replace").decode()}
            self._file.write(msgspec.json.encode(line) + b"\n")

    def sync(self) -> int:
        """All of it on disk; how many bytes that is."""
        if self._file is None:
            return 0
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
