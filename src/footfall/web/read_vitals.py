"""Reads of callers and streams, as Prometheus metrics."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.quotas import Places
from footfall.reading.turns import Turns


class ReadVitals(Collector):
    def __init__(self, turns: Turns, places: Mapping[str, Places]) -> None:
        """`places` by the kind of stream."""
        self._turns = turns
        self._places = places

    def collect(self) -> Iterable[Metric]:
        running = GaugeMetricFamily("footfall_reads_running", "Reads that run.", labels=["lane"])
        waiting = GaugeMetricFamily("footfall_reads_waiting", "Reads that wait.", labels=["lane"])
        refused = CounterMetricFamily(
            "footfall_reads_refused", "Reads and streams refused with 429.", labels=["reason"]
        )
        for name, lane in (("heavy", self._turns.heavy), ("small", self._turns.small)):
            running.add_metric([name], lane.running)
            waiting.add_metric([name], lane.waiting)
            refused.add_metric([name], lane.refused)
        streams = GaugeMetricFamily("footfall_streams_open", "Open streams.", labels=["kind"])
        for name, places in self._places.items():
            streams.add_metric([name], places.taken)
            refused.add_metric([name], places.refused)
        limits = CounterMetricFamily(
            "footfall_reads_over_limit", "Reads that ended at a limit of time, memory or rows."
        )
        limits.add_metric([], self._turns.over_limit)
        cancelled = CounterMetricFamily(
            "footfall_reads_cancelled", "Reads whose caller left before they were done."
        )
        cancelled.add_metric([], self._turns.cancelled)
        return [running, waiting, refused, limits, cancelled, streams]
