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
from footfall.jobs.deletion.jobs import DELETIONS, Deletion
from footfall.jobs.deletion.ports import EventRemover
from footfall.jobs.runner import Step

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

    def due(self, deletion: Deletion, frontier: int) -> list[Month]:
        """The months of an archive, of those that are over: see `Archives.months`. Raises
        Conflict."""
        self._archives.check_months(deletion.account, deletion.plan.age_by)
        before = Month.read(deletion.plan.before)
        return self._archives.months(
            deletion.account, before, received_at(frontier), deletion.plan.age_by
        )

    def nothing(self, deletion: Deletion, frontier: int) -> str:
        """Says that an archive had no months."""
        before = Month.read(deletion.plan.before)
        if deletion.plan.age_by is AgeBy.OCCURRED:
            return f"Nothing to archive: no raw event happened before {before}."
        said = f"Nothing to archive: no raw event was received before {before}."
        happened = self._archives.months(
            deletion.account, before, received_at(frontier), AgeBy.OCCURRED
        )
        if happened:
            said += f" Some happened since {happened[0]}: age_by occurred_at archives those."
        return said

    def resume(self, deletion: Deletion) -> Deletion:
        """The rows of the month that a crash interrupted go."""
        if (taking := deletion.receipt.get(TAKING)) is None:
            return deletion
        return self._expire(deletion, Month.read(taking["month"]), taking["last_id"])

    def archive(self, deletion: Deletion, month: Month, below: int) -> Deletion:
        """Write a month's file, and then remove its rows where the plan says so."""
        rows = rows_of(deletion.account, month, deletion.plan.age_by, below)
        file = self._archives.write(deletion.account, month, rows)
        if not deletion.plan.remove:
            return deletion
        deletion = self._write_down(deletion, month, file.last_id)
        return self._expire(deletion, month, file.last_id)

    def _write_down(self, deletion: Deletion, month: Month, last_id: int) -> Deletion:
        account, age_by = deletion.account, deletion.plan.age_by
        if not self._archives.check(account, month):
            raise Unavailable(f"The archive of {month} is not what its manifest says.")
        with self._catalog.reading() as session:
            jobs.check_turn(session, account, deletion.number)
        survey = self._remover.survey(rows_of(account, month, age_by, last_id + 1))
        self._copies.check_space(survey)
        size = deletion.bytes_before or self._remover.size()
        with self._catalog.writing() as session:
            # What happened in two months may have been received in one hour.
            once = age_by is AgeBy.RECEIVED
            added = jobs.note_going(session, deletion, survey.going, once=once)
            share = survey.bytes * added // max(1, survey.events)
            return DELETIONS.note(
                session,
                deletion,
                step=Step.SURVEYED,
                events=deletion.events + added,
                bytes_before=size,
                bytes_freed=(deletion.bytes_freed or 0) + share,
                receipt={**deletion.receipt, TAKING: {"month": str(month), "last_id": last_id}},
            )

    def _expire(self, deletion: Deletion, month: Month, last_id: int) -> Deletion:
        self._archives.mark_month(deletion.account, month)
        self._remover.expire(rows_of(deletion.account, month, deletion.plan.age_by, last_id + 1))
        receipt = {name: of for name, of in deletion.receipt.items() if name != TAKING}
        with self._catalog.writing() as session:
            return DELETIONS.note(session, deletion, receipt=receipt)
