"""Policies as their users have them: through `kill -9`, erasure, and beside other accounts."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall.bootstrap import now, open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from tests.conftest import StartServer
from tests.support.running import PHONE, RunningServer, output_of, verify, wait_for

DAY_MS = 86_400_000
EVENTS = 3_000
MONITOR = "AcmeMonitor/1"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1)"
RULES = {"bots": ["acmemonitor"], "not_bots": ["googlebot"], "internal": ["203.0.113.0/24"]}

FILL = f"""
import random, sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{{sys.argv[1]}}", 400_000_000)
chance, until = random.Random(1), int(sys.argv[2])
agents = [({PHONE!r}, "counted", ""), ({MONITOR!r}, "counted", ""),
          ({CRAWLER!r}, "bot", "user agent: Googlebot/"), ({PHONE!r}, "repeat", "seen before")]
for batch in range(3):
    events = []
    for n in range({EVENTS} // 3):
        agent, verdict, reason = agents[n % 4]
        events.append(Event(
            id=(until - chance.randrange(1, 60 * {DAY_MS}) - EPOCH_MS << TIME_SHIFT) + n,
            source="native", account=1, tracker=n % 5, kind=EventKind.SCAN,
            verdict=Verdict(verdict), reason=reason, user_agent=agent, visitor=1 + n % 90,
            ip=f"203.0.{{113 + n % 3}}.{{n % 200}}", profile=str(n % 10), offer=str(n % 2),
        ))
    lines = b"".join(msgspec.json.encode(one) + b"\\n" for one in events)
    store.insert(Batch(f"fill-{{batch}}", batch, len(events), lines))
store.close()
"""

LOOK = """
import json, sys
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
store.open()
with store._engine.reading() as client:
    ask = lambda sql: client.query(sql).result_rows[0][0]
    answer = {
        "reclassified": ask("SELECT count() FROM reclassified"),
        "ids": ask("SELECT uniqExact(id) FROM reclassified"),
        "erased": ask("SELECT count() FROM reclassified WHERE profile = '3'"),
        "mutations": ask("SELECT count() FROM system.mutations"),
    }
print(json.dumps(answer))
"""


def model(*, later: bool, without: str = "") -> Counter[tuple[str, str]]:
    """The events of FILL under the first policy, and under RULES."""
    found: Counter[tuple[str, str]] = Counter()
    for n in (number for _ in range(3) for number in range(EVENTS // 3)):
        kind = n % 4
        classified = [("counted", ""), ("counted", ""), ("bot", "user agent: Googlebot/")]
        if later:
            classified[1:] = [("bot", "user agent: acmemonitor"), ("counted", "")]
        verdict = ("repeat", "seen before") if kind == 3 else classified[kind]
        if later and n % 3 == 0 and kind != 3:
            verdict = ("internal", "address: internal")
        if str(n % 10) != without:
            found[verdict] += 1
    return found


def counts(client: httpx.Client, **more: Any) -> Counter[tuple[str, str]]:
    body = {"metrics": ["events"], "dimensions": ["verdict", "reason"], **more}
    answer = client.post("/reports", json=body)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    return Counter({(row["verdict"], row["reason"]): row["events"] for row in rows})


def policy(client: httpx.Client, number: int) -> dict[str, Any]:
    answer = client.get(f"/policies/{number}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def applied(client: httpx.Client, number: int) -> dict[str, Any]:
    def check() -> dict[str, Any] | None:
        found = policy(client, number)
        return found if found["ended_at"] else None

    return wait_for(check)


def test_kill_9_while_a_policy_is_applied_leaves_what_it_should_be(
    start_server: StartServer, tmp_path: Path
) -> None:
    moments = random.Random(3)
    data = tmp_path / "data"
    data.mkdir()
    output_of(FILL, data / "store", now())
    server = start_server(data)
    client = server.client
    preview = client.post("/policies/preview", json={"rules": RULES}).json()
    assert client.post("/policies", json={"rules": RULES}).json()["number"] == 2
    assert client.post("/policies/2/apply").status_code == 202
    for _ in range(2):
        for _ in range(moments.randrange(8)):
            # Whatever happens to the server, the earlier policy answers as it did.
            assert counts(client, policy=1) == model(later=False)
        server.kill()
        server.start()
    found = applied(client, 2)
    assert (found["state"], found["problem"]) == ("in_effect", "")
    assert counts(client) == model(later=True)
    assert counts(client, policy=1) == counts(client, policy=1, filters={"tracker.from": 0})
    assert counts(client, policy=1) == model(later=False)
    assert found["receipt"]["changed"] == preview["changed"] > EVENTS // 4

    asked = client.post("/erasures", json={"reference": {"profile": "3"}}).json()["id"]
    wait_for(lambda: client.get(f"/deletions/{asked}").json()["step"] == "done" or None)
    assert counts(client) == model(later=True, without="3")
    assert counts(client, policy=1) == model(later=False, without="3")
    assert client.get("/integrity").json()["balanced"]
    server.stop()
    assert "Traceback" not in server.log.read_text()
    kept = json.loads(output_of(LOOK, data / "store"))
    assert (kept["erased"], kept["mutations"]) == (0, 0)
    assert kept["reclassified"] == kept["ids"]
    checked = verify(data)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture(scope="module")
def strangers(server: RunningServer) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    clients = []
    for name in ("ours", "theirs"):
        catalog = open_catalog(Settings(data=str(server.data)))
        _, key = catalog.create_account(name, f"{name}@example.org")
        catalog.close()
        headers = {"Authorization": f"Bearer {key}"}
        clients.append(httpx.Client(base_url=server.url, headers=headers, timeout=30))
    with clients[0], clients[1]:
        yield clients[0], clients[1]


def test_a_policy_is_of_one_account_and_classifies_what_comes_at_once(
    server: RunningServer, strangers: tuple[httpx.Client, httpx.Client]
) -> None:
    ours, theirs = strangers
    slugs = []
    for client in strangers:
        body = {
            "kind": "scan",
            "name": "x",
            "privacy": "full",
            "destination": "https://example.org",
        }
        slugs.append(client.post("/trackers", json=body).json()["slug"])
    made = ours.post("/policies", json={"rules": {"bots": ["AcmeMonitor"]}, "note": "ours"})
    assert (made.status_code, made.json()["state"]) == (201, "made")
    assert ours.get("/policies").json()["in_effect"] == 1
    for slug in slugs:
        server.scan(slug, {"User-Agent": MONITOR})
    assert ours.post("/policies/2/apply").status_code == 202
    for slug in slugs:
        server.scan(slug, {"User-Agent": MONITOR})
    applied(ours, 2)
    bot = ("bot", "user agent: acmemonitor")
    assert counts(ours) == {bot: 2}
    assert counts(ours, policy=1) == {("counted", ""): 1}
    assert counts(theirs) == {("counted", ""): 2}
    assert theirs.get("/policies/2").status_code == 404
    assert theirs.post("/policies/2/apply").status_code == 404
    assert theirs.post("/policies/preview", json={"policy": 2}).status_code == 404
    assert theirs.post("/reports", json={"policy": 2}).status_code == 400
    assert [one["number"] for one in theirs.get("/policies").json()["policies"]] == [1]
    page = ours.get("/events", params={"policy": 1, "format": "ndjson"})
    assert (page.headers["footfall-policy"], page.text.count("\n")) == ("1", 1)
    assert '"verdict":"counted"' in page.text
    again = ours.post("/policies/2/apply")  # a request that is repeated changes nothing
    assert (again.status_code, again.json()["state"]) == (202, "in_effect")
    assert ours.post("/policies/1/apply").json()["code"] == "conflict"
    ours.post("/policies", json={"rules": {}})
    assert ours.post("/reports", json={"policy": 3}).status_code == 400


@pytest.mark.parametrize(
    "rules",
    [
        *({"bots": ["ab"]}, {"bots": ["   "]}, {"bots": ["x" * 201]}, {"bots": ["abc\n"]}),
        *({"not_bots": ["abc"] * 201}, {"bots": "abc"}, {"who": ["abc"]}),
        *({"internal": ["203.0.113.9/24"]}, {"internal": ["10.0.0.0/7"]}),
        *({"internal": ["::ffff:10.0.0.0/104"]}, {"internal": ["office"]}),
    ],
    ids=lambda rules: str(rules)[:40],
)
def test_rules_that_make_no_sense_are_refused(
    strangers: tuple[httpx.Client, httpx.Client], rules: Any
) -> None:
    for path in ("/policies", "/policies/preview"):
        answer = strangers[1].post(path, json={"rules": rules})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_who_may_what(server: RunningServer) -> None:
    catalog = open_catalog(Settings(data=str(server.data)))
    for scope, refused in (
        (Scope.READ, {"/policies", "/policies/9/apply"}),
        (Scope.WRITE, {"/policies/preview", "/policies/9/apply"}),
    ):
        secret, _ = catalog.create_key(1, "some", frozenset({scope}))
        for path in ("/policies", "/policies/preview", "/policies/9/apply"):
            answer = httpx.post(
                f"{server.url}{path}", json=[], headers={"Authorization": f"Bearer {secret}"}
            )
            assert (answer.status_code == 403) == (path in refused), path
    catalog.close()
