"""How far a journal has come, in a small file beside it: `journal.mark`.

The journal's own file cannot say that it lacks its end. SQLite drops a damaged end of its log
without a word, and a file from a backup is whole in itself. The mark is written after the journal
and not forced to disk, so it may be behind the journal, and is never ahead of it.
"""

import logging
import os
from pathlib import Path
from typing import Final

import msgspec

SIZE: Final = 256
"""Bytes; one sector of a disk is written whole or not at all."""

log = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True):
    """`position` is the journal's, `last_id` the greatest event id in it, and `given` the greatest
    id that was given: to an event, or to a page as the end of what it shows. Groups up to `opened`
    are not of this name: the journal had another one. `ahead` is that of `IdGenerator`."""

    name: str
    position: int
    last_id: int
    given: int = 0
    opened: int = 0
    ahead: int = 0


_decode: Final = msgspec.json.Decoder(Mark).decode


def mark_path(journal: Path) -> Path:
    return journal.with_suffix(".mark")


def read_mark(journal: Path) -> Mark | None:
    """None when there is none that can be read: after a power cut it may be empty."""
    try:
        return _decode(mark_path(journal).read_bytes())
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def write_mark(journal: Path, mark: Mark) -> None:
    """In place, and it may take as long as the disk does. A disk that takes nothing is no failure:
    the journal says that of itself."""
    try:
        file = os.open(mark_path(journal), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, msgspec.json.encode(mark).ljust(SIZE), 0)
        finally:
            os.close(file)
    except OSError as error:
        log.debug("%s cannot be written: %s", mark_path(journal), error)


def lag(mark: Mark | None, name: str, position: int) -> str:
    """Why a journal with this name and position is behind what it once was, "" when it is not."""
    if mark is None or not mark.position or (mark.name == name and mark.position <= position):
        return ""
    if mark.name != name:
        return "journal.db is not the file that was here before"
    return f"journal.db ends at group {position} and once ended at group {mark.position}"
