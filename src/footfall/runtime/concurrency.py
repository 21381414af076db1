"""How much of something may be under way at once, where each waits for a database."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.core.errors import Overloaded


class ConcurrencyLimit(Collector):
    """Use it on the event loop. `what` they are, in the plural: it names the metrics."""

    def __init__(self, what: str, most: int) -> None:
        self.under_way = 0
        self.refused = 0
        self._what: Final = what
        self._most: Final = most

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """One place. Raises Overloaded when none is free: nothing is recorded then."""
        if self.under_way >= self._most:
            self.refused += 1
            raise Overloaded(
                f"{self._most} {self._what} are being recorded at once. Send it again shortly."
            )
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def collect(self) -> Iterable[Metric]:
        name, what = f"footfall_{self._what}", self._what.capitalize()
        yield GaugeMetricFamily(
            f"{name}_under_way", f"{what} that are being recorded.", value=self.under_way
        )
        yield GaugeMetricFamily(
            f"{name}_under_way_max", "How many are recorded at once.", value=self._most
        )
        yield CounterMetricFamily(
            f"{name}_refused",
            f"{what} answered with 503 because as many were under way.",
            value=self.refused,
        )
