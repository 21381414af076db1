"""A hall with three doors and a cellar: passes, whom the doors admit, and an offline reader."""

from random import Random
from typing import Any, Final

import msgspec
from sqlalchemy import insert
from sqlalchemy.orm import Session

from footfall.cli.demo.calendar import MINUTE_MS
from footfall.cli.demo.stage import Scene, Stage, at_of
from footfall.core.calendar import DAY_MS, HOUR_MS
from footfall.core.events import Event
from footfall.dialects.passentry.records import entities, offline, passes, readers, scans
from footfall.dialects.passentry.records.tables import AdmissionRow, EntityRow, TemplateRow

WINDOW_SECONDS: Final = 120
"""A pass that was let in may not be read again for this long: somebody hands it over the fence."""

PASSES: Final = 160
HALL: Final = "Lantern Hall"
CELLAR: Final = "Candle Cellar"
READERS: Final = (
    ("north-door", "North door", HALL, 5),
    ("south-door", "South door", HALL, 4),
    ("garden-gate", "Garden gate", HALL, 2),
    ("cellar-stairs", "Cellar stairs", CELLAR, 2),
)
"""Id, name, entity and weight. The cellar's own till validates, and logs its scans here."""
CONCERTS: Final = (
    ("Night of a Hundred Lanterns", HALL, 9, 5),
    ("Songs by One Candle", CELLAR, 16, 2),
)
"""Name, entity, how many days ahead it starts, and how many hours it takes."""
MEDIA: Final = (("barcode", 7), ("nfc", 3))
TAGS: Final[tuple[list[str], ...]] = (["Friends"], [], ["Volunteers"], [], [])
"""Group tags of a pass, by its number."""
OFFLINE: Final = "garden-gate"
LOGGED: Final = "cellar-stairs"
SKEW_MS: Final = 1_500
"""How far the gate's clock is behind."""
UPLOADED: Final = 40
MISSING: Final = ((12, 14), (29, 29))
"""Scans of the upload that never arrived: the gate counted them, and lost them."""
PROMISED: Final = UPLOADED - sum(last - first + 1 for first, last in MISSING)
"""Events of the upload: the catalog promises them, the first server to start records them."""

_MEMBERS: Final = ("Marit", "Oskar", "Petra", "Ruben", "Saskia", "Teun", "Ulla", "Wouter")
_LAMPS: Final = ("Lantern", "Candle", "Beacon", "Lamp", "Torch", "Spark", "Glow", "Match")


class Pass(msgspec.Struct, frozen=True):
    """`ended` (milliseconds since 1970) is when it was deactivated, None for never."""

    card: scans.Card
    ended: int | None


class Hall(msgspec.Struct, frozen=True):
    """`entities` maps the id of a reader to that of its entity."""

    entities: dict[str, str]
    passes: list[Pass]


def create(session: Session, stage: Stage) -> Hall:
    draw, now = stage.draw("passes"), stage.begin
    places = {name: _entity(session, stage, name) for name in (HALL, CELLAR)}
    for id, name, place, _ in READERS:
        readers.create_reader(
            session, places[place], id, name, now, type=readers.READER_TYPE, qr_enabled=True
        )
    concerts = [
        entities.create_event(
            session,
            places[place],
            name,
            now,
            venue=place,
            starts_at=stage.until + days * DAY_MS,
            ends_at=stage.until + days * DAY_MS + hours * HOUR_MS,
        ).id
        for name, place, days, hours in CONCERTS
    ]
    member = _template(session, stage, "Hall membership", "loyalty")
    ticket = _template(session, stage, "Lantern night ticket", "eventTicket")
    made = []
    for number in range(PASSES):
        concert = concerts[number // 4 % len(concerts)]
        template, event = (ticket, concert) if number % 4 == 3 else (member, None)
        name = f"{draw.choice(_MEMBERS)} {draw.choice(_LAMPS)}"
        made.append(_pass(session, stage, draw, template, event, number, name))
    return Hall({id: places[place].id for id, _, place, _ in READERS}, made)


def _entity(session: Session, stage: Stage, name: str) -> EntityRow:
    entity = entities.create_entity(session, stage.account, name, stage.begin)
    entities.configuration_of(session, entity).validity_seconds = WINDOW_SECONDS
    return entity


def _template(session: Session, stage: Stage, name: str, type: str) -> TemplateRow:
    definition = {
        "name": name,
        "templateType": type,
        "defaultLanguage": "en",
        "centralTitle": HALL,
        "description": name,
        "colors": {"background": "#1f2937", "label": "#fde68a", "text": "#ffffff"},
        "fields": {"header": {"one": {"id": "fullName", "label": "Name", "defaultValue": "Guest"}}},
        "barcode": {"enabled": True, "type": "qr", "source": "extId", "displayText": True},
    }
    return passes.create_template(session, stage.account, name, type, definition, stage.begin)


def _pass(
    session: Session,
    stage: Stage,
    draw: Random,
    template: TemplateRow,
    event: str | None,
    number: int,
    name: str,
) -> Pass:
    """One in twelve has expired, one in twenty was deactivated, and one in ten is in no wallet."""
    created = stage.begin + draw.randrange(max(1, (stage.until - stage.begin) // 3))
    expires = stage.ago(draw.uniform(0.05, 0.5)) if number % 12 == 5 else None
    made = passes.create_pass(
        session,
        template,
        f"{'TICKET' if event else 'MEMBER'}-{1001 + number}",
        {
            "content": {"fullName": name},
            "group_tags": (tags := TAGS[number % len(TAGS)]),
            "group_tag": tags[0] if tags else None,
            "venue_event_id": event,
            "expires_at": expires,
        },
        created,
    )
    if number % 10 != 9:
        passes.install(made, draw.choice(("iOS", "Android")), created + HOUR_MS)
    if not event:
        passes.change_balance(made, draw.randrange(0, 40_000, 500))
    card = scans.find_card(session, stage.account, made.id)
    assert card is not None
    ended = None
    if number % 20 == 8:
        ended = stage.ago(draw.uniform(0.02, 0.3))
        passes.deactivate(made, ended)
    session.flush()
    return Pass(card, ended)


# ── at the doors ──────────────────────────────────────────────────────────────────────────────


def events(stage: Stage, hall: Hall, events: int) -> list[Event]:
    """Each scan is decided as a door decides it; some are of a pass that was just let in, and some
    of a code that is no pass."""
    scene = Scene(stage, passes.SOURCE, node=4)
    draw = scene.draw
    begin = min(stage.until - HOUR_MS, stage.begin + (stage.until - stage.begin) // 3)
    entered: dict[int, int] = {}
    for at in scene.moments(events, begin):
        reader = draw.choices(READERS, [one[-1] for one in READERS])[0][0]
        chance = draw.random()
        if chance < 0.02:
            _read(scene, hall, at, reader, None, f"NOBODY-{draw.randrange(1000, 1010)}", entered)
            continue
        one = draw.choice(hall.passes)
        _read(scene, hall, at, reader, one, one.card.ext_id, entered)
        if chance > 0.965 and at + MINUTE_MS < stage.until:
            again = at + draw.randrange(10_000, MINUTE_MS)
            _read(scene, hall, again, reader, one, one.card.ext_id, entered)
    return scene.events


def _read(
    scene: Scene,
    hall: Hall,
    at: int,
    reader: str,
    one: Pass | None,
    value: str,
    entered: dict[int, int],
) -> None:
    detail = _refusal(one, at, entered)
    medium = scene.draw.choices(MEDIA, [weight for _, weight in MEDIA])[0][0]
    if not detail and one is not None:
        entered[one.card.tracker] = at
    scene.events.append(
        scans.scan_event(
            scene.free_id(at),
            scene.stage.account,
            scans.Scan(reader=reader, medium=medium, value=value),
            _door(hall, reader),
            None if one is None else one.card,
            validation=scans.EXTERNAL if reader == LOGGED else scans.INTERNAL,
            detail=detail,
            successful=not detail,
        )
    )


def _refusal(one: Pass | None, at: int, entered: dict[int, int]) -> str:
    """As `scans.refusal` does of rows."""
    if one is None:
        return scans.CARD_UNKNOWN
    if one.ended is not None and at >= one.ended:
        return scans.CARD_INACTIVE
    if one.card.expires_at is not None and at >= one.card.expires_at:
        return scans.TOO_LATE
    if abs(at - entered.get(one.card.tracker, 0)) < WINDOW_SECONDS * 1000:
        return scans.USED_ALREADY
    return ""


def _door(hall: Hall, reader: str) -> scans.Door:
    return scans.Door(
        reader=reader,
        entity=hall.entities[reader],
        seen_at=None,
        external=False,
        validity_seconds=WINDOW_SECONDS,
        installed_only=False,
        external_url=None,
        external_timeout_ms=entities.EXTERNAL_TIMEOUT_MS,
        external_secret="",
    )


# ── what the catalog knows of it ──────────────────────────────────────────────────────────────


def admit(session: Session, stage: Stage, hall: Hall, events: list[Event]) -> None:
    """The admissions, when each door was last seen, and the upload of the gate."""
    admissions: list[dict[str, Any]] = [
        {
            "event_id": event.id,
            "account_id": stage.account,
            "tracker_id": event.tracker,
            "at": at_of(event),
            "reader_id": event.reader,
            "window_ms": WINDOW_SECONDS * 1000,
            "offline": False,
        }
        for event in events
        if event.scan_status == scans.SUCCESSFUL
    ]
    if admissions:
        session.execute(insert(AdmissionRow), admissions)
    seen = {event.reader: at_of(event) for event in sorted(events, key=at_of)}
    for reader, at in seen.items():
        scans.note_seen(session, stage.account, _door(hall, reader), at)
    _upload(session, stage, hall, events)


def _upload(session: Session, stage: Stage, hall: Hall, events: list[Event]) -> None:
    """What the gate read while it was offline, and uploaded later."""
    received = stage.until - 20 * MINUTE_MS
    gate = Scene(stage, "upload", node=5)
    guests = [one.card for one in hall.passes if one.ended is None and one.card.expires_at is None]
    read = [
        (received - number * 2 * MINUTE_MS, gate.draw.choice(guests).ext_id)
        for number in range(5, UPLOADED + 5)
    ]
    # One came in by another door, and over the fence a minute later: only the server can know.
    inside = [
        (at_of(event) + MINUTE_MS, event.scan_value)
        for event in events
        if event.scan_status == scans.SUCCESSFUL
        and event.reader != OFFLINE
        and at_of(event) + MINUTE_MS < received
    ]
    read[-1:] = [max(inside, default=read[-1])]
    some = [
        offline.OfflineScan(
            sequence=sequence,
            nonce=f"gate-{sequence:04}",
            device_at=at - SKEW_MS,
            medium="barcode",
            value=value,
            wallet_pass="",
            successful=True,
            detail="",
        )
        for sequence, (at, value) in enumerate(sorted(read), 1)
        if not any(first <= sequence <= last for first, last in MISSING)
    ]
    upload = offline.Upload(
        account=stage.account, reader=OFFLINE, sent_at=received - SKEW_MS, received_at=received
    )
    offline.take(session, upload, some, [gate.free_id(received) for _ in some])
