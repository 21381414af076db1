"""Telling of events: how many a second get from the first POST into the store, and one event a
POST against an empty one: of this server, which knows the key, and of a server with nothing behind.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from bench import peers, wrk
from bench.measures import Measure, at_least, at_most
from bench.prepared import prepare, server_on
from bench.watching import settle
from footfall import bootstrap
from footfall.catalog.tables import TrackerRow
from footfall.cli.demo.people import user_agents
from footfall.config import Settings
from footfall.core.accounts import Privacy
from tests.support.running import RunningServer

SUBJECT: Final = "ingest"
BATCH: Final = 1_000
TELLERS: Final = 4
"""At once: while one body is read, others are on their way, written and answered."""
PEOPLE: Final = 10_000
EVENTS_A_SECOND: Final = 60_000
SHORT_ROUNDS: Final = 2
"""Of POSTs of one event, in each round."""
MANY: Final = 256
"""Connections, beside the usual 64: a commit is shared by those that wait for it."""

SCRIPT: Final = """
local number = 0
request = function()
  number = number + 1
  local body = string.format('{{"id":"{run}-%d","kind":"scan","tracker":{tracker},"unique":"%d",' ..
    '"references":{{"emailing":"12","destination":"%d"}}}}', number, number, number)
  return wrk.format("POST", "/events", {{["Authorization"] = "Bearer {key}",
    ["Content-Type"] = "application/json"}}, body)
end
"""

EMPTY_SCRIPT: Final = """
request = function()
  return wrk.format("POST", "/events", {{["Authorization"] = "Bearer {key}",
    ["Content-Type"] = "application/json"}}, "[]")
end
"""


class _Posts(NamedTuple):
    """A second: with one event, with none, and to a server with nothing behind it."""

    single: float
    nothing: float
    empty: float

    @property
    def ratio(self) -> float:
        return self.single / self.nothing


def measure(
    directory: Path, rounds: int, seconds: float, events: int, say: Callable[[str], None]
) -> list[Measure]:
    """`events` are told in each round; `seconds` is how long each run of single POSTs takes."""
    prepared = prepare(directory / "footfall", codes=1)
    subject = prepared.subjects[0]
    _keep_everything(prepared.directory, subject.tracker)
    rates: dict[str, list[float]] = {"numbered": [], "random": []}
    posts: dict[int, list[_Posts]] = {wrk.CONNECTIONS: [], MANY: []}
    missing = 0
    with closing(server_on(prepared.directory)) as server:
        server.start()
        told = int(server.analytics(subject.code, days=90)["scans"]["total"])
        # Ids at random come last: the file of their keys is large, and slows down what follows.
        for name, number in itertools.product(rates, range(rounds)):
            say(f"ingest, round {number + 1} of {rounds}: {events:,} events, {name} ids")
            bodies = list(_bodies(subject.tracker, number, events, random=name == "random"))
            began = time.perf_counter()
            _tell(server, bodies)
            total = int(server.analytics(subject.code, days=90)["scans"]["total"])
            rates[name].append(events / (time.perf_counter() - began))
            missing += abs(told + events - total)
            told = total
        if wrk.installed():
            for number, connections in itertools.product(range(SHORT_ROUNDS * rounds), posts):
                say(f"ingest, round {number + 1} of {SHORT_ROUNDS * rounds}: one event a POST")
                run = f"wrk{number}-{connections}"
                text = SCRIPT.format(run=run, tracker=subject.tracker, key=server.key)
                made = _post(server, directory, max(2, seconds / SHORT_ROUNDS), text, connections)
                posts[connections].append(made)
    return _report(rates, posts, missing)


def _post(
    server: RunningServer, directory: Path, seconds: float, text: str, connections: int
) -> _Posts:
    """The empty ones before and after, so that the machine is as fast for them."""
    script, nothing = directory / "telling.lua", directory / "nothing.lua"
    script.write_text(text)
    nothing.write_text(EMPTY_SCRIPT.format(key=server.key))
    url = f"{server.url}/events"

    def rate(url: str, seconds: float, script: Path) -> float:
        return wrk.run_once(url, seconds, script, connections).rate

    before = rate(url, seconds / 2, nothing)
    single = rate(url, seconds, script)
    settle(server)
    after = rate(url, seconds / 2, nothing)
    with peers.empty() as elsewhere:
        return _Posts(single, (before + after) / 2, rate(elsewhere, seconds, script))


def _keep_everything(directory: Path, tracker: int) -> None:
    """A code's tracker is coarse; this one is to keep all that it is told."""
    catalog = bootstrap.open_catalog(Settings(data=str(directory)))
    with catalog.writing() as session:
        session.get_one(TrackerRow, tracker).privacy = Privacy.FULL.value
    catalog.close()


def _bodies(tracker: int, run: int, events: int, *, random: bool) -> Iterator[bytes]:
    """Batches as a mail server or an import would send them: half with address and browser."""
    agents = list(user_agents())
    now = time.time_ns() // 1_000_000
    for start in range(0, events, BATCH):
        batch: list[dict[str, Any]] = []
        for number in range(start, min(start + BATCH, events)):
            id = f"{hash((run, number)) & (1 << 64) - 1:016x}" if random else f"{run}-{number:08d}"
            event = {
                "id": id,
                "kind": "scan",
                "tracker": tracker,
                "occurred_at": now - number,
                "unique": str(number),
                "references": {"emailing": "12", "destination": str(number)},
            }
            if number % 2:
                person = number % PEOPLE
                event["ip"] = f"{80 + person % 16}.{person % 251}.{person % 239}.7"
                event["user_agent"] = agents[number % len(agents)]
            batch.append(event)
        yield json.dumps(batch).encode()


def _tell(server: RunningServer, bodies: list[bytes]) -> None:
    waiting = iter(bodies)  # a list's iterator may be shared between threads

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", server.port)
        headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        for body in waiting:
            connection.request("POST", "/events", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text[:500]
        connection.close()

    with ThreadPoolExecutor(TELLERS) as pool:
        for one in [pool.submit(work) for _ in range(TELLERS)]:
            one.result()


def _report(
    rates: dict[str, list[float]], posts: dict[int, list[_Posts]], missing: int
) -> list[Measure]:
    notes = {"numbered": "ids that follow each other", "random": "ids at random"}
    measures = [
        Measure(
            SUBJECT,
            f"from the first POST to all of them counted, {notes[name]}",
            median(made),
            "events/s",
            at_least(EVENTS_A_SECOND) if name == "numbered" else None,
            f"batches of {BATCH:,}, {TELLERS} tellers; half with address and browser "
            f"of one of {PEOPLE:,} people",
        )
        for name, made in rates.items()
    ]
    measures.append(
        Measure(SUBJECT, "told - counted", float(missing), "events", at_most(0)),
    )
    for connections, made in posts.items():
        measures += _report_posts(f"{connections} connections", made)
    return measures


def _report_posts(how: str, posts: list[_Posts]) -> list[Measure]:
    if not posts:
        return [Measure(SUBJECT, f"one event a POST, {how}", None, note=wrk.INSTALL)]
    ratios = [one.ratio for one in posts]
    return [
        Measure(
            SUBJECT,
            f"one event a POST / this server's empty POST, {how}",
            median(ratios),
            target=at_least(0.4),
            note="`[]` with the same key, which passes the same door and quota; median of "
            f"{len(posts)} rounds, {min(ratios):.2f} to {max(ratios):.2f}",
        ),
        Measure(
            SUBJECT,
            f"one event a POST / a server with nothing behind it, {how}",
            median(one.single / one.empty for one in posts),
            note="no key, no quota, no body read",
        ),
        Measure(
            SUBJECT, f"rate, one event a POST, {how}", median(one.single for one in posts), "/s"
        ),
        Measure(SUBJECT, f"rate, empty POST, {how}", median(one.nothing for one in posts), "/s"),
        Measure(
            SUBJECT,
            f"rate, a server with nothing behind it, {how}",
            median(one.empty for one in posts),
            "/s",
        ),
    ]
