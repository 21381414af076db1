"""Three letters of a bakery: who got them, who opened them, and which opens machines made."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from footfall.capture.enrichment import protect
from footfall.capture.signed_links import visitor_of
from footfall.cli.demo.calendar import MINUTE_MS
from footfall.cli.demo.stage import Scene, Stage
from footfall.core.calendar import DAY_MS, HOUR_MS
from footfall.core.destinations import DestinationRules
from footfall.core.events import SENT, Event, EventKind, Verdict
from footfall.dialects.copernica.destinations import create_destinations
from footfall.dialects.copernica.emailings import create_emailing
from footfall.dialects.copernica.links import LinkRequest, keep_links
from footfall.dialects.copernica.profiles import create_profile, create_subprofile
from footfall.dialects.copernica.signed_urls import Person
from footfall.dialects.copernica.tables import SOURCE, ProfileRow

EVENTS_PER_MAIL: Final = 2.2
"""A little more than come of one: a delivery, and of some opens and clicks."""


class Letter(msgspec.Struct, frozen=True):
    """`sent` this share of all days ago, to this share of all `mails`."""

    subject: str
    sent: float
    mails: float
    links: tuple[tuple[str, str], ...]


_SHOP: Final = "https://example.org/bakery"
LETTERS: Final = (
    Letter(
        "Three new loaves for the spring",
        0.82,
        0.30,
        (("The loaves", f"{_SHOP}/loaves"), ("Opening times", f"{_SHOP}/times")),
    ),
    Letter(
        "Bake with us on Sunday",
        0.44,
        0.33,
        (("Book a place", f"{_SHOP}/sunday"), ("The recipe", f"{_SHOP}/recipe")),
    ),
    Letter(
        "Order your cakes before Friday",
        0.035,
        0.37,
        (
            ("Order now", f"{_SHOP}/order"),
            ("All cakes", f"{_SHOP}/cakes"),
            ("Opening times", f"{_SHOP}/times"),
        ),
    ),
)
_APPLE: Final = {
    "user_agent": "Mozilla/5.0",
    "reason": "privacy relay: Apple Mail",
}
_GMAIL: Final = {
    "user_agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
    "(via ggpht.com GoogleImageProxy)",
    "reason": "mail proxy: Gmail",
}
GROUPS: Final = ("A", "B", "B")
"""Test groups of a letter, by the number of the mail."""
_BOUNCES: Final = (
    {
        "errorcode": "5.1.1",
        "description": "There is no such mailbox.",
        "errortype": "hard",
        "errortypedescription": "Mailbox unknown",
    },
    {
        "errorcode": "4.2.2",
        "description": "The mailbox is full.",
        "errortype": "soft",
        "errortypedescription": "Mailbox full",
    },
)
_FIRST: Final = ("Anna", "Bas", "Carla", "Daan", "Emma", "Frits", "Greta", "Hugo", "Iris", "Joep")
_LAST: Final = ("Crumb", "Flour", "Rye", "Spelt", "Barley", "Oats", "Honey", "Butter", "Seed")


class Mailing(msgspec.Struct, frozen=True):
    """`destinations` are (destination, profile, subprofile or None), `links` (id, URL)."""

    tracker: int
    emailing: str
    sent_at: int
    destinations: list[tuple[int, int, int | None]]
    links: list[tuple[int, str]]


def create(session: Session, stage: Stage, events: int) -> list[Mailing]:
    mails = int(events / EVENTS_PER_MAIL)
    sizes = [max(1, int(mails * letter.mails)) for letter in LETTERS]
    profiles = [
        create_profile(
            session,
            stage.account,
            stage.begin,
            {
                "fields": {
                    "Firstname": _FIRST[number % len(_FIRST)],
                    "Lastname": _LAST[number // len(_FIRST) % len(_LAST)],
                    "Email": f"reader{number + 1}@example.org",
                },
                "interests": ["bread"] if number % 3 else ["bread", "cakes"],
            },
        )
        for number in range(max(sizes))
    ]
    people = [_person(session, stage, number, one) for number, one in enumerate(profiles)]
    return [
        _create(session, stage, letter, people[:size])
        for letter, size in zip(LETTERS, sizes, strict=True)
    ]


def _person(session: Session, stage: Stage, number: int, profile: ProfileRow) -> Person:
    """One in ten readers orders for a household, which is a subprofile."""
    if number % 10:
        return Person(profile.id, None)
    fields = {"fields": {"Persons": str(2 + number % 3)}}
    return Person(profile.id, create_subprofile(session, profile, stage.begin, fields).id)


def _create(session: Session, stage: Stage, letter: Letter, persons: list[Person]) -> Mailing:
    sent_at = _morning(stage, stage.ago(letter.sent))
    emailing = create_emailing(
        session,
        stage.account,
        sent_at,
        {
            "subject": letter.subject,
            "description": "The letter of the corner bakery",
            "from_address": {"name": "The Corner Bakery", "email": "bakery@example.org"},
            "tags": ["bakery"],
        },
    )
    destinations = create_destinations(session, emailing, sent_at, persons)
    requests = [LinkRequest(url=url, title=title) for title, url in letter.links]
    links = keep_links(session, emailing, sent_at, requests, DestinationRules(own_bases=()))
    return Mailing(
        emailing.tracker_id,
        str(emailing.id),
        sent_at,
        [
            (id, one.profile or 0, one.subprofile)
            for id, one in zip(destinations, persons, strict=True)
        ],
        [(link.id, link.url) for link in links],
    )


def _morning(stage: Stage, at: int) -> int:
    """Half past eight (UTC) of that day, where the days of the demo allow that."""
    morning = at - at % DAY_MS + 17 * HOUR_MS // 2
    return morning if stage.begin < morning < stage.until - HOUR_MS else at


def events(stage: Stage, mailings: list[Mailing]) -> list[Event]:
    scene = Scene(stage, SOURCE, node=2)
    for mailing in mailings:
        for number, addressed in enumerate(mailing.destinations):
            _mail(scene, mailing, number, *addressed)
    return scene.events


def _mail(
    scene: Scene,
    mailing: Mailing,
    number: int,
    destination: int,
    profile: int,
    subprofile: int | None,
) -> None:
    """What becomes of one mail."""
    draw = scene.draw
    references = {
        "emailing": mailing.emailing,
        "destination": str(destination),
        "profile": str(profile),
        "visitor": visitor_of(mailing.tracker, str(destination)),
    }
    if subprofile is not None:
        references["subprofile"] = str(subprofile)

    def report(at: float, kind: EventKind, fields: dict[str, Any]) -> None:
        if at < scene.stage.until:
            if kind in SENT:  # the mail server knows the group, a pixel does not
                fields = {**fields, "testgroup": GROUPS[number % len(GROUPS)]}
            scene.add(int(at), kind, {**fields, **references}, mailing.tracker)

    arrived = mailing.sent_at + draw.expovariate(1 / (4 * MINUTE_MS))
    if draw.random() < 0.024:
        report(arrived, EventKind.BOUNCE, _reported(draw.choice(_BOUNCES)))
        return
    report(arrived, EventKind.DELIVERY, _reported({"attempt": 0, "smtp-response": "250 OK"}))
    if draw.random() < 0.34:
        found = draw.choice((_APPLE, _APPLE, _GMAIL))
        machine = {**found, "verdict": Verdict.MACHINE_OPEN, "country": "US"}
        opened = arrived + draw.expovariate(1 / (20 * MINUTE_MS))
        report(opened, EventKind.OPEN, protect(machine, scene.stage.privacy))
    if draw.random() < 0.36:
        _read(scene, mailing, number, arrived, report)
    elif draw.random() < 0.012:
        robot = scene.visit(int(arrived), number, draw.choice(scene.stage.robots))
        link, url = mailing.links[0]
        clicked = {**robot, "link": str(link), "url": url}
        report(arrived + 4_000, EventKind.CLICK, clicked)


def _read(
    scene: Scene,
    mailing: Mailing,
    number: int,
    arrived: float,
    report: Callable[[float, EventKind, dict[str, Any]], None],
) -> None:
    """Somebody opens it, perhaps again, perhaps to follow a link."""
    draw = scene.draw
    at = arrived + draw.expovariate(1 / (14 * HOUR_MS))
    person = scene.human(number)
    for _ in range(1 + (draw.random() < 0.3)):
        seen = scene.visit(int(at), number, person)
        report(at, EventKind.OPEN, seen)
        if draw.random() < 0.24:
            weights = range(len(mailing.links), 0, -1)
            link, url = draw.choices(mailing.links, weights)[0]
            moment = at + draw.randrange(4_000, 3 * MINUTE_MS)
            report(moment, EventKind.CLICK, {**seen, "link": str(link), "url": url})
        at += draw.expovariate(1 / DAY_MS)
    if draw.random() < 0.012:
        report(at, EventKind.UNSUBSCRIBE, _reported({"source": "link", "success": True}))
    elif draw.random() < 0.002:
        report(
            at, EventKind.COMPLAINT, _reported({"recognized_as": "abuse", "feedback_type": "abuse"})
        )


def _reported(particulars: dict[str, Any]) -> dict[str, Any]:
    """Of what another server observed and sent."""
    return {"verdict": Verdict.COUNTED, "metadata": msgspec.json.encode(particulars).decode()}
