"""Reports and raw rows of Everflow, with money in decimals, and what they should be.

The SQL is written from docs/dialects/everflow.md.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.system.numbers.raw import Demo, Row

ADS = "source = 'everflow' AND offer != ''"
COUNTS = {
    "imp": "count(*) FILTER (kind = 'impression' AND counted)",
    "unique_click": "count(*) FILTER (kind = 'click' AND counted)",
    "duplicate_click": "count(*) FILTER (kind = 'click' AND verdict IN ('duplicate', 'repeat'))",
    "invalid_click": "count(*) FILTER"
    " (kind = 'click' AND verdict NOT IN ('counted', 'duplicate', 'repeat'))",
    "total_click": "count(*) FILTER"
    " (kind = 'click' AND verdict IN ('counted', 'duplicate', 'repeat'))",
    "gross_click": "count(*) FILTER (kind = 'click')",
    "cv": "count(*) FILTER (sold AND attribution IN ('click', 'coupon'))",
    "view_through_cv": "count(*) FILTER (sold AND attribution = 'impression')",
    "total_cv": "count(*) FILTER (sold)",
    "event": "count(*) FILTER (kind = 'conversion' AND counted AND goal != '')",
    "invalid_cv_scrub": "count(*) FILTER (kind = 'conversion' AND NOT counted)",
}
PAYS = "coalesce(sum(CASE WHEN sold THEN {own} WHEN NOT counted THEN 0"
PAYS += " WHEN kind = 'impression' AND {type} = '{cpm}' THEN {amount} // 1000"
PAYS += " WHEN kind = 'click' AND {type} = '{cpc}' THEN {amount} ELSE 0 END), 0)"
MONEY = {
    "payout": PAYS.format(
        own="payout_micros", type="payout_type", cpm="cpm", cpc="cpc", amount="payout"
    ),
    "revenue": PAYS.format(
        own="revenue_micros", type="revenue_type", cpm="rpm", cpc="rpc", amount="revenue"
    ),
    "gross_sales": "coalesce(sum(sale_micros) FILTER (counted), 0)",
}
"""In millionths of the currency, which these prices are whole numbers of."""
SOLD = f"""
    SELECT e.*, kind = 'conversion' AND counted AND goal = '' AS sold,
        payout_type, payout, revenue_type, revenue
    FROM e LEFT JOIN offers ON offers.id = e.offer WHERE {ADS}"""
BERLIN, KOLKATA = 56, 31
"""Ids of zones."""


def keep_offers(demo: Demo) -> None:
    offers = demo.json("/v1/networks/offers", page_size=2000)["offers"]
    columns = "id VARCHAR, payout_type VARCHAR, payout BIGINT, revenue_type VARCHAR, revenue BIGINT"
    rows = [
        (
            *(str(one["network_offer_id"]), one["payout_type"], micros(one["payout"])),
            *(one["revenue_type"], micros(one["revenue"])),
        )
        for one in offers
    ]
    demo.keep("offers", columns, rows)


def reported(
    sentence: str,
    columns: dict[str, str],
    where: str = "true",
    zone: tuple[int, str] = (67, "UTC"),
    window: tuple[str, str] = ("{d-100}", "{d-2}"),
    path: str = "/entity/table",
    **query: Any,
) -> Row:
    """The rows of a report: ids of its columns, counts, and money in millionths."""

    def ask(demo: Demo) -> list[Any]:
        keep_offers(demo)
        body = {
            "from": window[0],
            "to": window[1],
            "timezone_id": zone[0],
            "currency_id": "EUR",
            "columns": [{"column": one} for one in columns],
            "query": query,
        }
        answer = demo.post(f"/v1/networks/reporting{path}", body)
        rows = answer.get("table", [{"columns": [], "reporting": answer}])
        return [
            (*(one["id"] for one in row["columns"]), *_numbers(row["reporting"])) for row in rows
        ]

    counts = ", ".join([*COUNTS.values(), *(f"({one})::BIGINT" for one in MONEY.values())])
    names = ", ".join(f"{value} AS c{n}" for n, value in enumerate(columns.values()))
    groups = "".join(f"c{n}, " for n in range(len(columns)))
    local = f"local(t, '{zone[1]}')"
    sql = f"""
        SELECT {groups}{counts} FROM (SELECT *{f", {names}" if names else ""} FROM ({SOLD})
            WHERE {local}::DATE >= '{window[0]}' AND {local}::DATE <= '{window[1]}' AND {where})
        {"GROUP BY ALL" if columns else ""}
        HAVING count(*) FILTER (NOT (kind = 'impression' AND NOT counted)) > 0"""
    return Row(sentence, ask, sql)


def _numbers(shown: dict[str, Any]) -> list[int]:
    money = [micros(shown[name]) for name in MONEY]
    assert micros(shown["profit"]) == money[1] - money[0]
    return [*(shown[name] for name in COUNTS), *money]


def micros(amount: float) -> int:
    """Exactly: no cent may be lost to a float."""
    exact = Decimal(str(amount)) * 1_000_000
    assert exact == round(exact)
    return int(exact)


def resource(column: str) -> str:
    return f"if({column} = '', '0', {column})"


def ratio(over: str, under: str, times: int, digits: int) -> str:
    value = f"round_even({times} * ({over}) / nullif({under}, 0), {digits})"
    return f"coalesce({value}::DOUBLE, 0.0)"


def rates() -> Row:
    """Of a hundred impressions the clicks, of a hundred clicks the conversions."""

    def ask(demo: Demo) -> list[Any]:
        body = {"from": "{d-100}", "to": "{d-2}", "timezone_id": 67, "currency_id": "EUR"}
        columns = [{"column": "offer"}, {"column": "sub2"}]
        answer = demo.post("/v1/networks/reporting/entity/table", {**body, "columns": columns})
        return [
            (*(one["id"] for one in row["columns"]), *(float(row["reporting"][n]) for n in names))
            for row in answer["table"]
        ]

    names = ("ctr", "cvr", "evr")
    shares = (("total_click", "imp"), ("total_cv", "total_click"), ("event", "total_cv"))
    found = ", ".join(ratio(COUNTS[over], COUNTS[under], 100, 2) for over, under in shares)
    sql = f"""
        SELECT offer, sub2, {found} FROM ({SOLD})
        WHERE t::DATE BETWEEN '{{d-100}}' AND '{{d-2}}' GROUP BY offer, sub2
        HAVING count(*) FILTER (NOT (kind = 'impression' AND NOT counted)) > 0"""
    return Row("click and conversion rates by offer and place", ask, sql)


def raw_rows(
    sentence: str, path: str, key: str, where: str, sums: Sequence[str], **more: Any
) -> Row:
    """How many rows there are, and the sums of their money, over all pages."""

    def ask(demo: Demo) -> list[Any]:
        keep_offers(demo)
        body = {"from": "{d-13}", "to": "{d-1}", "timezone_id": BERLIN, **more}
        answer = demo.post(f"/v1/networks/reporting/{path}", {**body, "query": {}})
        if "paging" in answer:
            total, size = answer["paging"]["total_count"], answer["paging"]["page_size"]
            rows = answer[key]
            for page in range(2, -(-total // size) + 1):
                rows += demo.post(
                    f"/v1/networks/reporting/{path}?page={page}", {**body, "query": {}}
                )[key]
        else:
            total, rows = answer["total_count"], answer[key]
        money = [sum(micros(row[one]) for row in rows) for one in sums]
        return [(total, len(rows), *money)]

    money = {
        "payout": MONEY["payout"],
        "revenue": MONEY["revenue"],
        "sale_amount": "coalesce(sum(sale_micros), 0)",
    }
    found = "".join(f", ({money[one]})::BIGINT" for one in sums)
    sql = f"""
        SELECT count(*), count(*){found} FROM ({SOLD}) WHERE {where}
            AND local(t, 'Europe/Berlin')::DATE BETWEEN '{{d-13}}' AND '{{d-1}}'"""
    return Row(sentence, ask, sql)


def start(zone: str, cut: str) -> str:
    """The first second of a local day, week or month, as seconds since 1970."""
    local = f"date_trunc('{cut}', local(t, '{zone}'))::TIMESTAMP"
    return f"epoch(timezone('{zone}', {local}))::BIGINT::TEXT"


def only(type: str, value: str) -> dict[str, str]:
    return {"resource_type": type, "filter_id_value": value}


OFFER = {"offer": "offer"}
REPORTS = [
    reported("everything of a hundred days", {}, path="/entity/summary"),
    reported("by offer", OFFER),
    reported("by offer, the report with its days", OFFER, path="/entity"),
    reported(
        "by affiliate and creative",
        {"affiliate": resource("affiliate"), "creative": resource("creative")},
    ),
    reported(
        "by campaign and offer URL",
        {"campaign": resource("campaign"), "offer_url": resource("offer_url")},
    ),
    reported("by coupon and source", {"coupon_code": "coupon", "source_id": "traffic_source"}),
    reported("by place", {"country": "country", "region": "region", "city": "city"}),
    reported("by network", {"isp": "isp", "connection_type": "connection_type"}),
    reported("by system", {"platform": "os", "os_version": "os_version", "browser": "browser"}),
    reported(
        "by device and language",
        {"brand": "device_make", "model": "device_model", "language": "language"},
    ),
    reported("by sub1 to sub5", {f"sub{n}": f"sub{n}" for n in range(1, 6)}),
    reported("by adv1 to adv5", {f"adv{n}": f"adv{n}" for n in range(1, 6)}),
    reported("by event and referer", {"event_name": "goal", "referer": "referrer_host"}),
    reported(
        "by advertiser and project", {"advertiser": resource("advertiser"), "project_id": "project"}
    ),
    *(
        reported(
            f"by offer and {name} in {zone}",
            {
                **OFFER,
                name: start(zone, cut),
            },
            zone=(id, zone),
            window=("{c-30}", "{c+9}"),
        )
        for id, zone in ((BERLIN, "Europe/Berlin"), (KOLKATA, "Asia/Kolkata"))
        for name, cut in (("date", "day"), ("week", "week"), ("month", "month"))
    ),
    reported(
        "by affiliate, of one offer's phones, without two places",
        {"affiliate": resource("affiliate")},
        "device = 'mobile' AND project = 'garden' AND sub2 NOT IN ('top', 'side')",
        filters=[only("device_type", "Mobile"), only("project_id", "garden")],
        exclusions=[only("sub2", "top"), only("sub2", "side")],
    ),
    reported(
        "by sub4, of two countries",
        {"sub4": "sub4"},
        "country IN ('NL', 'DE')",
        filters=[only("country", "Germany"), only("country", "NL")],
    ),
]
RAW = [
    raw_rows(
        "impressions of a stream",
        "impressions/stream",
        "impressions",
        "kind = 'impression' AND counted",
        ("payout", "revenue"),
    ),
    raw_rows("clicks of a stream", "clicks/stream", "clicks", "kind = 'click' AND counted", ()),
    raw_rows("clicks by pages", "clicks", "clicks", "kind = 'click' AND counted", ()),
    raw_rows(
        "conversions by pages",
        "conversions",
        "conversions",
        "kind = 'conversion' AND counted AND goal = ''",
        ("payout", "revenue", "sale_amount"),
    ),
    raw_rows(
        "events after conversions",
        "conversions",
        "conversions",
        "kind = 'conversion' AND counted AND goal != ''",
        ("sale_amount",),
        show_conversions=False,
        show_events=True,
    ),
]

ROWS = [*REPORTS, rates(), *RAW]
