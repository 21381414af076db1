"""How many conversions are looked up at once: each waits for the event store."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.core.errors import Overloaded

UNDER_WAY_MAX: Final = 200


class ConversionLimit(Collector):
    """Use it on the event loop."""

    def __init__(self) -> None:
        self.under_way = 0
        self.refused = 0

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """One place. Raises Overloaded when none is free: nothing is recorded then."""
        if self.under_way >= UNDER_WAY_MAX:
            self.refused += 1
            raise Overloaded(
                f"{UNDER_WAY_MAX} conversions are being recorded at once. Send it again shortly."
            )
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "footfall_conversions_under_way",
            "Conversions that are being recorded.",
            value=self.under_way,
        )
        yield GaugeMetricFamily(
            "footfall_conversions_under_way_max",
            "How many are recorded at once.",
            value=UNDER_WAY_MAX,
        )
        yield CounterMetricFamily(
            "footfall_conversions_refused",
            "Conversions answered with 503 because as many were under way.",
            value=self.refused,
        )
