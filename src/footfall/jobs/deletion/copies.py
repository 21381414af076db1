"""Every place that holds a copy of an event, and how the event leaves it.

    counts → messages of webhooks, kept answers → rows → files of archives

Rows go after counts and messages: after a crash they tell what is still to be done.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.idempotency import withdraw_answers
from footfall.core.calendar import DAY_MS
from footfall.core.errors import StoreUnavailable
from footfall.core.ids import Clock
from footfall.core.queries import EventFilter
from footfall.jobs.archive.archives import Archives
from footfall.jobs.deletion.jobs import Plan
from footfall.jobs.deletion.ports import EventRemover, Survey
from footfall.runtime.background import SPARE_BYTES
from footfall.webhooks import outbox
from footfall.webhooks.delivery import LOG_DAYS


class Copies:
    """Every method blocks and can be repeated; any may raise StoreUnavailable, and OSError when the
    disk is full."""

    def __init__(
        self,
        catalog: SqlCatalog,
        remover: EventRemover,
        archives: Archives,
        clock: Clock,
        spare_bytes: int = SPARE_BYTES,
    ) -> None:
        self._catalog = catalog
        self._remover = remover
        self._archives = archives
        self._clock = clock
        self._spare_bytes = spare_bytes

    def erase(self, plan: Plan) -> dict[str, Any]:
        """The events of a plan leave every place. Returns what the receipt says of it."""
        (query,) = plan.queries
        kept = self._remover.rebuild_counts(query)
        withdrawn = self._withdraw_messages(query)
        with self._catalog.writing() as session:
            answers = withdraw_answers(session, query.account)
        self._remover.remove(query)
        erased = self._archives.erase(query)
        return {
            "quarter_hours_whose_counts_stayed": kept,
            "archives_rewritten": list(erased),
            "archived_events": sum(erased.values()),
            "messages_withdrawn": withdrawn,
            "answers_withdrawn": answers,
        }

    def expire(self, account: int, plan: Plan) -> None:
        """The rows of a plan go, and counts where it says so: files and other counts stay."""
        for query in plan.queries:
            self._archives.mark_removed(query)
            self._remover.expire(query)
        if plan.counts_until is not None:
            self._remover.expire_counts(account, plan.counts_until)

    def check_space(self, survey: Survey) -> None:
        """Rewritten rows are written before the old ones go."""
        needed = survey.bytes_rewritten + self._spare_bytes
        if survey.bytes_rewritten and survey.bytes_free < needed:
            raise StoreUnavailable(
                f"To remove rows the engine needs {needed >> 20} MB of the disk and "
                f"{survey.bytes_free >> 20} MB are free. Free some: it goes on by itself."
            )

    def _withdraw_messages(self, query: EventFilter) -> int:
        """Messages tell of events, sent or not: none of these is kept or sent any more."""
        with self._catalog.reading() as session:
            if not outbox.has_messages(session, query.account):
                return 0
        withdrawn = 0
        for ids in self._ids(query):
            with self._catalog.writing() as session:
                withdrawn += outbox.withdraw(session, query.account, ids)
        return withdrawn

    def _ids(self, query: EventFilter) -> Iterator[list[int]]:
        """Of these events, those that a message may still tell of."""
        since = max(query.since or 0, self._clock() - LOG_DAYS * DAY_MS)
        recent = msgspec.structs.replace(query, since=since)
        yield from self._remover.ids(recent)
        yield from self._archives.ids(recent)
