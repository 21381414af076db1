"""The demo of every API but the codes: resources, and events of some kinds, each API by its part.

The resources and what came of the events (referrals, admissions, conversions) are made in one
transaction. Their ids are drawn, so they are kept in a file beside the catalog; all else follows
from the seed, and an interrupted demo makes the same events again.
"""

from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import insert
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.tables import TrackerRow
from footfall.cli.demo import ads, campaigns, doors, mailings, views
from footfall.cli.demo.stage import Stage
from footfall.core.accounts import Account
from footfall.core.events import Event
from footfall.dialects.everflow.records import ConversionRow

CAMPAIGNS: Final = 0.09
MAILINGS: Final = 0.1
ADS: Final = 0.16
DOORS: Final = 0.03
VIEWS: Final = 0.08
MISPRINTS: Final = 0.002
"""Shares of all events. The codes have the rest."""


class Order(msgspec.Struct, frozen=True):
    """What was requested, kept in the data directory: `footfall demo` twice is the demo once.

    `until` in milliseconds since 1970. `complete` once every event is in the store.
    """

    events: int
    days: int
    seed: int
    until: int
    complete: bool = False


class Resources(msgspec.Struct, frozen=True):
    """What was made. `tracker` tells whether the transaction was committed: ids come once."""

    posters: list[campaigns.Poster]
    mailings: list[mailings.Mailing]
    market: ads.Market
    hall: doors.Hall
    shop: views.Shop
    slug: str

    @property
    def tracker(self) -> int:
        return self.shop.button


class Made(msgspec.Struct, frozen=True):
    """The events of each API, and the rows of the conversions among them."""

    campaigns: list[Event]
    mailings: list[Event]
    ads: tuple[list[Event], list[dict[str, Any]]]
    doors: list[Event]
    views: list[Event]
    misprints: list[Event]

    def lines(self) -> list[bytes]:
        """As the journal has them, in the order of time."""
        shown, _ = self.ads
        apis = (self.campaigns, self.mailings, shown, self.doors, self.views, self.misprints)
        every = sorted(chain(*apis), key=lambda event: event.id)
        encoder = msgspec.json.Encoder()
        return [encoder.encode(event) for event in every]


class ApiData:
    def __init__(self, order: Order, owner: Account) -> None:
        self._events = order.events
        self._stage = Stage(
            account=owner.id,
            privacy=owner.privacy,
            seed=order.seed,
            until=order.until,
            days=order.days,
        )

    def load(self, catalog: SqlCatalog, path: Path) -> list[bytes]:
        """Make the resources unless they are there; the events, as lines."""
        with catalog.writing() as session:
            records = self._read(session, path)
            if records is None:
                records = self._create(session)
                made = self._make(records)
                campaigns.refer(session, self._stage, made.campaigns)
                doors.admit(session, self._stage, records.hall, made.doors)
                if conversions := made.ads[1]:
                    session.execute(insert(ConversionRow), conversions)
                # Before the commit: a file without its resources is known for what it is.
                path.write_bytes(msgspec.json.encode(records))
            else:
                made = self._make(records)
        return made.lines()

    def _read(self, session: Session, path: Path) -> Resources | None:
        """What an earlier run made and committed."""
        if not path.exists():
            return None
        records = msgspec.json.decode(path.read_bytes(), type=Resources)
        tracker = session.get(TrackerRow, records.tracker)
        return records if tracker is not None and tracker.slug == records.slug else None

    def _create(self, session: Session) -> Resources:
        stage = self._stage
        posters = campaigns.create(session, stage)
        letters = mailings.create(session, stage, int(self._events * MAILINGS))
        market = ads.create(session, stage)
        hall = doors.create(session, stage)
        shop = views.create(session, stage)
        slug = session.get_one(TrackerRow, shop.button).slug
        return Resources(posters, letters, market, hall, shop, slug or "")

    def _make(self, records: Resources) -> Made:
        stage, events = self._stage, self._events
        return Made(
            campaigns.scans(stage, records.posters, int(events * CAMPAIGNS)),
            mailings.events(stage, records.mailings),
            ads.events(stage, records.market, int(events * ADS)),
            doors.events(stage, records.hall, int(events * DOORS)),
            views.events(stage, records.shop, int(events * VIEWS)),
            views.misprints(stage, int(events * MISPRINTS)),
        )
