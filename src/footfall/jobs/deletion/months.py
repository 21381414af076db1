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
from footfall.jobs.deletion.jobs import REMOVALS, Removal
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

    def due(self, removal: Removal, frontier: int) -> list[Month]:
        """The months of an archive, of those that are over: see `Archives.months`. Raises
        Conflict."""
        self._archives.check_months(removal.account, removal.plan.age_by)
        before = Month.read(removal.plan.before)
        return self._archives.months(
            removal.account, before, received_at(frontier), removal.plan.age_by
        )

    def nothing(self, removal: Removal, frontier: int) -> str:
        """Says that an archive had no months."""
        before = Month.read(removal.plan.before)
        if removal.plan.age_by is AgeBy.OCCURRED:
            return f"Nothing to archive: no raw event happened before {before}."
        said = f"Nothing to archive: no raw event was received before {before}."
        happened = self._archives.months(
            removal.account, before, received_at(frontier), AgeBy.OCCURRED
        )
        if happened:
            said += f" Some happened since {happened[0]}: age_by occurred_at archives those."
        return said

    def resume(self, removal: Removal) -> Removal:
        """The rows of the month that a crash interrupted go."""
        if (taking := removal.receipt.get(TAKING)) is None:
            return removal
        return self._expire(removal, Month.read(taking["month"]), taking["last_id"])

    def archive(self, removal: Removal, month: Month, below: int) -> Removal:
        """Write a month's file, and then remove its rows where the plan says so."""
        rows = rows_of(removal.account, month, removal.plan.age_by, below)
        file = self._archives.write(removal.account, month, rows)
        if not removal.plan.remove:
            return removal
        removal = self._write_down(removal, month, file.last_id)
        return self._expire(removal, month, file.last_id)

    def _write_down(self, removal: Removal, month: Month, last_id: int) -> Removal:
        account, age_by = removal.account, removal.plan.age_by
        if not self._archives.check(account, month):
            raise Unavailable(f"The archive of {month} is not what its manifest says.")
        with self._catalog.reading() as session:
            jobs.check_turn(session, account, removal.number)
        survey = self._remover.survey(rows_of(account, month, age_by, last_id + 1))
        self._copies.check_room(survey)
        size = removal.bytes_before or self._remover.size()
        with self._catalog.writing() as session:
            # What happened in two months may have been received in one hour.
            once = age_by is AgeBy.RECEIVED
            added = jobs.note_going(session, removal, survey.going, once=once)
            share = survey.bytes * added // max(1, survey.events)
            return REMOVALS.note(
                session,
                removal,
                step=Step.SURVEYED,
                events=removal.events + added,
                bytes_before=size,
                bytes_freed=(removal.bytes_freed or 0) + share,
                receipt={**removal.receipt, TAKING: {"month": str(month), "last_id": last_id}},
            )

    def _expire(self, removal: Removal, month: Month, last_id: int) -> Removal:
        self._archives.mark_month(removal.account, month)
        self._remover.expire(rows_of(removal.account, month, removal.plan.age_by, last_id + 1))
        receipt = {name: of for name, of in removal.receipt.items() if name != TAKING}
        with self._catalog.writing() as session:
            return REMOVALS.note(session, removal, receipt=receipt)
