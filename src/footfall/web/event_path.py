"""What `/health` and `/metrics` say of the way of an event from its request to the journal."""

from collections.abc import Iterable
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.capture.recorder import Capture


class WrittenJournal(Protocol):
    """How the writing of the journal goes: see `journal.journal.SqliteJournal`."""

    waiting_bytes: int
    refused: int
    lag: str
    scrub_waits: str
    unopened: str

    @property
    def stalled(self) -> bool: ...


class EventPath(Collector):
    def __init__(self, capture: Capture, journal: WrittenJournal) -> None:
        self._capture = capture
        self._journal = journal

    @property
    def live(self) -> bool:
        """Whether scans are recorded, as far as is known."""
        return not (self._journal.unopened or self._journal.stalled) and self._capture.recording

    @property
    def pending(self) -> int:
        return self._capture.pending

    def problem(self) -> str:
        """Why scans are not recorded, "" when they are."""
        if self._journal.stalled:
            return "The disk takes no writes: a write of the journal is under way for too long."
        return self._journal.unopened or self._capture.problem

    def warning(self) -> str:
        """ "" when nothing is known to be wrong with the journal."""
        return f"The journal was behind at the start: {self._journal.lag}." * bool(
            self._journal.lag
        )

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "footfall_events_pending",
            "Events answered while the disk took no writes, and not known yet to be recorded.",
            value=self._capture.pending,
        )
        yield CounterMetricFamily(
            "footfall_events_answered_pending",
            "Events answered before it was known whether they are recorded.",
            value=self._capture.answered_pending,
        )
        yield GaugeMetricFamily(
            "footfall_journal_stalled",
            "1 while a write of the journal takes longer than a person may be held.",
            value=float(self._journal.stalled),
        )
        yield GaugeMetricFamily(
            "footfall_journal_unopened",
            "1 while the disk keeps the journal from being opened: scans go unrecorded.",
            value=float(bool(self._journal.unopened)),
        )
        yield GaugeMetricFamily(
            "footfall_journal_waiting_bytes",
            "Bytes of events that wait in memory for the disk.",
            value=self._journal.waiting_bytes,
        )
        yield CounterMetricFamily(
            "footfall_journal_refused",
            "Events for which the journal had no room, in memory or on disk, or no disk.",
            value=self._journal.refused,
        )
        yield GaugeMetricFamily(
            "footfall_journal_behind",
            "1 when the journal was behind what it once was at the start.",
            value=float(bool(self._journal.lag)),
        )
        yield GaugeMetricFamily(
            "footfall_journal_scrub_waiting",
            "1 while erased events cannot leave the journal's files.",
            value=float(bool(self._journal.scrub_waits)),
        )
