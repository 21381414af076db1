"""The Python client against a real server, in both of its ways."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall import client as library
from footfall.bootstrap import open_catalog
from footfall.client import Event, Footfall
from footfall.config import Settings
from footfall.core.accounts import Scope
from footfall.core.events import COLUMNS
from tests.client.both import Waiting, waiting
from tests.client.flaky import Network, failing
from tests.support.running import RunningServer, wait_for

TOLD = 2_300
"""More than two pages, and more than two batches."""

JULY = {"since": "2026-07-01", "until": "2026-08-01"}


def new_account(server: RunningServer, *scopes: Scope) -> str:
    catalog = open_catalog(Settings(data=str(server.data)))
    try:
        account, key = catalog.create_account("Client", "client@example.org")
        return catalog.create_key(account.id, "test", frozenset(scopes))[0] if scopes else key
    finally:
        catalog.close()


def new_event(index: int) -> dict[str, Any]:
    return {
        "id": f"told-{index}",
        "kind": "click" if index % 3 else "scan",
        "occurred_at": f"2026-07-{index % 28 + 1:02}T12:00:00Z",
        "country": "NL" if index % 2 else "DE",
        "unique": str(index % 100),
        "metadata": {"store": index % 5},
    }


@pytest.fixture(scope="module")
def key(server: RunningServer) -> str:
    """Of an account that was told TOLD events."""
    key = new_account(server)
    with Footfall(server.url, key) as footfall:
        result = footfall.ingest(new_event(index) for index in range(TOLD))
        assert (result.stored, result.duplicates, result.refused) == (TOLD, 0, 0)
        assert result.durable
        assert [one.external_id for one in result.events] == [f"told-{i}" for i in range(TOLD)]
    return key


@pytest.fixture(params=["sync", "async"])
def footfall(request: pytest.FixtureRequest, server: RunningServer, key: str) -> Iterator[Any]:
    """Either client, used the same way."""
    yield from opened(request.param, server.url, key)


def opened(way: str, url: str, key: str) -> Iterator[Any]:
    if way == "sync":
        with Footfall(url, key) as footfall:
            yield footfall
        return
    client, loop = waiting(url, key)
    yield client
    client.close()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def test_events_come_page_by_page_and_each_once(footfall: Any) -> None:
    found = list(footfall.events(page_events=1_000))
    assert len(found) == len({event.id for event in found}) == TOLD
    assert [int(one.id) for one in found] == sorted((int(one.id) for one in found), reverse=True)
    assert isinstance(found[0], Event)
    assert found[0].metadata["store"] == (TOLD - 1) % 5
    pages = list(footfall.events(page_events=1_000, total="exact").pages())
    assert [len(page.events) for page in pages] == [1_000, 1_000, 300]
    assert pages[0].total.events == TOLD
    assert footfall.event(found[0].id) == found[0]


def test_filters_windows_and_fields_choose_what_comes(footfall: Any) -> None:
    dutch = list(footfall.events(country="NL", kind=["click", "open"], fields=["country"]))
    expected = [new_event(i) for i in range(TOLD) if i % 2 and i % 3]
    assert len(dutch) == len(expected)
    assert {(one.country, one.kind, one.id != "") for one in dutch} == {("NL", "", True)}
    others = footfall.events({"metadata.store": 3}, country__not="NL", since="2026-07-05")
    wanted = [i for i in range(TOLD) if i % 5 == 3 and not i % 2 and i % 28 + 1 >= 5]
    assert len(list(others)) == len(wanted)
    first = next(iter(footfall.events(order="oldest")))
    assert first.occurred_at.startswith("2026-07-01T12:00:00")


def test_a_report_and_what_it_leaves_out(footfall: Any) -> None:
    report = footfall.report(metrics=["events", "counted"], dimensions=["country"], **JULY)
    counts = {row["country"]: row["events"] for row in report.rows}
    assert counts == {"NL": TOLD // 2, "DE": TOLD // 2}
    assert report.totals["events"] == TOLD
    assert report.window.zone == "UTC"
    assert report.as_of
    assert report.rows_read > 0


def test_a_count_is_explained_from_received_to_counted(footfall: Any) -> None:
    explained = footfall.explain(**JULY)
    assert explained.received == TOLD
    taken = sum(step.events for step in explained.steps)
    assert explained.counted == explained.received - taken


def test_what_is_told_again_is_known_and_what_is_wrong_is_refused(footfall: Any) -> None:
    again = footfall.ingest([new_event(0), {**new_event(1), "kind": "nothing"}])
    assert (again.stored, again.duplicates, again.refused) == (0, 1, 1)
    assert [one.status for one in again.events] == ["duplicate", "refused"]
    assert "kind" in again.events[1].error
    alone = footfall.ingest([{"kind": "nothing"}])
    assert (alone.refused, alone.events[0].status) == (1, "refused")
    assert footfall.ingest([]).events == []


def test_live_events_come_as_they_are_told(server: RunningServer) -> None:
    for way in ("sync", "async"):
        for client in opened(way, server.url, new_account(server)):
            start = client.ingest([{"kind": "open"}]).events[0].id
            client.ingest([{"kind": "scan", "id": "one"}, {"kind": "click"}, {"kind": "scan"}])
            following = iter(client.live(after=start, kind="scan"))
            assert [one.kind for one in islice(following, 2)] == ["scan", "scan"]
            following.close()


def test_an_error_is_raised_as_what_it_is(server: RunningServer, footfall: Any, key: str) -> None:
    with pytest.raises(library.BadRequest, match="nosuch") as refused:
        list(footfall.events(nosuch="1"))
    assert (refused.value.status, refused.value.code) == (400, "invalid_request")
    with pytest.raises(library.NotFound):
        footfall.event("1")
    with (
        Footfall(server.url, "oqr_" + "x" * 40) as stranger,
        pytest.raises(library.Unauthorized, match="key"),
    ):
        stranger.report()
    with (
        Footfall(server.url, new_account(server, Scope.READ)) as reader,
        pytest.raises(library.Forbidden, match="capture"),
    ):
        reader.ingest([new_event(0)])
    with Footfall("http://127.0.0.1:9", key) as nobody, pytest.raises(library.Unreachable):
        nobody.exports.create(format="csv")


def test_it_imports_nothing_else_of_footfall() -> None:
    script = (
        "import sys, footfall.client;"
        "print([m for m in sys.modules if m.startswith('footfall.')"
        " and not m.startswith('footfall.client')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_an_older_or_newer_server_is_understood() -> None:
    fields = set(Event.__struct_fields__)
    assert fields == {*COLUMNS, "occurred_at", "received_at"} - {"account", "delay"}


# ── a network that fails ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def network(server: RunningServer) -> Iterator[Network]:
    with failing(server) as network:
        yield network


@pytest.mark.parametrize("way", ["sync", "async"])
def test_what_is_told_over_a_failing_network_is_stored_once(
    server: RunningServer, network: Network, way: str
) -> None:
    for client in opened(way, network.url, new_account(server)):
        network.plan = [503, "unanswered", 429, "pass", "lost"]
        events = [{"kind": "scan"} for _ in range(1_500)]
        result = client.ingest(events)
        assert len(network.seen) == 6, "each fault, and the two batches"
        assert result.stored + result.duplicates == 1_500
        assert len({one.external_id for one in result.events}) == 1_500
        assert len(list(client.events())) == 1_500


def test_what_could_be_done_twice_is_done_once(server: RunningServer, network: Network) -> None:
    """The server did it and its answer was lost, or it says that it could not: who knows."""
    key = new_account(server)
    with Footfall(network.url, key) as footfall:
        creations: dict[str, Callable[[], object]] = {
            "/exports": lambda: footfall.exports.create(format="ndjson"),
            "/trackers": lambda: footfall.trackers.create(kind="scan"),
            "/policies": lambda: footfall.policies.create(bots=["acme"]),
        }
        for path, create in creations.items():
            network.plan, network.seen = ["unanswered", 503], []
            create()
            assert network.seen == [f"POST {path}"] * 3
            headers = {"Authorization": f"Bearer {key}"}
            listed = httpx.get(f"{server.url}{path}", headers=headers).json()
            made = listed[path.strip("/")]
            assert len(made) == (2 if path == "/policies" else 1)  # the first policy has no row


@pytest.mark.parametrize("path", ["/trackers", "/exports", "/policies"])
def test_a_key_of_a_request_is_for_that_request_alone(server: RunningServer, path: str) -> None:
    bodies: dict[str, list[dict[str, object]]] = {
        "/trackers": [{"kind": "scan", "name": "a"}, {"kind": "scan", "name": "b"}],
        "/exports": [{"format": "csv"}, {"format": "ndjson"}],
        "/policies": [{"rules": {}, "note": "a"}, {"rules": {}, "note": "b"}],
    }
    headers = {"Authorization": f"Bearer {new_account(server)}", "Idempotency-Key": "one"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        answers = [
            client.post(path, json=body) for body in (*bodies[path][:1] * 2, bodies[path][1])
        ]
    assert [one.status_code for one in answers[:2]] == [answers[0].status_code] * 2
    first, again = (one.json() for one in answers[:2])
    name = "number" if path == "/policies" else "id"
    assert first[name] == again[name]
    assert answers[0].headers.get("location") == answers[1].headers.get("location")
    assert (answers[2].status_code, answers[2].json()["code"]) == (400, "invalid_request")


def test_a_server_that_wants_a_long_wait_is_not_waited_for(network: Network, key: str) -> None:
    network.retry_after = "3600"
    network.plan = [429, 503]
    with Footfall(network.url, key) as footfall:
        with pytest.raises(library.RateLimited) as limited:
            footfall.report()
        assert limited.value.retry_after_seconds == 3600
        with pytest.raises(library.Unavailable):
            footfall.report()
    assert len(network.seen) == 2


def test_a_live_stream_that_is_cut_goes_on_without_a_gap(
    server: RunningServer, network: Network
) -> None:
    with Footfall(network.url, new_account(server)) as footfall:
        start = footfall.ingest([{"kind": "open"}]).events[0].id
        network.plan = ["cut", 503, "lost"]
        following = footfall.live(after=start)
        stored = [footfall.ingest([{"kind": "scan"}]).events[0].id for _ in range(1)]
        network.plan = ["cut", 503, "lost"]
        found = [next(following).id]
        stored += [one.id for one in footfall.ingest([{"kind": "scan"}] * 3).events]
        found += [one.id for one in islice(following, 3)]
        assert found == stored
        following.close()  # type: ignore[attr-defined]


def test_an_export_is_made_downloaded_and_deleted(footfall: Any, tmp_path: Path) -> None:
    export = footfall.exports.create(format="ndjson", filters={"country": "NL"}, **JULY)
    done = footfall.exports.wait(export.id)
    assert done.rows == TOLD // 2
    file = footfall.exports.download(export.id, tmp_path / "events.ndjson")
    assert len(file.read_text().splitlines()) == TOLD // 2
    assert [path.name for path in tmp_path.iterdir()] == ["events.ndjson"]
    assert export.id in [one.id for one in footfall.exports.list()]
    footfall.exports.delete(export.id)
    with pytest.raises(library.NotFound):
        footfall.exports.get(export.id)


def test_a_download_that_breaks_off_goes_on_where_it_was(
    network: Network, key: str, tmp_path: Path
) -> None:
    with Footfall(network.url, key) as footfall:
        export = footfall.exports.wait(footfall.exports.create(format="csv").id)
        network.plan = ["cut", "lost"]
        network.seen.clear()
        file = footfall.exports.download(export.id, tmp_path / "events.csv")
        assert len(network.seen) == 3
    assert file.stat().st_size == export.bytes
    assert len(file.read_text().splitlines()) == export.rows + 1
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]


def test_trackers_are_made_changed_and_deleted(footfall: Any) -> None:
    made = footfall.trackers.create(name="Door", kind="scan")
    assert footfall.trackers.get(made.id) == made
    assert footfall.trackers.change(made.id, name="Gate").name == "Gate"
    assert made.id in [one.id for one in footfall.trackers]
    footfall.trackers.delete(made.id)
    with pytest.raises(library.NotFound):
        footfall.trackers.get(made.id)


def test_a_policy_is_made_previewed_and_applied(server: RunningServer) -> None:
    with Footfall(server.url, new_account(server)) as footfall:
        footfall.ingest([{"kind": "scan", "user_agent": "AcmeMonitor/1", "ip": "203.0.113.7"}])
        made = footfall.policies.create(bots=["acmemonitor"], note="ours")
        assert footfall.policies.preview(policy=made.number).changed == 1
        footfall.policies.apply(made.number)
        wait_for(lambda: footfall.policies.get(made.number).ended_at)
        assert footfall.policies.list().in_effect == made.number
        assert footfall.report().totals == {"counted": 0}
        earlier = footfall.report(policy=1)
        assert (earlier.totals, earlier.policy) == ({"counted": 1}, 1)


def test_the_books_of_the_account_balance(footfall: Any) -> None:
    assert footfall.integrity().balanced is True


def test_a_client_leaves_nothing_open(server: RunningServer, key: str) -> None:
    """An unclosed connection would be a warning, and warnings are errors here."""
    with Footfall(server.url, key) as footfall:
        next(iter(footfall.events(page_events=1)))
    client: Waiting
    client, loop = waiting(server.url, key)
    next(iter(client.events(page_events=1)))
    client.close()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    gc.collect()
    assert not asyncio.all_tasks(loop)
