"""The only file that knows everything: it builds the parts and joins them."""

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import Callable
from typing import Final

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Router
from litestar.handlers import BaseRouteHandler

from footfall.archive.archives import Archives
from footfall.catalog.catalog import SqlCatalog
from footfall.config import Settings
from footfall.core.accounts import Account
from footfall.core.background import Background
from footfall.core.capture import Capture
from footfall.core.enrichment import Surroundings, warm_up
from footfall.core.errors import StoreUnavailable
from footfall.core.ids import Clock, IdGenerator
from footfall.core.judging import Rules, RulesInEffect
from footfall.core.promises import Promises
from footfall.core.reading import Reader
from footfall.core.signing import Signer
from footfall.core.tally import Place
from footfall.core.upkeep import Upkeep
from footfall.dialects import Parts, openapi
from footfall.dialects.copernica import api as copernica
from footfall.dialects.copernica import operations as copernica_operations
from footfall.dialects.copernica.face import answer_http_error as answer_copernicas_client
from footfall.dialects.everflow import api as everflow
from footfall.dialects.everflow import face as everflow_face
from footfall.dialects.everflow import operations as everflow_operations
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.tracking import Tracking
from footfall.dialects.openqr import api as openqr
from footfall.dialects.openqr import operations as openqr_operations
from footfall.dialects.openqr.face import answer_unmatched
from footfall.dialects.passentry import api as passentry
from footfall.dialects.passentry import operations as passentry_operations
from footfall.dialects.vantio import api as vantio
from footfall.dialects.vantio import operations as vantio_operations
from footfall.dialects.vantio.face import answer_unmatched as answer_unmatched_below_api
from footfall.directory import check_address, locked_directory, own_temporary_files
from footfall.exports.exports import Exports
from footfall.integrity.audit import Audit
from footfall.integrity.integrity import Integrity
from footfall.journal.journal import SqliteJournal
from footfall.journal.ledger import SqliteLedger
from footfall.journal.loader import Loader
from footfall.mcp import endpoint
from footfall.native import api as native
from footfall.native import operations as native_operations
from footfall.native.telling import Telling
from footfall.policies import versions
from footfall.policies.policies import Policies
from footfall.removal.jobs import Step, removed_counts, unfinished
from footfall.removal.removals import Removals, archive_directory
from footfall.store.books import ClickHouseBooks
from footfall.store.comparing import ClickHouseComparer
from footfall.store.engine import READERS
from footfall.store.store import ClickHouseStore
from footfall.surroundings.keys import link_key
from footfall.surroundings.outbound import Outbound
from footfall.surroundings.places import place_finder
from footfall.surroundings.salts import DailySalt
from footfall.web import health, tag
from footfall.web.ads import AdPaths
from footfall.web.application import ASGIApplication, framework, front_door
from footfall.web.redirect import Redirect
from footfall.web.seeing import See
from footfall.web.signed import SignedPaths
from footfall.web.tag import TagPaths
from footfall.webhooks.delivery import Delivery

UNMATCHED: Final = {
    "/api/v1": answer_unmatched_below_api,
    **dict.fromkeys(copernica.PREFIXES, answer_copernicas_client),
    "/v1/networks": everflow_face.answer_http_error,
    "/v1/meta": everflow_face.answer_http_error,
    "/v1": answer_unmatched,
    "/": native.answer_http_error,
}
"""Who answers for a path that no face has, by prefix."""

DOCUMENTS: Final = {
    "native": native_operations.DOCUMENT,
    "openqr": openqr_operations.DOCUMENT,
    "vantio": vantio_operations.DOCUMENT,
    "passentry": passentry_operations.DOCUMENT,
    "copernica": copernica_operations.DOCUMENT,
    "everflow": everflow_operations.DOCUMENT,
}
"""OpenAPI documents by face."""

OWNER_NAME: Final = "Owner"
OWNER_EMAIL: Final = "owner@localhost"


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def open_catalog(settings: Settings, clock: Clock = now) -> SqlCatalog:
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqlCatalog(f"sqlite:///{settings.directory / 'catalog.db'}", clock)


def store_url(settings: Settings) -> str:
    return settings.store_url or f"chdb://{(settings.directory / 'store').absolute()}"


def open_store(settings: Settings) -> ClickHouseStore:
    return ClickHouseStore(store_url(settings), settings.memory_bytes_max)


def is_changing(catalog: SqlCatalog) -> bool:
    """Whether events are on their way out or judged again: rows and counts do not follow in the
    same moment."""
    with catalog.reading() as session:
        return (
            bool(catalog.doomed())
            or any(one.step is Step.SURVEYED for one in unfinished(session))
            or bool(versions.unfinished(session))
        )


class FirstStart(msgspec.Struct, frozen=True):
    account: Account
    secret: str


def bootstrap(catalog: SqlCatalog, settings: Settings) -> FirstStart | None:
    """The first account and its admin key, when there is none. The secret is shown once."""
    if catalog.owner() is not None:
        return None
    account, secret = catalog.create_account(
        OWNER_NAME,
        OWNER_EMAIL,
        settings.privacy,
        settings.raw_days,
        secret=settings.bootstrap_key or None,
    )
    return FirstStart(account, secret)


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
        self.journal = SqliteJournal(
            settings.directory / "journal.db", settings.journal_bytes_max, settings.told_once_days
        )
        self.store = store
        self.loader = Loader(self.journal, self.store, settings.read_wait_seconds)
        self.background = background
        visitor_salt = DailySalt(settings.directory / "visitor-salt.json")
        around = Surroundings(
            place=place_finder(settings.place_file, network_names=settings.network_names),
            visitor_salt=visitor_salt,
        )
        last_id = max([self.journal.last_id, *(event.id for event in catalog.promised())])
        self.ids = ids = IdGenerator(clock, settings.node, last_id)
        rules = RulesInEffect(Rules(internal=settings.internal_networks))
        self.capture = Capture(self.journal, ids, around, rules)
        self.signer = Signer(link_key(settings.directory / "link-key"))
        self.promises = Promises(
            catalog,
            self.journal,
            ids,
            self.loader,
            store,
            self.background,
            settings.read_wait_seconds,
        )
        self.reader = Reader(self.promises, store, self.background)
        private = settings.allow_private_destinations
        self.outbound = Outbound(allow_private=private, at_once_per_host=200)
        # Apart: a receiver that hangs must not keep a door waiting.
        self.messages = Outbound(allow_private=private, at_once_per_host=8)
        self.delivery = Delivery(catalog, self.messages, self.background, clock)
        self.exports = Exports(
            *(catalog, store, self.reader, self.background),
            *(settings.directory / "exports", clock),
        )
        archives = Archives(archive_directory(settings.directory), store.archive_store(), clock)
        self.audit = self._make_audit()
        self.integrity = self._make_integrity()
        self.removals = Removals(
            catalog,
            store.remover(),
            archives,
            self.exports,
            self.journal,
            self.promises,
            self.background,
            clock,
        )
        self.policies = Policies(
            *(catalog, store.rejudger(), archives, self.promises, self.background, clock),
            *(rules, ids.next, self.removals.alone),
        )
        self.upkeep = Upkeep(
            catalog, self.removals, self.journal, self.background, visitor_salt, clock
        )
        self.stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def _make_audit(self) -> Audit:
        return Audit(
            ClickHouseComparer(self.store.opened),
            ClickHouseBooks(self.store.opened),
            self.background,
            self.settings.directory / "integrity.json",
            self.clock,
            (self.capture.answered, self.promises.answered),
            self.capture.lost,
            lambda: is_changing(self.catalog),
        )

    def _make_integrity(self) -> Integrity:
        return Integrity(
            SqliteLedger(self.settings.directory / "journal.db"),
            ClickHouseBooks(self.store.opened),
            self.audit,
            self.background,
            self.clock,
            self._removed,
        )

    def _removed(self, account: int, since: int, until: int) -> dict[Place, int]:
        with self.catalog.reading() as session:
            return removed_counts(session, account, since, until)

    def application(self) -> ASGIApplication:
        loop = asyncio.get_running_loop()

        def from_any_thread(wake: Callable[[], None]) -> Callable[[], None]:
            def call() -> None:
                loop.call_soon_threadsafe(wake)

            return call

        parts = Parts(
            settings=self.settings,
            catalog=self.catalog,
            reader=self.reader,
            clock=self.clock,
            wake_upkeep=from_any_thread(self.upkeep.wake),
            promises=self.promises,
            capture=self.capture,
            signer=self.signer,
            outbound=self.outbound,
            wake_webhooks=from_any_thread(self.delivery.wake),
            exports=self.exports,
            newest_id=lambda: self.ids.last,
            stopping=self.stopping,
            integrity=self.integrity,
            removals=self.removals,
            policies=self.policies,
        )
        vitals = health.Vitals(
            self.capture,
            self.promises,
            self.journal,
            self.store,
            self.background,
            self.loader.problem,
            lambda: self.delivery.waiting,
            self.audit,
            self.removals,
        )
        index = Index(self.catalog)
        routes: list[Router | BaseRouteHandler] = [
            *health.routes(vitals, self.catalog),
            openqr.router(parts),
            vantio.router(parts),
            copernica.router(parts),
            *openapi.routes(DOCUMENTS),
            *passentry.routers(parts),
            native.router(parts),
            tag.script,
            everflow.router(parts, index),
        ]
        see = See(self.settings, self.clock)
        ads = AdPaths(Tracking(self.capture, self.catalog, self.signer, index), see)
        signed = SignedPaths(self.capture, self.catalog, self.signer, see)
        apart: dict[str, ASGIApplication] = {}
        application = front_door(
            Redirect(self.capture, self.catalog, see),
            {
                "/p/": signed.pixel,
                "/l/": signed.link,
                "/t/": TagPaths(self.capture, self.catalog, see),
                **ads.by_first_part(),
            },
            {"/events": Telling(parts)},
            framework(routes, UNMATCHED, self.settings.body_bytes_max),
            self.settings.short_host,
            apart,
        )
        # It asks the application that it is a part of.
        apart[endpoint.PATH] = endpoint.Endpoint(application, self.settings.public_base, self.clock)
        return application

    def start(self) -> None:
        self.loader.start()
        parts = (self.promises, self.upkeep, self.delivery, self.exports, self.removals, self.audit)
        self._tasks = [asyncio.create_task(part.run()) for part in (*parts, self.policies)]

    async def stop(self) -> None:
        """What is journalled and not loaded waits for the next start."""
        self.exports.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.audit.save()
        await self.outbound.close()
        await self.messages.close()
        await asyncio.to_thread(self.loader.stop)
        await asyncio.to_thread(self.journal.close)
        await self.background.run(self.store.close)
        self.background.close()
        self.catalog.close()


async def serve(
    settings: Settings,
    announce: Callable[[FirstStart | None], None],
    *,
    clock: Clock = now,
    store: Callable[[Settings], ClickHouseStore] = open_store,
) -> None:
    """Run the server until SIGINT or SIGTERM.

    Raises AddressInUse, DirectoryInUse, InvalidRequest.
    """
    check_address(settings.host, settings.port)
    with locked_directory(settings.directory):
        own_temporary_files(settings.directory)
        background = Background(READERS)
        event_store = store(settings)
        opening = background.start(event_store.open), background.start(warm_up)
        catalog = open_catalog(settings, clock)
        first = bootstrap(catalog, settings)
        footfall = Footfall(settings, catalog, event_store, background, clock)
        application = footfall.application()
        # The store is opened before the first request: its threads take a second from everything.
        # When it does not open, scans go on without it and the loader tries again.
        with contextlib.suppress(StoreUnavailable):
            await asyncio.gather(*opening)
        footfall.start()
        server = Server(
            application,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
            backlog=1024,
        )
        loop = asyncio.get_running_loop()

        def stop() -> None:
            footfall.stopping.set()
            server.stop()  # type: ignore[no-untyped-call]

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        announce(first)
        # What stands now stands for good. Left to the collector, its sweeps through these objects
        # would hold up every scan for some 60 ms each time.
        gc.collect()
        gc.freeze()
        try:
            await server.serve()
        finally:
            await footfall.stop()
