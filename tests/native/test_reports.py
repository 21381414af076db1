"""`POST /reports`: what it counts, how it names its source, and what it refuses."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.native.places import START, get, ingest, new_event, refused, running
from tests.support.running import RunningServer

SINCE = START.isoformat()
UNTIL = (START + timedelta(days=15)).isoformat()


def report(client: httpx.Client, **asked: Any) -> Any:
    response = client.post("/reports", json={"since": SINCE, "until": UNTIL, **asked})
    assert response.status_code == 200, response.text
    return response.json()


def test_a_report_counts_by_a_column(place: RunningServer) -> None:
    found = report(place.client, dimensions=["country"], metrics=["events", "counted", "share"])
    assert found["rows"] == [
        {"country": "NL", "events": 100, "counted": 100, "share": 0.5},
        {"country": "BE", "events": 50, "counted": 50, "share": 0.25},
        {"country": "DE", "events": 50, "counted": 50, "share": 0.25},
    ]
    assert found["totals"] == {"events": 200, "counted": 200, "share": 1.0}
    assert (found["source"], found["complete"], found["omitted"]) == ("rollup_account", True, 0)
    assert found["rows_read"] > 0
    assert int(found["as_of"]) >= int(get(place.client, "/events", limit=1)["events"][0]["id"])


def test_what_the_top_leaves_out_is_told(place: RunningServer) -> None:
    found = report(place.client, dimensions=["profile"], top=2)
    assert [row["profile"] for row in found["rows"]] == ["0", "1"]
    assert found["other"] == {"counted": 200 - 29 - 29}
    assert (found["omitted"], found["complete"]) == (5, False)


def test_every_bucket_is_there_also_without_events(place: RunningServer) -> None:
    day = (START + timedelta(days=7)).date()
    asked: dict[str, Any] = {
        "since": (day - timedelta(days=30)).isoformat(),
        "until": day.isoformat(),
        "zone": "Pacific/Chatham",
        "dimensions": [{"time": "day"}],
    }
    found = report(place.client, **asked)
    days = [(day - timedelta(days=n)).isoformat() for n in range(30, 0, -1)]
    assert [row["time"] for row in found["rows"]] == days
    assert found["rows"][0]["counted"] == 0
    assert sum(row["counted"] for row in found["rows"]) == found["totals"]["counted"] > 100
    short = report(place.client, **asked, fill=False)
    assert short["rows"] == [row for row in found["rows"] if row["counted"]]


def test_a_window_is_compared_with_the_one_before(place: RunningServer) -> None:
    day = (START + timedelta(days=5)).date()
    found = report(
        place.client,
        since=day.isoformat(),
        until=(day + timedelta(days=4)).isoformat(),
        dimensions=["country", {"time": "day"}],
        compare="previous",
        filters={"country": ["NL", "DE"]},
    )
    earlier = report(
        place.client,
        since=(day - timedelta(days=4)).isoformat(),
        until=day.isoformat(),
        dimensions=["country", {"time": "day"}],
        filters={"country": ["NL", "DE"]},
    )
    before = [{**row["previous"], "country": row["country"]} for row in found["rows"]]
    assert sorted(before, key=str) == sorted(
        (
            {"time": row["time"], "counted": row["counted"], "country": row["country"]}
            for row in earlier["rows"]
        ),
        key=str,
    )
    assert found["totals"]["previous"] == earlier["totals"]
    assert found["previous_window"] == earlier["window"]


def test_a_funnel_counts_persons_by_step(place: RunningServer) -> None:
    steps = [{"kind": "open"}, {"kind": "click"}, {"kind": "click", "country": "AQ"}]
    funnel = {"by": "profile", "within_seconds": 864_000, "steps": steps}
    found = report(place.client, metrics=[{"funnel": funnel}])
    assert found["totals"] == {"funnel": [7, 7, 0]}
    assert found["source"] == "events"


def test_first_and_last_are_exact(place: RunningServer) -> None:
    found = report(place.client, metrics=["first_seen", "last_seen"], filters={"profile": "3"})
    first = (START + timedelta(minutes=183)).isoformat()[:19]
    assert found["totals"]["first_seen"] == f"{first}.000Z"


def test_an_answer_says_what_it_cost(place: RunningServer) -> None:
    response = place.client.post("/reports", json={"metrics": ["uniques"]})
    timing = response.headers["server-timing"]
    assert [part.split(";")[0] for part in timing.split(", ")] == ["catch_up", "store", "total"]
    body = response.json()
    assert (body["estimated"], body["relative_error"]) == (["uniques"], 0.0)
    assert body["bytes_read"] > 0
    assert body["totals"] == {"uniques": 7, "with_visitor": 200}


def test_an_earlier_moment_can_be_asked_for_again(place: RunningServer) -> None:
    page = get(place.client, "/events", limit=50, order="oldest")
    found = report(place.client, as_of=page["events"][-1]["id"])
    assert found["totals"]["counted"] == 50


def test_a_mistake_is_named(place: RunningServer) -> None:
    for asked, words in [
        ({"metrics": ["clicks"]}, "events, counted"),
        ({"metrics": []}, "metrics"),
        ({"dimensions": ["colour"]}, "colour"),
        ({"dimensions": ["time"]}, '{"time": "day"}'),
        ({"dimensions": ["country", "country"]}, "once"),
        ({"dimensions": ["country", "os", "kind", "source"]}, "dimensions"),
        ({"dimensions": [{"time": "fortnight"}]}, "fortnight"),
        ({"filters": {"kind": "scam"}}, "scan"),
        ({"filters": {"country": []}}, "at least one"),
        ({"order_by": "share"}, "order_by"),
        ({"week_start": "moonday"}, "monday"),
        ({"zone": "Mars"}, "Mars"),
        ({"compare": "previous"}, "since"),
        ({"top": 0}, "top"),
        ({"colour": 1}, "colour"),
        ({"metrics": [{"funnel": {"steps": [{"kind": "open"}]}}]}, "steps"),
        ({"metrics": [{"funnel": {"steps": [{}, {}]}}]}, "filter"),
    ]:
        assert words in refused(place.client.post("/reports", json=asked)), asked
    long = {"dimensions": [{"time": "quarter_hour"}], "since": "2001-01-01"}
    assert "longer buckets" in refused(place.client.post("/reports", json=long), 413)
    for body in (b"", b"[]", b"{", b'{"metrics":[1]}', b"[" * 5000, b"\xff"):
        assert refused(place.client.post("/reports", content=body)), body


def test_another_account_counts_nothing_of_ours(
    place: RunningServer, stranger: httpx.Client
) -> None:
    for metrics in (["counted"], ["first_seen"], ["uniques"]):
        rows = report(stranger, metrics=metrics, dimensions=["country"])["rows"]
        assert rows == []


def test_a_report_that_reads_too_much_says_how_to_narrow_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = running(tmp_path_factory.mktemp("budget"), report_rows_per_minute=250)
    try:
        ingest(server, [new_event(number) for number in range(200)])
        asked: dict[str, Any] = {"dimensions": ["country", "profile"]}
        assert report(server.client, **asked)["source"] == "events"
        again = server.client.post("/reports", json=asked)
        assert "is left of 250 rows" in refused(again, 429)
        assert 1 <= int(again.headers["retry-after"]) <= 60
        ingest(server, [new_event(number) for number in range(100)])
        too_much = refused(server.client.post("/reports", json=asked), 413)
        assert "read 300 events" in too_much
        assert "counted in advance" in too_much
        assert report(server.client, dimensions=["country"])["source"] == "rollup_account"
    finally:
        server.close()
