"""Two programmes of student ambassadors: who scans their posters, signs up, and earns them what."""

from random import Random
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.cli.demo.calendar import MINUTE_MS
from footfall.cli.demo.stage import OURS, PREFETCHED, Scene, Stage, at_of
from footfall.core.calendar import DAY_MS, HOUR_MS
from footfall.core.events import Event, EventKind, Verdict
from footfall.dialects.vantio import records
from footfall.dialects.vantio.campaigns import create_poster, create_user
from footfall.dialects.vantio.commissions import (
    Origin,
    change_earning,
    change_referral,
    create_earning,
    create_referral,
)
from footfall.dialects.vantio.impressions import impression_id
from footfall.dialects.vantio.records import SOURCE, ProgramRow, ReferralRow

REFERRED: Final = 0.018
"""Share of the people at the landing page who sign up."""


class Campaign(msgspec.Struct, frozen=True):
    name: str
    description: str
    landing_url: str
    commission: dict[str, Any]
    ambassadors: tuple[str, ...]
    places: tuple[str, ...]


CAMPAIGNS: Final = (
    Campaign(
        "Campus ride share",
        "Students who bring a friend to the shared bicycles.",
        "https://example.org/ride",
        {"type": "flat", "amount": 750},
        ("Nora Windmill", "Finn Lantern", "Mila Harbour", "Otis Meadow", "Juno Bridge"),
        ("Library entrance", "Canteen", "Station side door", "Sports hall", "Bicycle shed"),
    ),
    Campaign(
        "Study room of the Old Mill",
        "Quiet desks by the hour, recommended by those who use them.",
        "https://example.org/old-mill",
        {"type": "percent", "percent": 10.0},
        ("Pip Marble", "Lena Copper", "Bram Willow", "Ivy Clockwork"),
        ("Notice board, hall B", "Coffee corner", "Copy shop", "Student housing, lift"),
    ),
)
_SIGNED_UP: Final = (
    *("Ada", "Boris", "Cleo", "Dirk", "Elin", "Faye", "Gijs", "Hanna", "Idris", "Jet", "Kaj"),
    *("Lotte", "Milo", "Noor", "Olga", "Piet", "Quinn", "Rosa", "Sven", "Tess", "Umar", "Vera"),
)
_FAMILIES: Final = (
    *("Acorn", "Barley", "Candle", "Dune", "Ember", "Fern", "Gable", "Hazel", "Inkwell"),
    *("Juniper", "Kettle", "Linden", "Moss", "Nettle", "Oar", "Pebble", "Reed", "Thimble"),
)


class Poster(msgspec.Struct, frozen=True):
    """What its events name."""

    tracker: int
    references: dict[str, str]
    metadata: str


def create(session: Session, stage: Stage) -> list[Poster]:
    """The programmes, ambassadors and posters, the most scanned first."""
    made = []
    now, account = stage.begin, stage.account
    for campaign in CAMPAIGNS:
        program = records.create(
            session,
            ProgramRow,
            account,
            now,
            name=campaign.name,
            description=campaign.description,
            landing_url=campaign.landing_url,
            commission=campaign.commission,
            payout_schedule="monthly",
            minimum_payout=2_500,
            currency="EUR",
        )
        for number, name in enumerate(campaign.ambassadors):
            first, last = name.split()
            user = create_user(
                session,
                account,
                now,
                program.id,
                first_name=first,
                last_name=last,
                email=f"{first.lower()}@example.org",
            )
            for place in range(1 + (number < 3)):
                poster = create_poster(
                    session,
                    account,
                    now,
                    program_id=program.id,
                    student_id=user.id,
                    location=campaign.places[(number + 2 * place) % len(campaign.places)],
                    details={},
                )
                tracker = poster.tracker
                made.append(Poster(tracker.id, tracker.references, tracker.event_metadata or ""))
    return made


def scans(stage: Stage, posters: list[Poster], events: int) -> list[Event]:
    scene = Scene(stage, SOURCE, node=1)
    draw = scene.draw
    weights = [1 / (2 + number * 5 % len(posters)) for number in range(len(posters))]
    for at in scene.moments(events):
        poster = draw.choices(posters, weights)[0]
        fields = scene.visit(at, *scene.person(events // 2))
        if fields["verdict"] == Verdict.COUNTED and (chance := draw.random()) < 0.02:
            fields |= PREFETCHED if chance < 0.014 else OURS
        metadata = {"metadata": poster.metadata} if poster.metadata else {}
        scene.add(at, EventKind.SCAN, {**fields, **poster.references, **metadata}, poster.tracker)
    return scene.events


# ── what came of the scans ────────────────────────────────────────────────────────────────────


def refer(session: Session, stage: Stage, events: list[Event]) -> None:
    """Some who came signed up, some of those became customers, and their ambassadors are paid:
    the older, the further."""
    draw = stage.draw("referrals")
    programs = session.scalars(select(ProgramRow).where(ProgramRow.account_id == stage.account))
    rewards = {program.id: program.commission.get("amount") for program in programs}
    number = 0
    for event in events:
        if event.verdict != Verdict.COUNTED or draw.random() >= REFERRED:
            continue
        at = at_of(event) + draw.randrange(2 * MINUTE_MS, 40 * MINUTE_MS)
        if at >= stage.until:
            continue
        first, last = draw.choice(_SIGNED_UP), draw.choice(_FAMILIES)
        referral = create_referral(
            session,
            stage.account,
            at,
            Origin(impression_id(event.id), event.poster, event.program, event.ambassador),
            first_name=first,
            last_name=last,
            email=f"{first.lower()}.{last.lower()}@example.org",
            profile_picture=None,
            details={},
        )
        number += 1
        _go_on(session, stage, draw, referral, number, rewards[event.program])


def _go_on(
    session: Session,
    stage: Stage,
    draw: Random,
    referral: ReferralRow,
    number: int,
    reward: int | None,
) -> None:
    """Some never become customers, and some are nobody."""
    began = referral.created_at
    age = (stage.until - began) / DAY_MS
    reached = age * draw.uniform(0.3, 1.2)
    if reached < 2 or number % 5 == 4:
        return
    if number % 7 == 3:
        at = began + draw.randrange(HOUR_MS, DAY_MS)
        change_referral(session, referral, at, status="rejected")
        return
    at = began + draw.randrange(HOUR_MS, 2 * DAY_MS)
    change_referral(session, referral, at, status="converted")
    if reached > 7:
        at = min(stage.until, at + 5 * DAY_MS)
        change_referral(session, referral, at, status="verified", verified_at=at)
    _earn(session, stage, draw, referral, at, reached, reward)


def _earn(
    session: Session,
    stage: Stage,
    draw: Random,
    referral: ReferralRow,
    at: int,
    reached: float,
    reward: int | None,
) -> None:
    """`reward` is the programme's own amount, None for a share of what was spent."""
    earning = create_earning(
        session,
        stage.account,
        at,
        referral.id,
        amount=reward or draw.randrange(300, 2_400, 50),
        currency="EUR",
        type="commission",
        description="First ride" if reward else "A tenth of the first month",
        reference_id=None,
        details={},
    )
    if reached < 14:
        return
    change_earning(session, earning, min(stage.until, at + DAY_MS), status="processing")
    if reached > 22:
        status = "failed" if referral.number % 9 == 2 else "paid"
        change_earning(session, earning, min(stage.until, at + 3 * DAY_MS), status=status)
