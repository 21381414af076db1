"""`/health` and `/metrics`: whether it works, and how much. No key is needed on loopback."""

import asyncio
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.exceptions import (
    NotAuthorizedException,
    PermissionDeniedException,
    ServiceUnavailableException,
)
from litestar.handlers import HTTPRouteHandler
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.capture.enrichment import plain_address
from footfall.capture.pending_events import PendingEvents
from footfall.capture.ports import Backlog, Journal
from footfall.capture.recorder import Capture
from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Scope as KeyScope
from footfall.core.errors import (
    Forbidden,
    StoreDefect,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
)
from footfall.core.ids import Clock
from footfall.core.ports import EventStore
from footfall.integrity.audit import Audit
from footfall.integrity.presence import Presence
from footfall.jobs.deletion.deletions import Deletions
from footfall.places.databases import PlaceDatabases, PlaceDatabaseShown, describe
from footfall.runtime.background import Background
from footfall.runtime.watched_clock import WatchedClock
from footfall.web.event_path import EventPath
from footfall.webhooks.delivery import Delivery

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
CHECK_SECONDS_MAX: Final = 2.0
FORWARDING_HEADERS: Final = frozenset(
    {"forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip"}
)
FORWARDING_PREFIX: Final = "x-forwarded-"


class Health(msgspec.Struct):
    """`live`: scans are recorded. `ready`: reads are answered too. `backlog`: journalled and not
    yet in the event store. `unrecorded`: scans since the start that the journal could not take;
    `pending`: answered while the disk took no writes, and not known yet to be recorded.
    `warning`: events that are missing in the event store, rollups that differ from raw rows, a
    journal that was behind at the start, webhooks that were disabled, a
    clock that leapt, place data whose licence asks to replace it. `places`: the databases of
    places in use."""

    live: bool
    ready: bool
    backlog: Backlog
    recorded: int
    unrecorded: int
    pending: int
    problem: str
    warning: str
    places: list[PlaceDatabaseShown]


class Vitals(Collector):
    """The state of the running parts, for `/health` and as Prometheus metrics."""

    def __init__(
        self,
        event_path: EventPath,
        capture: Capture,
        pending_events: PendingEvents,
        journal: Journal,
        store: EventStore,
        background: Background,
        problem: Callable[[], str],
        delivery: Delivery,
        audit: Audit,
        removing: Deletions,
        presence: Presence,
        catalog_unopened: Callable[[], str],
        watched: WatchedClock,
        places: PlaceDatabases,
        clock: Clock,
    ) -> None:
        self.event_path = event_path
        self._capture = capture
        self._pending_events = pending_events
        self._delivery = delivery
        self._removing = removing
        self._watched = watched
        self._places = places
        self._clock = clock
        self._journal = journal
        self._store = store
        self._background = background
        self._problem = problem
        self._audit = audit
        self._store_bytes = 0
        self._presence = presence
        self._catalog_unopened = catalog_unopened

    async def health(self) -> Health:
        problem = await self.look() or self._problem()
        live = self.event_path.live
        warnings = (
            *(self._catalog_unopened(), self._presence.present.warning()),
            *(self.event_path.warning(), self._audit.warning(), self._disabled()),
            *(self._watched.warning(), self._places.warning(self._clock())),
        )
        return Health(
            live=live,
            ready=live and not problem and self._presence.complete,
            backlog=self._journal.backlog(),
            recorded=self._recorded,
            unrecorded=self._capture.unrecorded,
            pending=self.event_path.pending,
            problem=self.event_path.problem() or problem,
            warning=" ".join(filter(None, warnings)),
            places=describe(self._places.databases, self._clock()),
        )

    def _collect_present(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "footfall_store_memory_bytes",
            "Memory that the event store holds, also between queries.",
            value=self._store_bytes,
        )
        present = self._presence.present
        yield GaugeMetricFamily(
            "footfall_events_missing",
            "Events that entered the event store, were not removed, and are not there.",
            value=present.missing,
        )
        yield GaugeMetricFamily(
            "footfall_catalog_unopened",
            "1 while the disk keeps the catalog from being opened: a copy is read.",
            value=float(bool(self._catalog_unopened())),
        )
        yield GaugeMetricFamily(
            "footfall_parts_detached",
            "Parts of the event store that the engine cannot read.",
            value=len(present.detached),
        )
        ages = GaugeMetricFamily(
            "footfall_place_data_age_days", "Age of the data of places.", labels=["name"]
        )
        for one in describe(self._places.databases, self._clock()):
            ages.add_metric([one.name], one.days_old)
        yield ages

    async def look(self) -> str:
        """How much memory the event store holds; why it does not answer, "" when it does."""
        try:
            async with asyncio.timeout(CHECK_SECONDS_MAX):
                self._store_bytes = await self._background.run(self._store.memory)
        except (StoreUnavailable, StoreDefect) as error:
            return error.message
        except TimeoutError:
            return f"The event store is busy: no answer in {CHECK_SECONDS_MAX:.0f} s."
        return ""

    def _disabled(self) -> str:
        count = self._delivery.disabled
        return f"Webhooks that were disabled as their receivers fail: {count}." if count else ""

    @property
    def _recorded(self) -> int:
        return self._capture.recorded + self._pending_events.recorded

    def collect(self) -> Iterable[Metric]:
        yield from self._collect_events()
        yield from self._collect_present()
        yield from self._collect_webhooks()
        yield from self._collect_deletions()
        yield GaugeMetricFamily(
            "footfall_loader_failing",
            "1 while the event store takes nothing.",
            value=float(bool(self._problem())),
        )
        yield GaugeMetricFamily(
            "footfall_clock_leaping",
            "1 while the clock is not believed: nothing is removed by its age.",
            value=float(self._watched.leaping),
        )
        yield GaugeMetricFamily(
            "footfall_integrity_differences",
            "Hours of tables in which rollups differ from raw rows, as far as is checked.",
            value=self._audit.differences,
        )

    def _collect_events(self) -> Iterable[Metric]:
        backlog = self._journal.backlog()
        yield CounterMetricFamily(
            "footfall_events_recorded", "Events made durable.", value=self._recorded
        )
        yield CounterMetricFamily(
            "footfall_events_unrecorded",
            "Events that the journal could not take.",
            value=self._capture.unrecorded,
        )
        yield GaugeMetricFamily(
            "footfall_backlog_events", "Events journalled, not yet stored.", value=backlog.events
        )
        yield GaugeMetricFamily(
            "footfall_backlog_bytes", "Bytes journalled, not yet stored.", value=backlog.bytes
        )

    def _collect_webhooks(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "footfall_webhook_messages_waiting",
            "Messages that no receiver has taken yet.",
            value=self._delivery.waiting,
        )
        yield GaugeMetricFamily(
            "footfall_webhooks_disabled",
            "Webhooks that were disabled because their receivers fail.",
            value=self._delivery.disabled,
        )
        attempts = CounterMetricFamily(
            "footfall_webhook_outcomes",
            "Attempts to send a message by what came of them, and messages that were given up.",
            labels=["outcome"],
        )
        for outcome, count in self._delivery.outcomes.items():
            attempts.add_metric([outcome], count)
        yield attempts

    def _collect_deletions(self) -> Iterable[Metric]:
        yield CounterMetricFamily(
            "footfall_deletions_done", "Deletions done since the start.", value=self._removing.done
        )
        yield GaugeMetricFamily(
            "footfall_deletions_waiting",
            "Deletions (retention, erasure, archive) that cannot go on.",
            value=self._removing.waiting,
        )
        yield GaugeMetricFamily(
            "footfall_deletion_last_done_timestamp_seconds",
            "When the last deletion was done; 0 before the first.",
            value=self._removing.last_done_at / 1000,
        )
        yield CounterMetricFamily(
            "footfall_deletion_freed_bytes",
            "Bytes that deletions freed since the start.",
            value=self._removing.bytes_freed,
        )


def from_this_machine(scope: Mapping[str, Any]) -> bool:
    """Whether a program of this machine asks for itself: the connection and the `Host` are
    loopback, and nothing shows a proxy. nginx, unless configured otherwise, sends the `Host` of its
    upstream and no header of a proxy's, but speaks HTTP/1.0."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client")
    return (
        scope.get("http_version") not in ("1", "1.0")  # granian says "1"
        and is_loopback(plain_address(client[0]) if client else "")
        and is_loopback(headers.get("host", ""))
        and not FORWARDING_HEADERS & headers.keys()
        and not any(name.startswith(FORWARDING_PREFIX) for name in headers)
    )


def is_loopback(host: str) -> bool:
    """Of an address or a `Host` header, with a port or without."""
    name = host.lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def routes(
    collectors: Iterable[Collector], vitals: Vitals, catalog: SqlCatalog
) -> list[HTTPRouteHandler]:
    """`collectors` give the metrics beside the process's own."""
    registry = CollectorRegistry()
    for collector in (
        *collectors,
        ProcessCollector(registry=None),
        PlatformCollector(registry=None),
    ):
        registry.register(collector)

    async def admit(request: Request[Any, Any, Any]) -> None:
        """Whoever asks from this machine for itself, and any key that may read."""
        if from_this_machine(request.scope):
            return
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise NotAuthorizedException(
                "From elsewhere than this machine, send an API key.", headers=CHALLENGE
            )
        try:
            caller = await asyncio.to_thread(catalog.authenticate, secret.strip())
            caller.require(KeyScope.READ)
        except Unauthorized as error:
            raise NotAuthorizedException(error.message, headers=CHALLENGE) from None
        except Forbidden as error:
            raise PermissionDeniedException(error.message) from None
        except Unavailable as error:
            raise ServiceUnavailableException(
                error.message, headers={"Retry-After": str(error.retry_after_seconds)}
            ) from None

    @get("/health", include_in_schema=False)
    async def health(request: Request[Any, Any, Any]) -> Response[Health]:
        await admit(request)
        state = await vitals.health()
        if state.live:
            return Response(state)
        return Response(state, status_code=503, headers={"Retry-After": "5"})

    @get("/metrics", media_type=MediaType.TEXT, include_in_schema=False)
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        await admit(request)
        await vitals.look()
        text = await asyncio.to_thread(generate_latest, registry)
        # As a header: to a text's media type the framework adds a charset, and this has one.
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [health, metrics]
