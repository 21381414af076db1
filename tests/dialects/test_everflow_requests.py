"""What a report takes of a request, what it ignores of it, and how it shows amounts."""

import json
from typing import Any

import pytest

from footfall.dialects.everflow.report_plan import COLUMNS, TIMES
from tests.dialects.everflow import Network, as_filters, today
from tests.dialects.test_everflow_reports import REPORTS, ask, impressions


@pytest.mark.parametrize("path", REPORTS)
def test_what_is_ignored_of_a_request_is_named_in_the_answer(network: Network, path: str) -> None:
    def ask_for(query: dict[str, Any] | None, **more: Any) -> Any:
        body: dict[str, Any] = {"from": today(-1), "to": today(1), "timezone_id": 67, **more}
        if path.startswith("entity"):
            body["columns"] = [{"column": "sub1"}]
        answer = network.client.post(f"/v1/networks/reporting/{path}", json=body | {"query": query})
        assert answer.status_code in (200, 202), answer.text
        if path == "entity/table/export":
            sent = answer.headers.get("footfall-notes")
            return sent and json.loads(sent)
        return answer.json().get("notes")

    unknown = [{"resource_type": "offer", "filter_id_value": id} for id in ("999999", "Cats")]
    assert sorted(ask_for({"filters": unknown})) == [
        "offer: nothing known has the id '999999'.",
        "offer: nothing known has the id 'Cats'.",
    ]
    affiliate = {"resource_type": "affiliate", "filter_id_value": network.affiliate}
    assert ask_for({"filters": [affiliate]}) is None
    offer = {"resource_type": "offer", "filter_id_value": network.offer}
    assert ask_for(None) is None
    assert ask_for({"filters": [offer], "settings": {"x": 1}, "metric_filters": []}) is None
    assert ask_for({"filters": [{"advertiser_id": 1}, {**offer, "spot": "é\n"}]}) == [
        "query.filters[0].advertiser_id is unknown and ignored.",
        "query.filters[1].spot is unknown and ignored.",
        "query.filters[0] has no resource_type and is ignored.",
    ]
    assert ask_for({"exclusions": [{"resource_type": "", "filter_id_value": 7}]}) == [
        "query.exclusions[0] has no resource_type and is ignored."
    ]
    assert ask_for({"advertiser_id": 1, "filters": None}, filters=[offer]) == [
        "filters is unknown and ignored.",
        "query.advertiser_id is unknown and ignored.",
    ]
    many = ask_for({"filters": [{"é\n" * 200: 1}] * 30})
    assert (len(many), many[-1]) == (10, "51 more of the request are ignored.")
    assert len(json.dumps(many)) < 8192


def test_an_ignored_filter_leaves_the_others(network: Network) -> None:
    hats = network.make_offer("Hats")
    network.impression(sub1="a")
    network.impression(oid=hats, sub1="b")
    filters = [{"advertiser_id": 1}, *as_filters([("offer", "Hats")])]
    assert impressions(network, "offer", query={"filters": filters}) == {("Hats",): 1}
    assert len(network.stream(query={"filters": filters})) == 1
    assert len(network.stream(query={"filters": filters[:1]})) == 2


def test_a_column_that_is_asked_for_twice_is_answered_twice(network: Network) -> None:
    network.impression(sub1="a")
    network.impression(sub1="b", affid="")
    others = [name for name in COLUMNS if name not in TIMES]
    fours = [others[start : start + 4] for start in range(0, len(others), 4)]
    for columns in (*fours, *([name] for name in TIMES)):
        once = ask(network, "/table", *columns, "sub1").json()["table"]
        twice = ask(network, "/table", *columns, "sub1", *columns).json()["table"]
        assert len(once) == 2
        for row in once:
            row["columns"] += row["columns"][: len(columns)]
        assert twice == once
    text = ask(network, "/table/export", "offer", "sub1", "offer", metrics=["imp"]).text
    assert text.splitlines()[0] == "offer_id,offer,sub1,offer_id,offer,imp"


def test_amounts_are_decimals_without_the_errors_of_floats(network: Network) -> None:
    network.impression()
    for payout, each, revenue, label in (
        ("1.68", "0.00168", "0.30000000000000004", "0.3"),
        ("0.05", "0.00005", "0.00001", "0.00001"),
        ("1234567.891", "1234.567891", "123456789012.25", "123456789012.25"),
        ("0", "0", "100", "100"),
    ):
        body = f'{{"payout": {payout}, "revenue": {revenue}}}'
        path = f"/v1/networks/offers/{network.offer}"
        changed = network.call("PUT", path, content=body)
        assert (changed["payout"], changed["revenue"]) == (float(payout), float(label))
        text = network.ask().text
        assert f'"payout":{each},' in text
        (row,) = ask(network, "/table", "payout_amount", "revenue_amount").json()["table"]
        assert [cell["label"] for cell in row["columns"]] == [payout, label]
