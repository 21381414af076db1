"""One folder for each vendor: resources, wire types and operations. The core does not name it."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from footfall.api.request_bodies import BodyBudget
from footfall.capture.client_address import TrustedProxies
from footfall.capture.pending_events import PendingEvents
from footfall.capture.recorder import Capture
from footfall.capture.signed_links import Signer
from footfall.catalog.catalog import SqlCatalog
from footfall.config import Settings
from footfall.core.ids import Clock
from footfall.core.queries import EventFilter
from footfall.integrity.integrity import Integrity
from footfall.jobs.deletion.deletions import Deletions
from footfall.jobs.export.exports import Exports
from footfall.jobs.reclassify.policies import Policies
from footfall.members.attempts import Attempts
from footfall.members.members import Members
from footfall.members.passwords import Lanes
from footfall.members.sessions import Sessions
from footfall.places.databases import PlaceDatabases
from footfall.runtime.outbound import Outbound
from footfall.runtime.quotas import Places
from footfall.runtime.reader import Reader


class Parts(msgspec.Struct, frozen=True):
    """What a dialect's routes work with."""

    settings: Settings
    catalog: SqlCatalog
    reader: Reader
    clock: Clock
    wake_upkeep: Callable[[], None]
    """Tell the upkeep that a tracker was deleted. Safe to call from any thread."""
    pending_events: PendingEvents
    capture: Capture
    signer: Signer
    outbound: Outbound
    wake_webhooks: Callable[[], None]
    """Tell the delivery that the outbox has something. Safe to call from any thread."""
    exports: Exports
    recorded: Callable[[int], int]
    """A number that grows with each event of an account that is recorded."""
    live: Places
    """Of streams of live events."""
    streams: Places
    """Of streams of events that are there."""
    integrity: Integrity
    deletions: Deletions
    members: Members
    sessions: Sessions
    attempts: Attempts
    lanes: Lanes
    policies: Policies
    bodies: BodyBudget
    proxies: TrustedProxies
    places: PlaceDatabases
    unknown_ids: Callable[[EventFilter, bool], Awaitable[list[str]]]
    """Notes of the ids in a filter that nothing known has. Without the second argument, some event
    matches the filter, and only those of several values are looked at."""
    stopping: asyncio.Event
    """Set when the server is to stop: it waits for every answer that is under way, so what never
    ends by itself ends then."""
