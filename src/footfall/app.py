"""The only file that knows everything: it builds the parts and joins them."""

import asyncio
import contextlib
import gc
from collections.abc import Callable
from typing import Final

from litestar import Litestar, Router
from litestar.handlers import BaseRouteHandler

from footfall.api.asgi import ASGIApplication, HotPath
from footfall.api.parts import Parts
from footfall.bootstrap import FirstStart, bootstrap, now, open_catalog, open_store
from footfall.capture.enrichment import EnrichmentContext, RulesInEffect, warm_up
from footfall.capture.event_counts import CountKey
from footfall.capture.id_generator import IdGenerator
from footfall.capture.link_key import LinkKey
from footfall.capture.pending_events import PendingEvents
from footfall.capture.recorder import Capture
from footfall.capture.request_context import RequestReader
from footfall.capture.signed_links import Signer
from footfall.capture.visitor_salt import DailySalt
from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.keeper import CatalogKeeper
from footfall.config import Settings
from footfall.core.classification import Rules
from footfall.core.errors import StoreDefect, StoreUnavailable
from footfall.core.ids import Clock
from footfall.dialects import registry
from footfall.dialects.copernica.api import LOGIN_PATH
from footfall.dialects.everflow.hot_paths import AdPaths
from footfall.dialects.everflow.index import Index
from footfall.dialects.native.ingest import IngestEndpoint
from footfall.integrity.checks import Checks
from footfall.jobs.archive.archives import Archives
from footfall.jobs.deletion import policy
from footfall.jobs.deletion.deletions import Deletions, archive_directory
from footfall.jobs.deletion.jobs import removed_counts, taking
from footfall.jobs.deletion.upkeep import Upkeep
from footfall.jobs.export.exports import Exports
from footfall.jobs.reclassify.policies import Policies
from footfall.jobs.reclassify.versions import APPLICATIONS
from footfall.journal.journal import SqliteJournal
from footfall.journal.loader import Loader
from footfall.journal.reconciling import reconcile
from footfall.mcp import endpoint
from footfall.members.members import Members
from footfall.members.sessions import Sessions
from footfall.places.databases import PlaceDatabases
from footfall.runtime.background import Background
from footfall.runtime.data_directory import check_address, locked_directory, warn_of_others
from footfall.runtime.outbound import Outbound
from footfall.runtime.reader import Reader
from footfall.runtime.shutdown import Stopping
from footfall.runtime.watched_clock import WatchedClock
from footfall.store.engine import JOBS
from footfall.store.keeper import StoreKeeper
from footfall.store.maintenance.ledger import ClickHouseBooks
from footfall.store.paths import own_temporary_files
from footfall.store.store import ClickHouseStore
from footfall.web import dashboard, docs, health, scripts
from footfall.web.application import answer_by_prefix, at_path, framework, front_door, refuse
from footfall.web.clients import watched
from footfall.web.event_path import EventPath
from footfall.web.guesses import Guesses
from footfall.web.heads import with_heads
from footfall.web.limits import Limits
from footfall.web.reads import Reads
from footfall.web.redirect import Redirect
from footfall.web.request_limits import CROWDED, limit_bodies
from footfall.web.serving import make_server, serve_until_stopped, until_listening
from footfall.web.signed import SignedPaths
from footfall.web.tag import TagPaths
from footfall.webhooks.delivery import Delivery

ANSWER_ERROR: Final = answer_by_prefix(registry.UNMATCHED, registry.UNMATCHED_BY_PARAMETER)


def changing_accounts(catalog: SqlCatalog) -> set[int]:
    """Accounts whose events are being removed or reclassified: rows and counts do not follow in
    the same moment."""
    with catalog.reading() as session:
        return {
            *(one.account for one in catalog.deleted_trackers()),
            *(one.account for one in taking(session)),
            *(one.account for one in APPLICATIONS.unfinished(session)),
        }


def from_any_thread(wake: Callable[[], None]) -> Callable[[], None]:
    """To be made on the event loop, and called from anywhere."""
    loop = asyncio.get_running_loop()

    def call() -> None:
        loop.call_soon_threadsafe(wake)

    return call


def open_journal(settings: Settings) -> SqliteJournal:
    return SqliteJournal(
        settings.directory / "journal.db",
        settings.journal_bytes_max,
        settings.dedup_window_days,
        settings.scan_wait_seconds,
        settings.waiting_bytes_max,
        patient=True,
    )


def open_ids(
    settings: Settings, clock: Clock, journal: SqliteJournal, catalog: SqlCatalog
) -> IdGenerator:
    """Above every id that was given before."""
    last_id = max([journal.last_id, *(event.id for event in catalog.pending_events())])
    ids = IdGenerator(clock, settings.node, last_id, journal.given_id, journal.ahead_id)
    journal.newest_id = lambda: (ids.last, ids.ahead)
    return ids


class Footfall:
    """The running parts. Make, start, stop: all on one event loop."""

    def __init__(
        self,
        settings: Settings,
        catalog: SqlCatalog,
        store: ClickHouseStore,
        background: Background,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.clock = clock
        self.journal = open_journal(settings)
        self.store = store
        self.loader = Loader(
            self.journal, self.store, settings.read_wait_seconds, self._reconcile_journal
        )
        self.background = background
        visitor_salt = DailySalt(settings.directory / "visitor-salt.json")
        self.places = PlaceDatabases(settings.directory / "places", settings.place_file)
        context = EnrichmentContext(place=self.places.find, visitor_salt=visitor_salt)
        self.ids = ids = open_ids(settings, clock, self.journal, catalog)
        rules = RulesInEffect(Rules(internal=settings.internal_networks))
        self.capture = Capture(self.journal, ids, context, rules)
        link_key = LinkKey(settings.directory / "link-key")
        self.signer = Signer(link_key.key, link_key.keep)
        self.guesses = Guesses(link_key.key, settings.password_checks_per_second)
        self.pending_events = PendingEvents(
            *(catalog, self.journal, ids, self.loader, store, self.background),
            settings.read_wait_seconds,
        )
        self.reads = Reads(settings, store.cancel)
        self.reader = Reader(self.pending_events, store, self.reads.turns)
        private = settings.allow_private_destinations
        self.outbound = Outbound(allow_private=private, at_once_per_host=200)
        # Apart: a receiver that hangs must not keep a door waiting.
        self.messages = Outbound(allow_private=private, at_once_per_host=8)
        self.delivery = Delivery(catalog, self.messages, self.background, clock, settings)
        self.exports = Exports(
            *(catalog, store, self.reader, self.background),
            *(settings.directory / "exports", clock),
        )
        archives = Archives(archive_directory(settings.directory), store.archive_store(), clock)
        checks = Checks(
            *(settings.directory, store.opened, background, clock),
            *((self.capture.answered, self.pending_events.answered), self.capture.lost),
            lambda: changing_accounts(catalog),
            *(self._removed, self._expired),
        )
        self.audit, self.presence = checks.audit, checks.presence
        self.integrity = checks.integrity
        self.watched = WatchedClock(settings.directory, clock, newest_id=self.journal.last_id)
        self.deletions = Deletions(
            *(catalog, store.remover(), archives, self.exports, self.journal, self.pending_events),
            *(self.background, clock, self.watched.problem),
        )
        self.policies = Policies(
            *(catalog, store.reclassifier(), archives, self.pending_events, self.background, clock),
            *(rules, ids.next, self.deletions.alone),
        )
        self.upkeep = Upkeep(
            *(catalog, self.deletions, self.journal, self.background, visitor_salt, clock),
            self.watched,
        )
        self.members = Members(catalog, clock, settings.public_base)
        self.limits = Limits(settings)
        self.stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def _reconcile_journal(self) -> None:
        """On the loader's thread, before its first batch."""
        if self.journal.reopen():
            self.loader.on_loop(self.capture.forget_problem)
        stored = reconcile(self.journal, ClickHouseBooks(self.store.opened).runs)
        newest = max(stored, self.journal.last_id, self.journal.given_id)
        self.loader.on_loop(lambda: self.ids.go_on_from(newest))

    def _removed(self, account: int, since: int, until: int) -> dict[CountKey, int]:
        with self.catalog.reading() as session:
            return removed_counts(session, account, since, until)

    def _expired(self, account: int) -> dict[str, int]:
        """Nothing, while the clock is not believed: then nothing is removed by its age."""
        if self.watched.leaping:
            return {}
        with self.catalog.reading() as session:
            return policy.expired_hours(session, account, self.clock())

    def parts(self) -> Parts:
        """What routes work with. Call on the event loop."""
        answered = self.capture.answered, self.pending_events.answered
        return Parts(
            settings=self.settings,
            catalog=self.catalog,
            reader=self.reader,
            clock=self.clock,
            wake_upkeep=from_any_thread(self.upkeep.wake),
            pending_events=self.pending_events,
            capture=self.capture,
            signer=self.signer,
            outbound=self.outbound,
            wake_webhooks=from_any_thread(self.delivery.wake),
            exports=self.exports,
            recorded=lambda account: sum(one.changes.get(account, 0) for one in answered),
            live=self.reads.live,
            streams=self.reads.streams,
            stopping=self.stopping,
            integrity=self.integrity,
            deletions=self.deletions,
            members=self.members,
            sessions=Sessions(self.catalog, self.clock, self.settings.session_days),
            policies=self.policies,
            bodies=self.limits.bodies,
            proxies=self.limits.proxies,
            places=self.places,
            unknown_ids=registry.unknown_ids(self.catalog, self.reader),
            attempts=self.guesses.attempts,
            lanes=self.guesses.lanes,
        )

    def framework(self, parts: Parts, index: Index) -> Litestar:
        """All routes but the hot paths."""
        vitals = health.Vitals(
            EventPath(self.capture, self.journal),
            self.capture,
            self.pending_events,
            self.journal,
            self.store,
            self.background,
            self.loader.problem,
            self.delivery,
            self.audit,
            self.deletions,
            self.presence,
            lambda: self.catalog.unopened,
            *(self.watched, self.places, self.clock),
        )
        counted = self.limits, self.guesses, self.reads, index.conversions
        routes: list[Router | BaseRouteHandler] = [
            *dashboard.routes(self.settings.short_host, self.settings.public_path),
            *health.routes((vitals, vitals.event_path, *counted), vitals, self.catalog),
            *scripts.ROUTES,
            *docs.routes(registry.documents),
            *registry.routers(parts, index),
        ]
        return framework(
            *(routes, ANSWER_ERROR, self.settings.body_bytes_max, self.catalog),
            lambda: self.presence.complete,
        )

    def application(self) -> ASGIApplication:
        """The hot paths and the framework's routes as one application, within the limits."""
        settings, parts, index = self.settings, self.parts(), Index(self.catalog)
        read_request = RequestReader(settings, self.limits.proxies, self.clock)
        ads = AdPaths(parts, index, read_request)
        signed = SignedPaths(self.capture, self.catalog, self.signer, read_request)
        hot_paths: dict[str, HotPath] = {
            "/p/": signed.pixel,
            "/l/": signed.link,
            "/t/": TagPaths(self.capture, self.catalog, read_request),
            **ads.by_first_part(),
        }
        redirect = Redirect(self.capture, self.catalog, read_request, self.guesses.locks)
        close = self.limits.connections.close_soon
        routes = watched(self.framework(parts, index), settings.send_timeout_seconds, close)
        whole = with_heads(routes)
        posts: dict[str, HotPath] = {
            "/events": IngestEndpoint(parts),
            "/": ads.or_postback(at_path(whole, LOGIN_PATH)),
        }
        inner = front_door(redirect, hot_paths, posts, whole, settings, {})
        # It calls the API in this process: its own callers are within the limits.
        mcp = endpoint.Endpoint(inner, settings.public_base, self.clock, settings.body_bytes_max)
        crowded = refuse(ANSWER_ERROR, CROWDED)

        def limit(application: ASGIApplication) -> ASGIApplication:
            return self.limits.requests.limit(application, crowded)

        limited = front_door(
            redirect,
            hot_paths,
            posts | {"/": ads.or_postback(at_path(limit(whole), LOGIN_PATH))},
            limit(whole),
            settings,
            dict.fromkeys(endpoint.PATHS, limit(mcp)),
        )
        return limit_bodies(limited, self.limits.bodies, close, self.limits.proxies)

    def start(self) -> None:
        self.loader.start()
        parts = self.pending_events, self.upkeep, self.delivery, self.exports, self.deletions
        keeper = CatalogKeeper(self.catalog, self.background)
        disk = StoreKeeper(self.store, self.background)
        checks = self.audit, self.presence, self.limits.connections
        also = (*checks, self.policies, keeper, disk, self.places)
        self._tasks = [asyncio.create_task(part.run()) for part in (*parts, *also)]

    async def stop(self, stopping: Stopping) -> None:
        """What is journalled and not loaded waits for the next start; what does not end in its
        time is left, as after a crash."""
        within = stopping.within
        self.exports.stop()
        self.reads.turns.stop()
        for task in self._tasks:
            task.cancel()
        tasks = asyncio.gather(*self._tasks, return_exceptions=True)
        await within(0.5, "background tasks", tasks)
        await within(0.25, "the check of the books", self.audit.save())
        await within(0.25, "requests outwards", self.outbound.close())
        await within(0.25, "webhook messages", self.messages.close())
        await within(1, "the loader", asyncio.to_thread(self.loader.stop))
        await within(1.5, "the journal", asyncio.to_thread(self.journal.close))
        await within(0.5, "reads", asyncio.to_thread(self.reads.turns.close))
        await within(0.5, "the event store", self.background.run(self.store.close))
        if stopping.complete:
            self.background.close()
            self.catalog.close()


async def serve(
    settings: Settings,
    announce: Callable[[FirstStart | None, str | None], None],
    *,
    clock: Clock = now,
    store: Callable[[Settings], ClickHouseStore] = open_store,
) -> None:
    """Run the server until SIGINT, SIGTERM or SIGHUP, and end within `stop_seconds` and 5 more.

    `announce` is called with the first start and the link that makes the first owner, once the
    server can be connected to; in any case before this ends.

    Raises AddressInUse, DirectoryInUse, InvalidRequest.
    """
    gc.disable()  # until all is built, below
    check_address(settings.host, settings.port)
    stopping = Stopping(settings.stop_seconds)
    with locked_directory(settings.directory, settings.local_base):
        own_temporary_files(settings.directory)
        warn_of_others(settings.directory)
        background = Background(JOBS)
        event_store = store(settings)
        opening = background.start(event_store.open), background.start(warm_up)
        catalog = open_catalog(settings, clock, patient=True)
        first = bootstrap(catalog, settings)
        footfall = Footfall(settings, catalog, event_store, background, clock)
        application = footfall.application()
        # The store is opened before the first request: its threads take a second from everything.
        # When it does not open, scans go on without it and the loader tries again.
        with contextlib.suppress(StoreUnavailable, StoreDefect):
            await asyncio.gather(*opening)
        footfall.start()
        await footfall.presence.first_look()
        # Who waits for these lines and asks at once is answered. The key in them is shown only now,
        # so they come also when it never listens.
        listening = asyncio.create_task(until_listening(settings.host, settings.port))
        listening.add_done_callback(
            lambda _: announce(first, footfall.members.first_link(again=False))
        )
        # What stands now stands for good. Left to the collector, its sweeps through these objects
        # would hold up every scan for some 60 ms each time.
        gc.freeze()
        gc.enable()
        try:
            await serve_until_stopped(
                make_server(application, settings, footfall.limits.connections.limit),
                *(stopping, footfall.limits.connections, settings.stop_seconds),
                footfall.stopping.set,
            )
        finally:
            listening.cancel()
            await footfall.stop(stopping)
    stopping.finish()
