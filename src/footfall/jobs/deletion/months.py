"""Months of raw events: each is safe in its file before its rows go."""

from typing import Final

from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import AgeBy
from footfall.core.errors import Unavailable
from footfall.core.ids import received_at
from footfall.jobs.archive.archives import Archives, rows_of
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion import jobs
from footfall.jobs.deletion.copies import Copies
from footfall.jobs.deletion.jobs import Step, Work
from footfall.jobs.deletion.ports import EventRemover
from footfall.jobs.tables import RemovalRow

TAKING: Final = "taking"
"""In a receipt: the month whose rows are written down and about to go, and the last of them."""


class Months:
    """Every method blocks and can be repeated; any may raise StoreUnavailable, and OSError when the
    disk is full."""

    def __init__(
        self, catalog: SqlCatalog, remover: EventRemover, archives: Archives, copies: Copies
    ) -> None:
        self._catalog = catalog
        self._remover = remover
        self._archives = archives
        self._copies = copies

    def due(self, work: Work, frontier: int) -> list[Month]:
        """The months of an archive, of those that are over: see `Archives.months`. Raises
        Conflict."""
        self._archives.check_months(work.account, work.plan.age_by)
        before = Month.read(work.plan.before)
        return self._archives.months(work.account, before, received_at(frontier), work.plan.age_by)

    def nothing(self, work: Work, frontier: int) -> str:
        """Says that an archive had no months."""
        before = Month.read(work.plan.before)
        if work.plan.age_by is AgeBy.OCCURRED:
            return f"Nothing to archive: no raw event happened before {before}."
        said = f"Nothing to archive: no raw event was received before {before}."
        happened = self._archives.months(
            work.account, before, received_at(frontier), AgeBy.OCCURRED
        )
        if happened:
            said += f" Some happened since {happened[0]}: age_by occurred_at archives those."
        return said

    def resume(self, work: Work) -> None:
        """The rows of the month that a crash interrupted go."""
        if (taking := work.receipt.get(TAKING)) is not None:
            self._expire(work, Month.read(taking["month"]), taking["last_id"])

    def archive(self, work: Work, month: Month, below: int) -> None:
        """Write a month's file, and then remove its rows where the plan says so."""
        rows = rows_of(work.account, month, work.plan.age_by, below)
        file = self._archives.write(work.account, month, rows)
        if work.plan.remove:
            self._write_down(work, month, file.last_id)
            self._expire(work, month, file.last_id)

    def _write_down(self, work: Work, month: Month, last_id: int) -> None:
        if not self._archives.check(work.account, month):
            raise Unavailable(f"The archive of {month} is not what its manifest says.")
        with self._catalog.reading() as session:
            jobs.check_turn(session, work.account, work.number)
        survey = self._remover.survey(rows_of(work.account, month, work.plan.age_by, last_id + 1))
        self._copies.check_room(survey)
        # What happened in two months may have been received in one hour.
        once = work.plan.age_by is AgeBy.RECEIVED
        with self._catalog.writing() as session:
            row = session.get_one(RemovalRow, work.number)
            row.step = Step.SURVEYED.value
            row.bytes_before = row.bytes_before or self._remover.size()
            added = jobs.note_going(session, work.number, work.account, survey.going, once=once)
            row.events += added
            share = survey.bytes * added // max(1, survey.events)
            row.bytes_freed = (row.bytes_freed or 0) + share
            row.receipt = {**row.receipt, TAKING: {"month": str(month), "last_id": last_id}}

    def _expire(self, work: Work, month: Month, last_id: int) -> None:
        self._archives.mark_month(work.account, month)
        self._remover.expire(rows_of(work.account, month, work.plan.age_by, last_id + 1))
        with self._catalog.writing() as session:
            row = session.get_one(RemovalRow, work.number)
            row.receipt = {name: of for name, of in row.receipt.items() if name != TAKING}
