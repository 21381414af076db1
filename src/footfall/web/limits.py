"""The limits of a server that strangers reach: connections, requests under way, their bodies. And
what is seen of them in `/metrics`."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.api.request_bodies import BodyBudget
from footfall.capture.client_address import TrustedProxies
from footfall.config import Settings
from footfall.web.connections import Connections, raise_descriptor_limit
from footfall.web.request_limits import RequestsByAddress


class Limits(Collector):
    """What is counted and refused in front of every application."""

    def __init__(self, settings: Settings) -> None:
        self.proxies = TrustedProxies(settings.trusted_proxy_hops, settings.forwarded_header)
        self.bodies = BodyBudget(settings.bodies_bytes_max)
        self.requests = RequestsByAddress(settings.requests_per_address_max, self.proxies)
        self.connections = Connections(
            settings.port,
            raise_descriptor_limit(settings.connections_max),
            # All connections are the proxy's.
            None if self.proxies.hops else settings.connections_per_address_max,
            self.requests.working,
            int(settings.scan_wait_seconds * 1000),
        )

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "footfall_connections", "Open connections.", value=self.connections.count()
        )
        yield GaugeMetricFamily(
            "footfall_connections_max",
            "Connections that the server takes at once.",
            value=self.connections.limit,
        )
        yield GaugeMetricFamily(
            "footfall_body_bytes",
            "Bytes of bodies under way, received and inflated.",
            value=self.bodies.bytes,
        )
        yield GaugeMetricFamily(
            "footfall_body_bytes_max",
            "Bytes of bodies that the server holds at once.",
            value=self.bodies.bytes_max,
        )
        refused = CounterMetricFamily(
            "footfall_refused", "Connections and requests refused, by limit.", labels=["limit"]
        )
        counts = self.connections.refused + self.bodies.refused
        for name in (*self.connections.refused, *self.bodies.refused):
            refused.add_metric([name], counts[name])
        refused.add_metric(["address_requests"], self.requests.refused)
        yield refused
