"""A small shop whose pages tell of their views, and the posters that somebody misprinted."""

from typing import Final

import msgspec
from sqlalchemy.orm import Session

from footfall.catalog.records import free_slug, new_tracker
from footfall.cli.demo.stage import OURS, PREFETCHED, REPEATED, Scene, Stage
from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.native.ingest_body import SOURCE

MISPRINTED: Final = "redirect"
"""The source of scans that lead to no tracker."""

_SHOP: Final = "https://example.org/shop"
VIEWS_PER_VISIT: Final = 1.95
"""On average, orders among them."""
PAGES: Final = {"": 30, "/baskets": 14, "/kites": 11, "/kites/blue": 6, "/delivery": 5, "/about": 4}
HOSTS: Final = (
    *("google.com",) * 8,
    *("",) * 9,
    *("instagram.com", "duckduckgo.com", "news.example.org", "bing.com"),
)
_WRONG: Final = ("/s/kite-fair", "/s/kitefair", "/s/mneu", "/s/spring2025")


class Shop(msgspec.Struct, frozen=True):
    pages: int
    button: int


def create(session: Session, stage: Stage) -> Shop:
    return Shop(
        _tracker(session, stage, "Kite shop, all pages", EventKind.IMPRESSION),
        _tracker(session, stage, "Kite shop, order button", EventKind.CLICK),
    )


def _tracker(session: Session, stage: Stage, name: str, kind: EventKind) -> int:
    slug = free_slug(session)
    row = new_tracker(stage.account, SOURCE, stage.begin, slug, kind=kind, name=name)
    session.add(row)
    session.flush()
    return row.id


def events(stage: Stage, shop: Shop, events: int) -> list[Event]:
    scene = Scene(stage, SOURCE, node=6)
    draw = scene.draw
    pages, weights = list(PAGES), list(PAGES.values())
    for at in scene.moments(int(events / VIEWS_PER_VISIT)):
        visit = scene.visit(at, *scene.person(events // 3, robots=0.12), draw.choice(HOSTS))
        person = visit["verdict"] == Verdict.COUNTED
        for _ in range(draw.choices((1, 2, 3, 5), (5, 3, 2, 1))[0] if person else 1):
            seen = {**visit, "url": f"{_SHOP}{draw.choices(pages, weights)[0]}"}
            if person and (chance := draw.random()) < 0.06:
                seen |= PREFETCHED if chance < 0.02 else OURS if chance < 0.04 else REPEATED
            if at < stage.until:
                scene.add(at, EventKind.IMPRESSION, seen, shop.pages)
            at += draw.randrange(4_000, 90_000)
        if person and at < stage.until and draw.random() < 0.06:
            scene.add(at, EventKind.CLICK, {**visit, "url": f"{_SHOP}/baskets"}, shop.button)
    return scene.events


def misprints(stage: Stage, events: int) -> list[Event]:
    """What nobody knows the tracker of is coarse, and kept."""
    scene = Scene(stage, MISPRINTED, node=7)
    for at in scene.moments(events):
        _, person = scene.person(events, robots=0)
        wrong = {
            "verdict": Verdict.ORPHAN,
            "reason": "unknown tracker",
            "url": scene.draw.choice(_WRONG),
        }
        kept = {name: person[name] for name in ("country", "device")}
        scene.add(at, EventKind.SCAN, kept | wrong)
    return scene.events
