"""Aggregated reports, against the rows that the raw stream gives of the same events."""

import csv
import io
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from footfall.dialects.everflow.metrics import METRICS
from footfall.dialects.everflow.report_plan import ABSENT, COLUMNS, TIMES
from footfall.dialects.everflow.zones import ZONES
from tests.conftest import StartServer, in_words
from tests.dialects.everflow import Network, refused, today
from tests.support.running import RunningServer, output_of

ENTITY = "/v1/networks/reporting/entity"
BOT = {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
REPORTS = [
    *("entity", "entity/table", "entity/summary", "entity/table/export"),
    *("impressions/stream", "impressions/export"),
]
ID_OF = {name: number for number, name in ZONES.items()}


def ask(network: Network, path: str, *columns: str, **body: Any) -> httpx.Response:
    span = {"from": today(-40), "to": today(1), "timezone_id": 67, "currency_id": "USD"}
    named = [{"column": column} for column in columns]
    return network.client.post(ENTITY + path, json={**span, "columns": named, **body})


def table(network: Network, *columns: str, **body: Any) -> dict[tuple[str, ...], dict[str, Any]]:
    """Metrics by the labels of the columns."""
    answer = ask(network, "/table", *columns, **body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["incomplete_results"] is False
    return {
        tuple(cell["label"] for cell in row["columns"]): row["reporting"]
        for row in answer.json()["table"]
    }


def impressions(network: Network, *columns: str, **body: Any) -> dict[tuple[str, ...], int]:
    return {labels: counts["imp"] for labels, counts in table(network, *columns, **body).items()}


@pytest.fixture(scope="module")
def busy(server: RunningServer) -> Any:
    """A network with 90 impressions over 30 days, told afterwards."""
    network = Network(server)
    network.hats = network.make_offer("Hats")  # type: ignore[attr-defined]
    start = datetime.now(UTC).replace(minute=7, second=0, microsecond=0) - timedelta(days=30)
    sent = [
        {
            "tracker": network.offer if number % 3 else network.hats,  # type: ignore[attr-defined]
            "occurred_at": (start + timedelta(hours=7 * number)).isoformat(),
            "country": ["NL", "CA", ""][number % 3],
            "references": {
                "affiliate": str(network.affiliate) if number % 2 else "",
                "sub1": f"place {number % 4}",
            },
        }
        for number in range(90)
    ]
    network.ingest(*sent)
    yield network
    network.close()


@pytest.fixture(scope="module")
def rows(busy: Network) -> list[dict[str, Any]]:
    """All of them as the stream shows them: its spans are of 14 days."""
    found = []
    for days in (-33, -18, -3):
        found += busy.stream(**{"from": today(days), "to": today(days + 14)})
    assert len({row["transaction_id"] for row in found}) == len(found) == 90
    return found


def of(row: dict[str, Any], column: str) -> str:
    if column in ("offer", "affiliate"):
        return str(row["relationship"][column]["name"])
    if column == "country":
        return str(row["relationship"]["geolocation"]["country_name"])
    return str(row[column])


@pytest.mark.parametrize(
    "columns",
    [
        columns
        for size in (1, 2, 4)
        for columns in itertools.combinations(["offer", "affiliate", "country", "sub1"], size)
    ],
    ids="+".join,
)
def test_a_table_counts_what_the_stream_shows(
    busy: Network, rows: list[dict[str, Any]], columns: tuple[str, ...]
) -> None:
    counted = Counter(tuple(of(row, column) for column in columns) for row in rows)
    assert impressions(busy, *columns) == counted


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Kathmandu", "America/Los_Angeles", "Pacific/Auckland"]
)
def test_days_and_hours_are_those_of_the_zone(
    busy: Network, rows: list[dict[str, Any]], zone: str
) -> None:
    forms = {"date": "%Y-%m-%d", "hour": "%Y-%m-%d %H:00", "month": "%Y-%m", "year": "%Y"}
    at = [datetime.fromtimestamp(row["unix_timestamp"], ZoneInfo(zone)) for row in rows]
    for column, form in forms.items():
        counted = Counter((moment.strftime(form),) for moment in at)
        assert impressions(busy, column, timezone_id=ID_OF[zone]) == counted
    weeks = Counter(
        ((moment - timedelta(days=moment.weekday())).strftime("%Y-%m-%d"),) for moment in at
    )
    assert impressions(busy, "week", timezone_id=ID_OF[zone]) == weeks
    quarters = Counter((str(row["unix_timestamp"] // 900 * 900),) for row in rows)
    assert impressions(busy, "unix_timestamp", timezone_id=ID_OF[zone]) == quarters


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"filters": [("country", "Canada")]}, lambda row: of(row, "country") == "Canada"),
        (
            {"filters": [("sub1", "place 1"), ("sub1", "place 2"), ("offer", "Hats")]},
            lambda row: row["sub1"] in ("place 1", "place 2") and of(row, "offer") == "Hats",
        ),
        ({"exclusions": [("affiliate", "Publisher")]}, lambda row: of(row, "affiliate") == ""),
        (
            {"filters": [("offer_status", "active")], "exclusions": [("sub1", "place 0")]},
            lambda row: row["sub1"] != "place 0",
        ),
        ({"filters": [("offer", "nothing of this name")]}, lambda row: False),
        ({"filters": [("offer", "Hats")], "exclusions": [("offer", "Hats")]}, lambda row: False),
    ],
    ids=in_words,
)
def test_filters_and_exclusions_are_the_streams(
    busy: Network, rows: list[dict[str, Any]], query: dict[str, Any], kept: Any
) -> None:
    asked = {
        name: [{"resource_type": type, "filter_id_value": value} for type, value in pairs]
        for name, pairs in query.items()
    }
    counted = Counter((of(row, "offer"),) for row in rows if kept(row))
    assert impressions(busy, "offer", query=asked) == counted
    summary = ask(busy, "/summary", query=asked).json()
    assert summary["imp"] == sum(counted.values())


def test_a_span_begins_and_ends_within_its_zone(busy: Network, rows: list[dict[str, Any]]) -> None:
    zone = ZoneInfo("America/New_York")
    day = datetime.now(zone).date() - timedelta(days=9)
    counted = sum(datetime.fromtimestamp(row["unix_timestamp"], zone).date() == day for row in rows)
    assert counted
    for start, end in ((f"{day}", f"{day}"), (f"{day} 00:00:00", f"{day} 23:59:59")):
        body = {"from": start, "to": end, "timezone_id": ID_OF[zone.key]}
        assert ask(busy, "/summary", **body).json()["imp"] == counted


def test_adjoining_windows_add_up(network: Network) -> None:
    times = ("12:14:59", "12:15:00", "12:29:59", "12:30:00", "12:44:59", "12:45:00")
    day = today(-3)
    network.ingest(*({"occurred_at": f"{day}T{time}Z"} for time in times))

    def between(start: str, end: str) -> int:
        body = {"from": f"{day} {start}", "to": f"{day} {end}"}
        return int(ask(network, "/summary", **body).json()["imp"])

    assert between("12:15:00", "12:30:00") == 2
    assert between("12:30:00", "12:45:00") == 2
    assert between("12:15:00", "12:45:00") == 4
    assert between("12:15:00", "12:44:59") == 4
    assert between("12:15:00", "12:45:01") == 5
    assert between("12:15:00", "12:15:00") == 0


def test_an_entity_is_the_table_its_days_and_its_sum(
    busy: Network, rows: list[dict[str, Any]]
) -> None:
    answer = ask(busy, "", "offer", "sub1").json()
    assert set(answer) == {"table", "performance", "summary", "incomplete_results"}
    assert answer["table"] == ask(busy, "/table", "offer", "sub1").json()["table"]
    assert answer["summary"] == ask(busy, "/summary").json()
    days = Counter(row["unix_timestamp"] // 86_400 * 86_400 for row in rows)
    found = {day["unix"]: day["reporting"]["imp"] for day in answer["performance"]}
    assert found == days
    assert list(found) == sorted(found)
    assert answer["table"][0]["columns"][0] == {
        "column_type": "offer",
        "id": str(busy.offer),
        "label": "Shoes",
    }


def test_every_metric_is_there_and_clicks_are_told_apart_by_their_verdict(
    network: Network,
) -> None:
    for number in range(4):
        network.impression(sub1=f"n{number}")
    network.fire(oid=network.offer, headers=BOT)
    click = {"oid": network.offer, "affid": network.affiliate, "async": "json"}
    first = network.fire("/sdk/click", **click).json()["transaction_id"]
    network.fire("/sdk/click", **click)
    network.fire("/sdk/click", **click, _ef_transaction_id=first)
    network.fire("/sdk/click", **click, headers=BOT)
    summary = ask(network, "/summary").json()
    assert tuple(summary) == METRICS
    assert {name: value for name, value in summary.items() if value} == {
        "imp": 4,
        "total_click": 3,
        "unique_click": 2,
        "duplicate_click": 1,
        "invalid_click": 1,
        "gross_click": 4,
        "ctr": 75.0,
    }


def test_columns_of_the_resources_behind_an_offer_have_their_names(network: Network) -> None:
    manager = network.make("employees", first_name="Ada", last_name="Young")
    network.change(
        "advertisers", network.advertiser, network_employee_id=manager["network_employee_id"]
    )
    games = network.make("categories", name="Games")["network_category_id"]
    network.change(
        "offers", network.offer, network_category_id=games, payout=1.5, payout_type="cpm"
    )
    other = network.make_offer("Hats")
    network.impression()
    network.impression(oid=other, affid="")
    columns = ("category", "account_manager", "payout_amount", "affiliate", "tracking_domain")
    answer = ask(network, "/table", *columns, query={}).json()["table"]
    cells = {tuple((cell["id"], cell["label"]) for cell in row["columns"]) for row in answer}
    ada = (str(manager["network_employee_id"]), "Ada Young")
    host = ("1", f"localhost:{network.server.port}")
    assert cells == {
        ((str(games), "Games"), ada, ("1.5", "1.5"), (str(network.affiliate), "Publisher"), host),
        (("0", ""), ada, ("0", "0"), ("0", ""), host),
    }


def test_every_column_can_be_asked_for_alone_and_ten_together(network: Network) -> None:
    network.impression(sub1="news")
    for column in COLUMNS:
        (row,) = ask(network, "/table", column).json()["table"]
        (cell,) = row["columns"]
        assert (row["reporting"]["imp"], cell["column_type"]) == (1, column)
        assert column not in ABSENT or (cell["id"], cell["label"]) == ("", "")
    ten = ("hour", *(column for column in COLUMNS if column not in TIMES))[:10]
    (row,) = ask(network, "/table", *ten).json()["table"]
    assert tuple(cell["column_type"] for cell in row["columns"]) == ten


def test_a_file_has_the_table_as_csv_or_json(busy: Network) -> None:
    asked = {"metrics": ["imp", "total_click"], "format": "csv"}
    answer = ask(busy, "/table/export", "offer", "date", "sub1", **asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"report-{today(-40)}-{today(1)}.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    head, *lines = csv.reader(io.StringIO(answer.text))
    assert head == ["offer_id", "offer", "date", "sub1", "imp", "total_click"]
    shown = ask(busy, "/table", "offer", "date", "sub1").json()["table"]
    assert lines == [
        [
            row["columns"][0]["id"],
            *(cell["label"] for cell in row["columns"]),
            str(row["reporting"]["imp"]),
            "0",
        ]
        for row in shown
    ]
    whole = ask(busy, "/table/export", "offer", "date", "sub1", format="json")
    assert whole.headers["content-type"] == "application/json"
    assert whole.json()["table"] == shown
    head, *_ = csv.reader(io.StringIO(ask(busy, "/table/export", "country").text))
    assert head == ["country", *METRICS]


def test_no_text_of_a_csv_is_a_formula(network: Network) -> None:
    texts = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "'=1", "1-1", "plain"]
    network.ingest(*({"references": {"sub1": text}} for text in texts))
    network.change("offers", network.offer, name="=2")
    _, *lines = csv.reader(io.StringIO(ask(network, "/table/export", "offer", "sub1").text, ""))
    assert {line[1] for line in lines} == {"'=2"}
    shown = {line[2] for line in lines}
    assert shown == {*(f"'{text}" for text in texts[:6]), *texts[6:]}
    raw = ask(network, "/table/export", "offer", "sub1", raw_cells=True)
    _, *lines = csv.reader(io.StringIO(raw.text, ""))
    assert {line[2] for line in lines} == {*texts}
    sent = ask(network, "/table/export", "sub1", format="json").json()["table"]
    assert {row["columns"][0]["label"] for row in sent} == {*texts}


def test_reports_outlive_raw_events(start_server: StartServer) -> None:
    server = start_server()
    network = Network(server)
    network.ingest({"occurred_at": f"{today(-20)}T12:00:00Z"}, {})
    whole = {(today(-20),): 1, (today(),): 1}
    assert impressions(network, "date") == whole
    past = {"from": today(-21), "to": today(-8)}
    assert len(network.stream(**past)) == 1
    server.stop()
    program = (
        "from footfall.core.queries import EventFilter;"
        "from footfall.store.store import ClickHouseStore as S; import sys, time;"
        "s = S(f'chdb://{sys.argv[1]}/store', 400_000_000);"
        "until = (time.time_ns() // 10**6 // 3_600_000 + 1) * 3_600_000;"
        "s.remover().expire(EventFilter(account=int(sys.argv[2]), until=until));"
        "s.close()"
    )
    output_of(program, server.data, network.account)
    server.start()
    assert network.stream(**past) == []
    assert impressions(network, "date") == whole
    network.close()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"columns": []}, "columns"),
        ({"columns": [{"column": "shoe_size"}]}, "'shoe_size'"),
        ({"columns": [{"column": "hour"}, {"column": "week"}]}, "only one"),
        ({"columns": [{"column": f"sub{n}"} for n in range(11)]}, "columns"),
        ({"from": "2026-01-01", "to": "2027-01-04"}, "367 days"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "before"),
        ({"from": "yesterday"}, "'from'"),
        ({"timezone_id": 100}, "timezone_id 100"),
        ({"query": {"filters": [{"resource_type": "x", "filter_id_value": "1"}]}}, "'x'"),
        ({"query": {"filters": [{"resource_type": "sub7", "filter_id_value": "1"}]}}, "sub7"),
        ({"columns": "offer"}, "columns"),
        ({"columns": [{"column": "hour"}] * 2 + [{"column": "date"}]}, "only one"),
        ({"query": {"filters": [{"resource_type": "offer"}]}}, "no filter_id_value"),
        ({"query": {"filters": {"advertiser_id": 1}}}, "query.filters"),
        ({"query": {"filters": [7]}}, "query.filters"),
    ],
    ids=in_words,
)
@pytest.mark.parametrize("path", ["", "/table", "/table/export"])
def test_what_must_change_is_said(
    network: Network, path: str, body: dict[str, Any], text: str
) -> None:
    assert text in refused(ask(network, path, **{"columns": [{"column": "offer"}], **body}), 400)


def test_a_file_of_a_strange_format_or_metric_is_refused(network: Network) -> None:
    assert "format" in refused(ask(network, "/table/export", "offer", format="xml"), 400)
    assert "'love'" in refused(ask(network, "/table/export", "offer", metrics=["love"]), 400)


def test_a_year_and_what_clients_add_is_taken(network: Network) -> None:
    network.impression()
    query = {"filters": [], "user_metrics": [], "settings": {"campaign_data_only": False}}
    asked = {"from": today(-366), "to": today(1), "query": query, "usm_columns": [], "limit": 5}
    assert impressions(network, "offer", **asked) == {("Shoes",): 1}
    assert refused(ask(network, "/table", "offer", **{**asked, "from": today(-367)}), 400)


@pytest.mark.parametrize("field", ["from", "to", "timezone_id"])
@pytest.mark.parametrize("path", REPORTS)
def test_a_report_without_its_span_or_zone_is_refused(
    network: Network, path: str, field: str
) -> None:
    """The network's own zone would be other days, without a word."""
    body: dict[str, Any] = {"from": today(-10), "to": today(1), "timezone_id": 67}
    body |= {"currency_id": "USD", "columns": [{"column": "date"}]}
    url = f"/v1/networks/reporting/{path}"
    assert network.client.post(url, json=body).status_code in (200, 202)
    without = {name: value for name, value in body.items() if name != field}
    assert f"`{field}`" in refused(network.client.post(url, json=without), 400)
    assert field in refused(network.client.post(url, json=body | {field: None}), 400)


def test_more_than_ten_thousand_rows_are_cut_and_said(network: Network) -> None:
    for start in (0, 5001):
        network.ingest(
            *({"references": {"sub1": f"{number}"}} for number in range(start, start + 5001))
        )
    network.ingest(*({"references": {"sub1": "often"}} for _ in range(3)))
    answer = ask(network, "/table", "sub1").json()
    assert answer["incomplete_results"] is True
    assert len(answer["table"]) == 10_000
    assert answer["table"][0]["columns"][0]["label"] == "often"
    assert ask(network, "", "sub1").json()["summary"]["imp"] == 10_005
    assert len(ask(network, "/table/export", "sub1").text.splitlines()) == 10_004


def test_no_network_sees_anothers_counts(network: Network, busy: Network) -> None:
    theirs = {"filters": [{"resource_type": "offer", "filter_id_value": busy.offer}]}
    assert impressions(network, "offer", query=theirs) == {}
    assert ask(network, "/summary").json()["imp"] == 0
    assert refused(network.client.post(f"{ENTITY}/table", headers={"X-Eflow-API-Key": "no"}), 401)
