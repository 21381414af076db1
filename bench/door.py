"""A door: readers scan passes at a steady rate while somebody watches the list of scans.

The load is open: a scan is due at its time, whether the one before it was answered or not, and its
latency counts from when it was due. So a server that falls behind cannot hide it.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import aiohttp
import msgspec
from sqlalchemy import insert

from bench.measures import Measure, at_most
from footfall import bootstrap
from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.tables import TrackerRow
from footfall.config import Settings
from footfall.core.events import EventKind
from footfall.dialects.passentry.records import entities, passes, readers
from footfall.dialects.passentry.records.tables import PassRow
from tests.support.running import ADMIN_KEY, RunningServer

SUBJECT: Final = "door"
READERS: Final = 20
SCANS_A_SECOND: Final = 200
POLL_SECONDS: Final = 1.0
WARM_UP_SECONDS: Final = 3.0
VALIDITY_SECONDS: Final = 60
INSERTED_AT_ONCE: Final = 10_000

Say = Callable[[str], None]


class Seen(msgspec.Struct):
    """Latencies in milliseconds, and what was wrong."""

    scans: list[float] = []
    lists: list[float] = []
    admitted: int = 0
    failed: int = 0


def make_passes(catalog: SqlCatalog, account: int, count: int) -> list[str]:
    """So many passes of one template, with the extIds that are returned: a few seconds for
    100,000."""
    now = catalog.clock()
    names = [f"MEMBER-{number}" for number in range(count)]
    with catalog.writing() as session:
        template = passes.create_template(session, account, "Season", "generic", {}, now)
        for start in range(0, count, INSERTED_AT_ONCE):
            some = names[start : start + INSERTED_AT_ONCE]
            trackers = session.scalars(
                insert(TrackerRow).returning(TrackerRow.id, sort_by_parameter_order=True),
                [_tracker(account, now) for _ in some],
            ).all()
            session.execute(
                insert(PassRow),
                [
                    _pass(account, tracker, name, template.id, now)
                    for tracker, name in zip(trackers, some, strict=True)
                ],
            )
    return names


def _tracker(account: int, now: int) -> dict[str, Any]:
    return {
        "account_id": account,
        "kind": EventKind.SCAN.value,
        "source": passes.SOURCE,
        "destination": "",
        "privacy": "",
        "created_at": now,
        "updated_at": now,
    }


def _pass(account: int, tracker: int, name: str, template: str, now: int) -> dict[str, Any]:
    return {
        "tracker_id": tracker,
        "id": str(uuid.uuid4()),
        "account_id": account,
        "ext_id": name,
        "template_id": template,
        "status": passes.PassStatus.ISSUED.value,
        "created_at": now,
        "content": {"fullName": name},
    }


def prepare(directory: Path, count: int) -> list[str]:
    """An account with readers, a validity period and so many passes."""
    settings = Settings(data=str(directory), bootstrap_key=ADMIN_KEY)
    catalog = bootstrap.open_catalog(settings)
    bootstrap.bootstrap(catalog, settings)
    names = make_passes(catalog, 1, count)
    with catalog.writing() as session:
        now = catalog.clock()
        entity = entities.default_entity(session, 1, now)
        entities.configuration_of(session, entity).validity_seconds = VALIDITY_SECONDS
        for number in range(READERS):
            readers.create_reader(
                session, entity, f"door-{number}", f"Door {number}", now, type="PassentryReader"
            )
    catalog.close()
    return names


def measure(directory: Path, seconds: float, count: int, say: Say) -> list[Measure]:
    """`count` passes; `seconds` of load, after some that warm up."""
    say(f"door: making {count:,} passes")
    names = prepare(directory, count)
    say("door: scanning")
    with closing(RunningServer(directory, requests_per_second=1_000_000)) as server:
        server.start()
        asyncio.run(_load(server, names, WARM_UP_SECONDS))
        seen = asyncio.run(_load(server, names, seconds))
        stored = server.client.get("/api/v1/scans?perPage=1").json()["meta"]["totalScans"]
    return report(seen, seconds, count, stored)


def report(seen: Seen, seconds: float, count: int, stored: int) -> list[Measure]:
    cuts = quantiles(seen.scans, n=100)
    lists = quantiles(seen.lists, n=100) if len(seen.lists) > 1 else [0.0] * 99
    what = f"{READERS} readers, {SCANS_A_SECOND} scans/s, {count:,} passes"
    due = int(seconds * SCANS_A_SECOND)
    return [
        Measure(
            SUBJECT,
            "p99 of POST /scans while GET /scans is polled",
            cuts[98],
            "ms",
            at_most(25),
            f"{what}; p50 {cuts[49]:.1f} ms, longest {max(seen.scans):.1f} ms",
        ),
        Measure(SUBJECT, "p50 of POST /scans", cuts[49], "ms"),
        Measure(SUBJECT, "p50 of GET /scans meanwhile", lists[49], "ms", note=f"{stored:,} scans"),
        Measure(
            SUBJECT,
            "failed answers",
            float(seen.failed + max(0, due - len(seen.scans))),
            "answers",
            at_most(0),
            f"{len(seen.scans):,} scans, {seen.admitted:,} admitted",
        ),
    ]


async def _load(server: RunningServer, names: list[str], seconds: float) -> Seen:
    seen = Seen()
    draw = random.Random(7)
    headers = {"Authorization": f"Bearer {server.key}"}
    connector = aiohttp.TCPConnector(limit=READERS + 2)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        began = time.perf_counter() + 0.2
        ends = began + seconds
        watching = asyncio.create_task(_watch(session, server.url, ends, seen))
        doors = [
            _door(session, server.url, number, names, draw.random, began, ends, seen)
            for number in range(READERS)
        ]
        await asyncio.gather(*doors)
        await watching
    return seen


async def _door(
    session: aiohttp.ClientSession,
    url: str,
    number: int,
    names: list[str],
    draw: Callable[[], float],
    began: float,
    ends: float,
    seen: Seen,
) -> None:
    """One reader, with scans at its own steady rate. A person in forty comes twice."""
    every = READERS / SCANS_A_SECOND
    due = began + number * every / READERS
    name = names[0]
    while due < ends:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if draw() > 1 / 40:
            name = names[int(draw() * len(names))]
        scan = {"readerId": f"door-{number}", "passId": name, "scanType": "barcode"}
        async with session.post(f"{url}/api/v1/scans", json={"scan": scan}) as answer:
            body = await answer.json()
            seen.scans.append((time.perf_counter() - due) * 1000)
            if answer.status != 200:
                seen.failed += 1
            elif body["scanInfo"]["status"] == "successful":
                seen.admitted += 1
        due += every


async def _watch(session: aiohttp.ClientSession, url: str, ends: float, seen: Seen) -> None:
    """Somebody looks at the newest scans again and again."""
    while time.perf_counter() < ends:
        asked = time.perf_counter()
        async with session.get(f"{url}/api/v1/scans") as answer:
            await answer.read()
            seen.failed += answer.status != 200
        seen.lists.append((time.perf_counter() - asked) * 1000)
        await asyncio.sleep(POLL_SECONDS)
