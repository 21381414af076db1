"""A store of e-mail opens and ad impressions, every second event one of each: made by the engine
out of numbers, evenly over two weeks, the newest a moment ago.
"""

import sys
import time
from statistics import median
from typing import Final

from bench.sample import Asked, Rate, Times
from footfall import bootstrap
from footfall.core.events import EventKind, Verdict
from footfall.core.ids import TIME_SHIFT, first_id_at
from footfall.core.queries import EventQuery
from footfall.dialects.everflow.rows import FIELDS
from footfall.store.engine import Engine
from footfall.store.insert import insert_once
from footfall.store.migrate import migrate
from footfall.store.query.event_query import select_events

CHUNK_EVENTS: Final = 500_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
STREAM_TIMES: Final = 9
AFFILIATES: Final = 50
DESTINATIONS: Final = 100_000
COUNTRIES: Final = ("NL", "DE", "US", "GB", "FR", "BE", "ES", "CA")

# `trackers[1]` is the mailing's; the others are the offers', and an offer's id is its tracker's.
SQL: Final = """
INSERT INTO incoming_ads (id, account, tracker, kind, source, verdict, ip, user_agent, visitor,
    country, device, os, browser, language, emailing, destination, profile, offer, affiliate, sub1)
SELECT
    {first:UInt64} + number * {step:UInt64} AS id,
    1,
    is_open ? {trackers:Array(UInt64)}[1]
        : {trackers:Array(UInt64)}[2 + chance % (length({trackers:Array(UInt64)}) - 1)] AS tracker,
    is_open ? 'open' : 'impression',
    is_open ? 'copernica' : 'everflow',
    chance % 20 = 0 ? 'bot' : 'counted',
    IPv4ToIPv6(toIPv4(toUInt32(167772160 + chance % 1000000))),
    concat('Mozilla/5.0 (Linux; Android 14) Chrome/', toString(100 + chance % 37), '.0 Mobile'),
    toUInt32(chance),
    {countries:Array(String)}[1 + chance % length({countries:Array(String)})],
    'mobile', 'Android', 'Chrome Mobile', 'nl-NL',
    is_open ? {emailing:String} : '',
    is_open ? toString(1 + chance % {destinations:UInt64}) : '',
    is_open ? toString(1 + chance % {destinations:UInt64}) : '',
    is_open ? '' : toString(tracker),
    is_open ? '' : toString(1 + bitShiftRight(chance, 8) % {affiliates:UInt64}),
    is_open ? '' : concat('site-', toString(bitShiftRight(chance, 16) % 200))
FROM (
    SELECT number, number % 2 = 0 AS is_open, cityHash64(number) AS chance
    FROM numbers({start:UInt64}, {count:UInt64})
)
"""


def stream(asked: Asked) -> Times:
    """The raw stream's query of `bench.apis`, asked of the engine as it is."""
    until = bootstrap.now() // HOUR_MS * HOUR_MS
    offers = asked.subjects[1:]
    query = EventQuery(
        account=1,
        sources=("everflow",),
        kinds=(EventKind.IMPRESSION,),
        verdicts=(Verdict.COUNTED,),
        values={
            "offer": (str(offers[3].tracker), str(offers[4].tracker)),
            "country": ("NL",),
        },
        without={"affiliate": ("7",)},
        occurred_since=until - asked.days * DAY_MS,
        occurred_until=until,
        fields=FIELDS,
        limit=10_000,
    )
    sql, parameters = select_events(query)
    engine = Engine(f"chdb://{asked.directory}/store", {"max_server_memory_usage": 400_000_000})
    taken = []
    with engine.reading() as client:
        for _ in range(1 + STREAM_TIMES):
            began = time.perf_counter()
            client.raw_query(sql, parameters=parameters, fmt="JSONEachRow")
            taken.append((time.perf_counter() - began) * 1000)
    engine.close()
    return Times({"stream": median(taken[1:])})


def mix(asked: Asked) -> Rate:
    """`asked.subjects`: the mailing, with its emailing as code, then the offers. Says the number
    of events after every insert."""
    until = bootstrap.now()
    first = first_id_at(until - asked.days * DAY_MS)
    engine = Engine(f"chdb://{asked.directory}/store", {"max_server_memory_usage": 3_000_000_000})
    began = time.monotonic()
    with engine.inserting() as client:
        migrate(client)
        for start in range(0, asked.events, CHUNK_EVENTS):
            count = min(CHUNK_EVENTS, asked.events - start)
            parameters = {
                "first": first,
                "step": (asked.days * DAY_MS << TIME_SHIFT) // asked.events,
                "trackers": [subject.tracker for subject in asked.subjects],
                "emailing": asked.subjects[0].code,
                "countries": list(COUNTRIES),
                "destinations": DESTINATIONS,
                "affiliates": AFFILIATES,
                "start": start,
                "count": count,
            }
            insert_once(
                client,
                lambda settings, parameters=parameters: client.command(  # type: ignore[misc]
                    SQL, parameters=parameters, settings={**settings, "max_threads": 1}
                ),
                f"mixed-{start}",
            )
            sys.stderr.write(f"{count}\n")
            sys.stderr.flush()
    engine.close()
    return Rate(asked.events / (time.monotonic() - began))
