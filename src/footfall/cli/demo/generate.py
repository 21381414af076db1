"""Events that never happened: for the demo and the bench. Scans are made inside the engine by a
seed; others come as lines (`insert_lines`).

The engine draws every value from a hash of the seed and the event's number, so the same plan makes
the same events, and ten million take seconds. The weights (who scans, when, and of what) come as
three small tables that live only while the events are made.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.core.accounts import Privacy
from footfall.core.calendar import HOUR_MS
from footfall.core.ids import EPOCH_MS, SEQUENCE_BITS, TIME_SHIFT
from footfall.store import insert as loading
from footfall.store.engine import Engine
from footfall.store.insert import Probe, insert_once
from footfall.store.migrate import migrate

CHUNK_EVENTS: Final = 50_000
"""Events of one insert. Up to about this many make a compact part, which the engine writes within
its usual memory; of a million at once every column has buffers of its own, 500 MB in all."""

CHUNK_LINES: Final = 20_000
"""About 15 MB of lines. Each insert costs the engine a second, however few its events."""


class Slot(msgspec.Struct, frozen=True):
    """One hour. `begin` in milliseconds since 1970; of its events the share `burst` (0 to 1) is
    of the tracker at index `campaign`, beside those that it has anyway."""

    begin: int
    events: int
    campaign: int
    burst: float


class Subject(msgspec.Struct, frozen=True):
    """A tracker that is scanned, and the code that its scans name."""

    tracker: int
    code: str


class Profile(msgspec.Struct, frozen=True):
    """What many people have in common. Names of fields are columns of the events."""

    verdict: str
    reason: str
    country: str
    language: str
    user_agent: str
    device: str
    device_make: str
    device_model: str
    os: str
    os_version: str
    browser: str
    browser_version: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what an interrupted generation is known by, to go on from where it was.

    `subjects` come in the order of their weight (Zipf's law), `referrers` as often as they are
    likely, "" for none. `people` is how many different visitors there are.
    """

    name: str
    account: int
    source: str
    seed: int
    privacy: Privacy
    slots: list[Slot]
    subjects: list[Subject]
    profiles: list[Profile]
    referrers: list[str]
    people: int

    @property
    def events(self) -> int:
        return sum(slot.events for slot in self.slots)


_TABLES: Final = {
    "generator_slots": "chunk UInt32, first UInt64, begin UInt64, day UInt32, events UInt32,"
    " campaign UInt32, burst Float32",
    "generator_subjects": "rank UInt32, tracker UInt64, code String",
    "generator_profiles": "number UInt32, "
    + ", ".join(f"{name} String" for name in Profile.__struct_fields__),
}

_COARSE: Final = {
    "id": "id",
    "account": "{account:UInt32}",
    "tracker": "subject.tracker",
    "kind": "'scan'",
    "source": "{source:String}",
    "verdict": "multiIf(profile.verdict != 'counted', profile.verdict, fate < 15, 'prefetch',"
    " fate < 20, 'refused', 'counted')",
    "reason": "multiIf(profile.verdict != 'counted', profile.reason,"
    " fate < 15, 'purpose: prefetch', fate < 20, 'paused', '')",
    "referrer_host": "host",
    "country": "profile.country",
    "device": "profile.device",
    "code": "subject.code",
}
"""Columns of every event, as expressions over `_DRAWN`."""

_FULL: Final = {
    **_COARSE,
    "referrer": "if(host = '', '', concat('https://', host, '/'))",
    "ip": "IPv4ToIPv6(toIPv4(toUInt32(address)))",
    "visitor": "toUInt32(cityHash64({seed:UInt64}, address, profile.number, day))",
    **{
        name: f"profile.{name}"
        for name in Profile.__struct_fields__
        if name not in ("verdict", "reason", "country", "device")
    },
}

# An event's place in its hour is counted in 2^-22 ms: an even share of the hour for each, and a
# random place in the first half of the share. So ids grow, and no two share time and sequence.
# Where no two can share a millisecond the sequence is 0, as the id generator would have given it.
_DRAWN: Final = f"""
SELECT
    day,
    first + place AS number,
    cityHash64({{seed:UInt64}}, number, 'place') AS chance,
    cityHash64({{seed:UInt64}}, number, 'subject') / 18446744073709551616. AS which,
    intDiv(bitShiftLeft(toUInt64({HOUR_MS}), {TIME_SHIFT}), events) AS share,
    place * share + chance % intDiv(share, 2) AS position,
    bitOr(
        bitShiftLeft(begin + bitShiftRight(position, {TIME_SHIFT}), {TIME_SHIFT}),
        if(
            share >= {2 << TIME_SHIFT},
            0,
            bitShiftRight(bitAnd(position, {(1 << TIME_SHIFT) - 1}), {TIME_SHIFT - SEQUENCE_BITS})
        )
    ) AS id,
    toUInt32(if(
        which < burst, campaign, pow({{subjects:UInt32}} + 1, (which - burst) / (1 - burst)) - 1
    )) AS rank,
    cityHash64({{seed:UInt64}}, number, 'person') % {{people:UInt64}} AS person,
    cityHash64({{seed:UInt64}}, person, 'profile') % {{profiles:UInt32}} AS kind_of_person,
    167772160 + cityHash64({{seed:UInt64}}, person, 'address') % 16777216 AS address,
    cityHash64({{seed:UInt64}}, number, 'fate') AS fortune,
    fortune % 1000 AS fate,
    {{referrers:Array(String)}}[1 + intDiv(fortune, 1000) % {{referrer_count:UInt32}}] AS host
FROM generator_slots
ARRAY JOIN range(events) AS place
WHERE chunk = {{chunk:UInt32}}
"""


def generate(
    url: str, memory_bytes_max: int, plan: Plan, chunk_events: int = CHUNK_EVENTS
) -> Iterator[int]:
    """Insert the plan's events in the order of time; yields how many each insert brought.

    Interrupted and repeated with the same plan, it completes what is missing: a chunk is noted
    before it is inserted, so only the last that was noted is uncertain. Raises StoreUnavailable.
    """
    assert plan.slots
    assert plan.slots[0].begin >= EPOCH_MS
    chunks = list(_chunks(plan.slots, chunk_events))
    engine = Engine(url, {"max_server_memory_usage": memory_bytes_max})
    try:
        with engine.inserting() as client:
            migrate(client, engine.disk)
            _fill(client, plan, chunks)
            begun = _begun(client, plan.name)
            for number, slots in enumerate(chunks):
                if number > begun:
                    _begin(client, plan.name, number)
                if number >= begun:
                    _insert(client, plan, number, again=number == begun)
                engine.disk.after_insert(client)
                yield sum(slot.events for slot in slots)
            _drop(client)
    finally:
        engine.close()


def insert_lines(
    url: str,
    memory_bytes_max: int,
    name: str,
    lines: Sequence[bytes],
    chunk_events: int = CHUNK_LINES,
) -> Iterator[int]:
    """Insert events that are lines as the journal has them; yields how many each insert brought.

    Interrupted and repeated with the same name and lines, it completes what is missing, as
    `generate` does. Raises StoreUnavailable.
    """
    engine = Engine(url, {"max_server_memory_usage": memory_bytes_max})
    try:
        with engine.inserting() as client:
            migrate(client, engine.disk)
            begun = _begun(client, name)
            for number, start in enumerate(range(0, len(lines), chunk_events)):
                some = lines[start : start + chunk_events]
                if number > begun:
                    _begin(client, name, number)
                if number >= begun:
                    loading.insert_lines(
                        *(client, b"\n".join(some), f"{name}-{number}"),
                        again=number == begun,
                        embedded=engine.embedded,
                    )
                engine.disk.after_insert(client)
                yield len(some)
    finally:
        engine.close()


def _begun(client: Client, name: str) -> int:
    """The last chunk of this plan that was begun, -1 for none."""
    client.command(
        "CREATE TABLE IF NOT EXISTS generator_begun (plan String, chunk UInt32)"
        " ENGINE = MergeTree ORDER BY plan SETTINGS fsync_after_insert = 1"
    )
    sql = "SELECT maxOrNull(chunk) FROM generator_begun WHERE plan = {plan:String}"
    ((last,),) = client.query(sql, parameters={"plan": name}).result_rows
    return -1 if last is None else int(last)


def _begin(client: Client, name: str, chunk: int) -> None:
    # Not `client.insert`: that would import pandas, half a second and more.
    line = msgspec.json.encode({"plan": name, "chunk": chunk})
    client.raw_insert("generator_begun", insert_block=line, fmt="JSONEachRow")


def _insert(client: Client, plan: Plan, chunk: int, *, again: bool) -> None:
    columns = _COARSE if plan.privacy is Privacy.COARSE else _FULL
    drawn = (
        f"({_DRAWN}) AS drawn"
        " INNER JOIN generator_profiles AS profile ON profile.number = drawn.kind_of_person"
        " INNER JOIN generator_subjects AS subject ON subject.rank = drawn.rank"
    )
    parameters = {
        "account": plan.account,
        "source": plan.source,
        "seed": plan.seed,
        "chunk": chunk,
        "subjects": len(plan.subjects),
        "profiles": len(plan.profiles),
        "people": plan.people,
        "referrers": plan.referrers,
        "referrer_count": len(plan.referrers),
    }
    probes = None
    if again:
        newest = client.query(
            f"SELECT tracker, max(id) FROM {drawn} GROUP BY tracker",
            parameters=parameters,
        )
        probes = [Probe(plan.account, id, tracker) for tracker, id in newest.result_rows]
    insert_once(
        client,
        lambda settings: client.command(
            f"INSERT INTO incoming ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
            f" FROM {drawn}",
            parameters=parameters,
            settings={**settings, "max_threads": 1},
        ),
        f"{plan.name}-{chunk}",
        probes,
    )


def _chunks(slots: list[Slot], events_max: int) -> Iterator[list[Slot]]:
    """Runs of hours of at most this many events each, or of one hour that alone has more."""
    chunk: list[Slot] = []
    events = 0
    for slot in slots:
        if not slot.events:
            continue
        if chunk and events + slot.events > events_max:
            yield chunk
            chunk, events = [], 0
        chunk.append(slot)
        events += slot.events
    if chunk:
        yield chunk


def _fill(client: Client, plan: Plan, chunks: list[list[Slot]]) -> None:
    """The weights, as tables of the engine: as parameters they would be too long for a URL."""
    _drop(client)
    for table, columns in _TABLES.items():
        client.command(f"CREATE TABLE {table} ({columns}) ENGINE = Memory")
    rows = {
        "generator_slots": list(_slot_rows(chunks)),
        "generator_subjects": [
            {"rank": rank, "tracker": subject.tracker, "code": subject.code}
            for rank, subject in enumerate(plan.subjects)
        ],
        "generator_profiles": [
            {"number": number, **msgspec.structs.asdict(profile)}
            for number, profile in enumerate(plan.profiles)
        ],
    }
    for table, lines in rows.items():
        block = b"\n".join(msgspec.json.encode(line) for line in lines)
        client.raw_insert(table, insert_block=block, fmt="JSONEachRow")


def _slot_rows(chunks: list[list[Slot]]) -> Iterator[dict[str, Any]]:
    first = 0
    for number, slots in enumerate(chunks):
        for slot in slots:
            yield {
                "chunk": number,
                "first": first,
                "begin": slot.begin - EPOCH_MS,
                "day": slot.begin // (24 * HOUR_MS),
                "events": slot.events,
                "campaign": slot.campaign,
                "burst": slot.burst,
            }
            first += slot.events


def _drop(client: Client) -> None:
    for table in _TABLES:
        client.command(f"DROP TABLE IF EXISTS {table}")
