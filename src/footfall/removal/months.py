"""Months of raw events: each is safe in its file before its rows go."""

from footfall.archive.archives import Archives, Month
from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.tables import RemovalRow
from footfall.core.errors import Unavailable
from footfall.core.queries import EventFilter
from footfall.removal import jobs
from footfall.removal.copies import Copies
from footfall.removal.jobs import Step, Work
from footfall.removal.ports import EventRemover


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

    def due(self, work: Work, whole_until: int) -> list[Month]:
        """The months of an archive, of those that are over: see `Archives.months`."""
        before = Month.read(work.plan.before)
        return self._archives.months(work.account, before, whole_until)

    def archive(self, work: Work, month: Month) -> None:
        """Write a month's file, and then remove its rows where the plan says so."""
        self._archives.write(work.account, month)
        if work.plan.remove:
            self._remove(work, month)

    def _remove(self, work: Work, month: Month) -> None:
        if not self._archives.check(work.account, month):
            raise Unavailable(f"The archive of {month} is not what its manifest says.")
        query = EventFilter(account=work.account, since=month.since, until=month.until)
        with self._catalog.reading() as session:
            jobs.check_turn(session, work.account, work.number)
        survey = self._remover.survey(query)
        self._copies.check_room(survey)
        with self._catalog.writing() as session:
            row = session.get_one(RemovalRow, work.number)
            row.step = Step.SURVEYED.value
            row.bytes_before = row.bytes_before or self._remover.size()
            row.events += jobs.note_going(session, work.number, work.account, survey.going)
        self._archives.mark_month(work.account, month)
        self._remover.expire(query)
