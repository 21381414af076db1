"""What the APIs' demos share: the account and its days, the people, and ids that are free."""

from collections.abc import Iterator
from functools import cached_property
from random import Random
from typing import Any, Final

import msgspec

from footfall.capture.enrichment import protect
from footfall.cli.demo import places
from footfall.cli.demo.calendar import MINUTE_MS, moments
from footfall.cli.demo.people import profiles
from footfall.core.accounts import Privacy
from footfall.core.calendar import DAY_MS
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import SEQUENCE_BITS, first_id_at, received_at

PREFETCHED: Final = {"verdict": "prefetch", "reason": "purpose: prefetch"}
OURS: Final = {"verdict": "internal", "reason": "address: internal"}
REPEATED: Final = {"verdict": "repeat", "reason": "again within a minute"}
_ADDRESSES: Final = 10 << 24


class Stage:
    """`until` and `begin` in milliseconds since 1970; `privacy` is the account's mode."""

    def __init__(self, *, account: int, privacy: Privacy, seed: int, until: int, days: int) -> None:
        self.account = account
        self.privacy = privacy
        self.seed = seed
        self.until = until - until % MINUTE_MS
        self.begin = self.until - days * DAY_MS
        self.days = days

    def ago(self, share: float) -> int:
        """The time that lies this share (0 to 1) of all days before the end."""
        return int(self.until - share * self.days * DAY_MS)

    def draw(self, word: str) -> Random:
        """Numbers of the seed, others for each word."""
        return Random(f"{self.seed} {word}")  # noqa: S311  (a demo, not secrets)

    @cached_property
    def humans(self) -> list[dict[str, Any]]:
        return [fields for fields in self._profiles if fields["verdict"] == "counted"]

    @cached_property
    def robots(self) -> list[dict[str, Any]]:
        return [fields for fields in self._profiles if fields["verdict"] != "counted"]

    @cached_property
    def _profiles(self) -> list[dict[str, Any]]:
        draw = self.draw("places")
        made = [msgspec.structs.asdict(one) for one in profiles(self.seed)]
        for one in made:
            robot = one["verdict"] != Verdict.COUNTED
            one |= places.find(draw, one["country"], one["device"], robot=robot)
        return made


class Scene:
    """The events of one API. `node` is the part of their ids by which no two APIs share one."""

    def __init__(self, stage: Stage, source: str, node: int) -> None:
        self.stage = stage
        self.source = source
        self.draw = stage.draw(source)
        self.events: list[Event] = []
        self._node = node << SEQUENCE_BITS
        self._used: set[int] = set()

    def moments(self, events: int, begin: int | None = None) -> Iterator[int]:
        start = self.stage.begin if begin is None else begin
        return iter(moments(self.draw, events, start, self.stage.until))

    def free_id(self, at: int) -> int:
        id = first_id_at(at) | self._node
        while id in self._used:
            id += 1
        self._used.add(id)
        return id

    def person(self, people: int, robots: float = 0.05) -> tuple[int, dict[str, Any]]:
        """Somebody's number, and what every visit of theirs shows; a machine now and then."""
        number = self.draw.randrange(max(1, people))
        if self.draw.random() < robots:
            return number, self.draw.choice(self.stage.robots)
        return number, self.human(number)

    def human(self, number: int) -> dict[str, Any]:
        humans = self.stage.humans
        return humans[number * 2_654_435_761 % len(humans)]

    def visit(self, at: int, number: int, person: dict[str, Any], host: str = "") -> dict[str, Any]:
        """The fields of a visit that the privacy mode lets through."""
        day = at // DAY_MS
        address = _ADDRESSES | number * 40_503 % (1 << 24)
        fields = {
            **person,
            "ip": ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0)),
            "visitor": hash((self.stage.seed, number, day)) & 0xFFFF_FFFF or 1,
        }
        if host:
            fields |= {"referrer": f"https://{host}/", "referrer_host": host}
        return protect(fields, self.stage.privacy)

    def add(self, at: int, kind: EventKind, fields: dict[str, Any], tracker: int = 0) -> Event:
        event = Event(
            id=self.free_id(at),
            account=self.stage.account,
            tracker=tracker,
            kind=kind,
            source=self.source,
            **fields,
        )
        self.events.append(event)
        return event


def at_of(event: Event) -> int:
    return received_at(event.id)
