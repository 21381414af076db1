"""Different visitors: of what people did, apart from what was sent to them, and null where none is
known."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.native.places import ingest
from tests.support.running import RunningServer

METRICS = ["counted", "interactions", "uniques", "recipients"]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
WINDOW = {
    "since": (TODAY - timedelta(days=1)).isoformat(),
    "until": (TODAY + timedelta(days=2)).isoformat(),
}


def make(server: RunningServer, kind: str = "open") -> int:
    body = {"kind": kind, "name": f"n{uuid.uuid4().hex}"}
    return int(server.client.post("/trackers", json=body).json()["id"])


def new_event(tracker: int, kind: str, who: str = "") -> dict[str, Any]:
    return {"kind": kind, "tracker": tracker, **({"unique": who} if who else {})}


def report(server: RunningServer, tracker: int, **asked: Any) -> Any:
    asked = {"metrics": METRICS, **WINDOW, **asked}
    filters = {"tracker": str(tracker), **asked.pop("filters", {})}
    response = server.client.post("/reports", json={**asked, "filters": filters})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture(scope="module")
def mailing(server: RunningServer) -> int:
    """Sent to 40, two of whom it does not reach; 10 open it, 5 click, another one unsubscribes."""
    tracker = make(server)
    ingest(
        server,
        [
            *(new_event(tracker, "delivery", f"p{n}") for n in range(38)),
            *(new_event(tracker, "bounce", f"p{n}") for n in range(38, 40)),
            *(new_event(tracker, "open", f"p{n}") for n in range(10)),
            *(new_event(tracker, "click", f"p{n}") for n in range(5)),
            new_event(tracker, "unsubscribe", "p20"),
        ],
    )
    return tracker


# By the rollup, and by the events themselves.
@pytest.mark.parametrize("filters", [{}, {"metadata.none.present": "false"}])
def test_visitors_did_something_and_recipients_were_sent_something(
    server: RunningServer, mailing: int, filters: dict[str, str]
) -> None:
    found = report(server, mailing, filters=filters)
    assert found["totals"] == {
        "counted": 56,
        "interactions": 16,
        "uniques": 11,
        "with_visitor": 16,
        "recipients": 40,
    }
    assert (found["source"] == "events") is bool(filters)
    assert (found["estimated"], found["relative_error"]) == (["uniques", "recipients"], 0.0)


def test_no_row_has_more_visitors_than_interactions(server: RunningServer, mailing: int) -> None:
    rows = {row["kind"]: row for row in report(server, mailing, dimensions=["kind"])["rows"]}
    assert {kind: (row["uniques"], row["recipients"]) for kind, row in rows.items()} == {
        "delivery": (0, 38),
        "bounce": (0, 2),
        "open": (10, 0),
        "click": (5, 0),
        "unsubscribe": (1, 0),
    }
    for row in rows.values():
        assert row["uniques"] <= row["interactions"] <= row["counted"]
        assert row["recipients"] <= row["counted"] - row["interactions"]


def test_visitors_that_are_not_kept_are_null_and_the_answer_says_of_how_many(
    server: RunningServer, mailing: int
) -> None:
    nobody = make(server, "impression")
    ingest(
        server,
        [new_event(nobody, "impression") for _ in range(7)] + [new_event(nobody, "delivery")],
    )
    found = report(server, nobody, dimensions=["source"])
    totals = {"counted": 8, "interactions": 7, "uniques": None, "with_visitor": 0}
    assert found["totals"] == {**totals, "recipients": None}
    assert found["rows"][0]["uniques"] is None
    both = report(server, nobody, filters={"tracker": [str(nobody), str(mailing)]})
    assert both["totals"]["uniques"] == 11
    assert (both["totals"]["interactions"], both["totals"]["with_visitor"]) == (23, 16)
    nothing = report(server, nobody, filters={"kind": "scan"})["totals"]
    assert (nothing["uniques"], nothing["recipients"]) == (0, 0)


def test_an_explanation_goes_on_to_visitors_and_recipients(
    server: RunningServer, mailing: int
) -> None:
    body = {**WINDOW, "filters": {"tracker": str(mailing)}}
    found = server.client.post("/counts/explain", json=body).json()
    names = ("counted", "interactions", "with_visitor", "uniques", "recipients")
    assert [found[name] for name in names] == [56, 16, 16, 11, 40]
    assert (found["estimated"], found["relative_error"]) == (["uniques", "recipients"], 0.0)


def test_groups_can_be_ordered_by_what_people_did(server: RunningServer, mailing: int) -> None:
    for name in ("interactions", "uniques"):
        rows = report(server, mailing, dimensions=["kind"], order_by=name)["rows"]
        assert [row["kind"] for row in rows][:2] == ["open", "click"]
    rows = report(server, mailing, dimensions=["kind"], order_by="recipients")["rows"]
    assert rows[0]["kind"] == "delivery"


def test_the_schema_says_what_a_visitor_is(server: RunningServer) -> None:
    metrics = server.client.get("/reports/schema").json()["metrics"]
    assert "null" in metrics["uniques"]
    assert "each UTC day" in metrics["uniques"]
    assert {"interactions", "with_visitor", "recipients"} <= metrics.keys()
