"""The limits of reads and of streams, as the settings have them, and as Prometheus metrics."""

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.config import Settings
from footfall.runtime.quotas import Places
from footfall.runtime.read_queue import ReadLimits, Turns

STREAMS_MAX: Final = 4
STREAMS_OF_ACCOUNT_MAX: Final = 2


class Reads(Collector):
    """`turns` of reads, and places of streams: `live` ones, and `streams` of events that are
    there. `cancel` ends the query of a read."""

    def __init__(self, settings: Settings, cancel: Callable[[str], None]) -> None:
        limits = ReadLimits(
            seconds_max=settings.read_seconds_max,
            memory_bytes_max=settings.read_memory_bytes_max,
            waiting_max=settings.heavy_reads_waiting_max,
        )
        of_account = settings.live_streams_of_account_max
        self.turns = Turns(limits, cancel)
        self.live = Places("live streams", settings.live_streams_max, of_account)
        self.streams = Places("streams of events", STREAMS_MAX, STREAMS_OF_ACCOUNT_MAX)

    def collect(self) -> Iterable[Metric]:
        running = GaugeMetricFamily("footfall_reads_running", "Reads that run.", labels=["lane"])
        waiting = GaugeMetricFamily("footfall_reads_waiting", "Reads that wait.", labels=["lane"])
        refused = CounterMetricFamily(
            "footfall_reads_refused", "Reads and streams refused with 429.", labels=["reason"]
        )
        for name, lane in (("heavy", self.turns.heavy), ("small", self.turns.small)):
            running.add_metric([name], lane.running)
            waiting.add_metric([name], lane.waiting)
            refused.add_metric([name], lane.refused)
        streams = GaugeMetricFamily("footfall_streams_open", "Open streams.", labels=["kind"])
        for name, places in (("live", self.live), ("events", self.streams)):
            streams.add_metric([name], places.taken)
            refused.add_metric([name], places.refused)
        limits = CounterMetricFamily(
            "footfall_reads_over_limit", "Reads that ended at a limit of time, memory or rows."
        )
        limits.add_metric([], self.turns.over_limit)
        cancelled = CounterMetricFamily(
            "footfall_reads_cancelled", "Reads whose caller left before they were done."
        )
        cancelled.add_metric([], self.turns.cancelled)
        return [running, waiting, refused, limits, cancelled, streams]
