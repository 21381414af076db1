"""A journal that is behind what it once was: restored from a backup, of a machine that was set
back, or on a disk that lost writes, beside an event store that went on.

It would give new events the positions of others, which the store has. So before its first batch it
is held against the store's books, and against its mark, and goes on under another name.
"""

import logging

from footfall.core.books import Run, StoreBooks
from footfall.core.errors import StoreDefect
from footfall.journal.journal import SqliteJournal

log = logging.getLogger(__name__)


def reconcile(journal: SqliteJournal, books: StoreBooks) -> int:
    """Call before the first batch is taken. The greatest event id that the store has from this
    journal, 0 for none. Blocks; raises StoreUnavailable, JournalUnavailable, and StoreDefect when
    the books are damaged and the mark says that the journal is behind."""
    runs = _runs_of(journal, books)
    stored = max((run.last for run in runs), default=0)
    if stored > journal.opened_at and not journal.lag:
        journal.lag = (
            f"journal.db ends at group {journal.opened_at}, and the event store has its groups up "
            f"to {stored}"
        )
    if journal.lag:
        known = max(stored, journal.opened_at)
        lost = max(0, journal.once_at - known)
        journal.begin_anew(runs)
        journal.lag += (
            f"; {lost} groups of recorded events are in neither"
            if lost
            else "; no recorded event is known to be missing"
        )
        log.warning("%s. The journal goes on under another name.", journal.lag)
    return max((run.last_id for run in runs), default=0)


def _runs_of(journal: SqliteJournal, books: StoreBooks) -> list[Run]:
    try:
        return [run for run in books.runs() if run.journal == journal.name]
    except StoreDefect:
        if journal.lag:
            raise
        # Damaged books keep no event out: the mark says that the journal has its end.
        return []
