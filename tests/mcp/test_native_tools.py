"""The native API's tools, called by the SDK's own client."""

import json
from datetime import datetime
from typing import Any

import pytest

from footfall.core.accounts import Scope
from footfall.dialects.native.api import document
from tests.mcp.joining import Transport, call, connected, key_with, refusal, strangers_key
from tests.support.running import RunningServer

READING = ["get_report_schema", "run_report", "list_events", "explain_count", "get_integrity"]
JULY = {"since": "2026-07-01", "until": "2026-08-01"}


def new_event(index: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"mcp-{index}",
        "kind": "scan",
        "occurred_at": f"2026-07-{index % 28 + 1:02}T12:00:00Z",
        "country": "NL" if index % 3 else "DE",
        "metadata": {"store": index % 5},
        **more,
    }


@pytest.fixture(params=["http", "stdio"])
def transport(request: pytest.FixtureRequest) -> Transport:
    transport: Transport = request.param
    return transport


async def test_numbers_are_asked_schema_first_and_every_answer_says_where_it_is_from(
    server: RunningServer, transport: Transport
) -> None:
    key = strangers_key(server)
    async with connected(server, key, transport) as client:
        batch = [new_event(index) for index in range(30)]
        stored = await call(client, "ingest_events", events=batch)
        assert stored["stored"] == 30
        again = await call(client, "ingest_events", events=[new_event(0)])
        assert (again["stored"], again["duplicates"]) == (0, 1)

        schema = await call(client, "get_report_schema")
        assert {"metrics", "dimensions", "operators"} <= schema.keys()

        report = await call(
            client, "run_report", metrics=["counted"], dimensions=["country"], top=1, **JULY
        )
        assert report["rows"] == [{"country": "NL", "counted": 20}]
        assert report["cut"]["groups_left_out"] == 1
        assert report["fresh"]["as_of"] == report["as_of"]
        assert report["fresh"]["lag_seconds"] == 0.0
        assert datetime.fromisoformat(report["fresh"]["read_at"])
        assert report["request"].startswith("curl -sS 'http") or "/reports" in report["request"]

        events = await call(
            client,
            "list_events",
            filters={"country": ["DE"], "metadata.store": 3, "country.present": True},
            fields="id,country,metadata",
            limit=1,
            **JULY,
        )
        assert [one["metadata"] for one in events["events"]] == [{"store": 3}]
        after = await call(
            client,
            "list_events",
            filters={"country": ["DE"], "metadata.store": 3, "country.present": True},
            fields="id,country,metadata",
            limit=1,
            cursor=events["cut"]["next"],
            **JULY,
        )
        assert after["events"][0]["id"] < events["events"][0]["id"]
        assert after["cut"] is None

        if "/counts/explain" in document()["paths"]:  # not served yet
            explained = await call(client, "explain_count", **JULY)
            assert (explained["received"], explained["counted"]) == (30, 30)
        books = await call(client, "get_integrity")
        assert books["balanced"] is True


async def test_a_long_list_of_events_is_cut_where_its_cursor_goes_on(
    server: RunningServer,
) -> None:
    async with connected(server, strangers_key(server)) as client:
        events = [
            new_event(index, url=f"https://example.org/?{'x' * 1_000}") for index in range(100)
        ]
        await call(client, "ingest_events", events=events)
        seen: list[str] = []
        pages = 0
        more: dict[str, Any] = {}
        while True:
            page = await call(client, "list_events", limit=1_000, fields="id,url", **more)
            assert len(json.dumps(page, separators=(",", ":"))) < 42_000
            seen += [one["id"] for one in page["events"]]
            pages += 1
            if page["cut"] is None:
                break
            more = {"cursor": page["cut"]["next"]}
        assert pages > 2
        nothing = await call(client, "list_events", filters={"campaign": "xmas"})
        assert nothing["notes"] == ["campaign: nothing known has the id 'xmas'."]
        assert len(seen) == len(set(seen)) == 100


async def test_a_long_report_says_how_much_of_it_was_cut(server: RunningServer) -> None:
    async with connected(server, strangers_key(server)) as client:
        await call(client, "ingest_events", events=[new_event(index) for index in range(28)])
        report = await call(
            client,
            "run_report",
            metrics=["counted", "events", "first_seen", "last_seen"],
            dimensions=["country", {"time": "hour"}],
            fill=True,
            **JULY,
        )
        assert len(json.dumps(report, separators=(",", ":"))) < 42_000
        assert len(report["rows"]) + report["cut"]["rows_left_out"] == 2 * 31 * 24
        assert "request" in report["cut"]["why"]


async def test_tools_follow_the_scopes_of_the_key(server: RunningServer) -> None:
    async with connected(server, key_with(server, Scope.READ)) as client:
        names = [one.name for one in (await client.list_tools()).tools]
        assert names[: len(READING)] == READING
        assert "ingest_events" not in names
        hints = [one.annotations for one in (await client.list_tools()).tools]
        assert all(one is not None and one.read_only_hint for one in hints)
        told_no = await refusal(client, "ingest_events", events=[new_event(0)])
        assert told_no["code"] == "forbidden"
    async with connected(server, key_with(server, Scope.CAPTURE)) as client:
        assert [one.name for one in (await client.list_tools()).tools] == ["ingest_events"]
        assert (await refusal(client, "list_events"))["code"] == "forbidden"


async def test_no_account_is_told_of_anothers_events(server: RunningServer) -> None:
    async with connected(server, strangers_key(server)) as client:
        await call(client, "ingest_events", events=[new_event(index) for index in range(3)])
    async with connected(server, strangers_key(server)) as client:
        assert (await call(client, "list_events"))["events"] == []
        assert (await call(client, "run_report", metrics=["events"]))["totals"]["events"] == 0
        if "/counts/explain" in document()["paths"]:
            assert (await call(client, "explain_count", **JULY))["received"] == 0
        assert (await call(client, "ingest_events", events=[new_event(0)]))["stored"] == 1


async def test_what_a_question_gets_wrong_is_named(server: RunningServer) -> None:
    async with connected(server) as client:
        wrong = await refusal(client, "run_report", metrics=["happiness"])
        assert (wrong["status"], "happiness" in wrong["error"]) == (400, True)
        wrong = await refusal(client, "list_events", filters={"nosuch": 1})
        assert "nosuch" in wrong["error"]
        wrong = await refusal(client, "run_report", metric="counted")
        assert "run_report takes" in wrong["error"]
