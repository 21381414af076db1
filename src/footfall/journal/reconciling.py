"""A journal that is behind what it once was: restored from a backup, of a machine that was set
back, or on a disk that lost writes, beside an event store that went on.

It would give new events the positions of others, which the store has. So before its first batch it
is held against the store's books, and against its mark, and goes on under another name.
"""

import logging
from collections.abc import Callable, Sequence

from footfall.core.books import Run
from footfall.core.errors import StoreDefect
from footfall.journal.journal import SqliteJournal

log = logging.getLogger(__name__)


def reconcile(journal: SqliteJournal, stored_runs: Callable[[], Sequence[Run]]) -> int:
    """Call before the first batch is taken. `stored_runs` reads the runs of every journal from the
    event store. The greatest event id that the store has from this journal, 0 for none. Blocks;
    raises StoreUnavailable, JournalUnavailable, and StoreDefect when the books are damaged and the
    mark says that the journal is behind."""
    runs = _runs_of(journal, stored_runs)
    own = [run for run in runs if run.journal == journal.name]
    stored = max((run.last for run in own), default=0)
    missing = _explain_missing(journal, runs)
    if stored > journal.opened_at and not journal.lag:
        journal.lag = (
            f"journal.db ends at group {journal.opened_at}, and the event store has its groups up "
            f"to {stored}"
        )
    if journal.lag:
        journal.start_over(own)
        journal.lag += f"; {missing}"
        log.warning("%s. The journal goes on under another name.", journal.lag)
    return max((run.last_id for run in own), default=0)


def _explain_missing(journal: SqliteJournal, runs: Sequence[Run]) -> str:
    """How many groups that the mark knows of are in neither the journal nor the event store."""
    if not journal.lag:  # the event store alone knows that the journal is behind
        return "it is unknown whether recorded events are missing"
    once = journal.once
    known = max((run.last for run in runs if run.journal == once.name), default=0)
    if once.name == journal.name:
        known = max(known, journal.opened_at)
    lost = once.position - max(known, once.opened)
    if lost > 0:
        return f"{lost} groups of recorded events are in neither"
    return "no recorded event is known to be missing"


def _runs_of(journal: SqliteJournal, stored_runs: Callable[[], Sequence[Run]]) -> list[Run]:
    """Of the journal, and of the one that was in its place."""
    names = {journal.name, journal.once.name}
    try:
        return [run for run in stored_runs() if run.journal in names]
    except StoreDefect:
        if journal.lag:
            raise
        # Damaged books keep no event out: the mark says that the journal has its end.
        return []
