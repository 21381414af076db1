"""Reports of ads from their rollup, as SQL for the engine and back."""

from collections.abc import Mapping
from typing import Any, Final

from footfall.core.events import EventKind, Verdict
from footfall.core.queries import AD_COLUMNS, AdCounts, AdGroup, AdQuery, AdReport, Through
from footfall.store.query.event_query import SqlQuery
from footfall.store.query.local_time import start_of

_COUNTED: Final = f"verdict = '{Verdict.COUNTED}'"
_DUPLICATE: Final = f"verdict IN ('{Verdict.DUPLICATE}', '{Verdict.REPEAT}')"
_IMPRESSION, _CLICK = f"kind = '{EventKind.IMPRESSION}'", f"kind = '{EventKind.CLICK}'"
_CONVERSION: Final = f"kind = '{EventKind.CONVERSION}'"
_INVALID: Final = f"NOT ({_COUNTED} OR {_DUPLICATE})"
_SUMS: Final[Mapping[str, tuple[str, str]]] = {
    "impressions": ("events", f"{_IMPRESSION} AND {_COUNTED}"),
    "duplicate_impressions": ("events", f"{_IMPRESSION} AND {_DUPLICATE}"),
    "invalid_impressions": ("events", f"{_IMPRESSION} AND {_INVALID}"),
    "clicks": ("events", f"{_CLICK} AND {_COUNTED}"),
    "duplicate_clicks": ("events", f"{_CLICK} AND {_DUPLICATE}"),
    "invalid_clicks": ("events", f"{_CLICK} AND {_INVALID}"),
    "conversions": ("events", f"{_CONVERSION} AND {_COUNTED} AND goal = ''"),
    "view_conversions": (
        "events",
        f"{_CONVERSION} AND {_COUNTED} AND goal = '' AND attribution = 'impression'",
    ),
    "invalid_conversions": ("events", f"{_CONVERSION} AND NOT {_COUNTED}"),
    "goals": ("events", f"{_CONVERSION} AND {_COUNTED} AND goal != ''"),
    "payout_micros": ("payout_micros", _COUNTED),
    "revenue_micros": ("revenue_micros", _COUNTED),
    "goal_revenue_micros": ("revenue_micros", f"{_COUNTED} AND goal != ''"),
    "sale_micros": ("sale_micros", _COUNTED),
}
"""Each of `AdCounts`: what is summed, and of which rows."""
_COUNTS: Final = ", ".join(
    f"sumIf({column}, {condition}) AS sum_{name}" for name, (column, condition) in _SUMS.items()
)
_PRICED: Final = {
    "impressions_payout_micros": _IMPRESSION,
    "impressions_revenue_micros": _IMPRESSION,
    "clicks_payout_micros": _CLICK,
    "clicks_revenue_micros": _CLICK,
}
"""The rest of `AdCounts`: of which counted rows the events are worth the price of their offer."""

_WORTH: Final = "sum_impressions + sum_clicks"
_OTHERS: Final = (
    "sum_duplicate_clicks + sum_invalid_clicks"
    " + sum_conversions + sum_invalid_conversions + sum_goals"
)
"""What reports show. Impressions of bots, however many, are not shown: they order nothing."""

_SETTINGS: Final = (
    "max_bytes_before_external_group_by = 100000000, max_threads = 1, max_block_size = 16384"
)
"""Groups beyond this go to the disk: ten columns may have as many as there are events. More threads
and larger blocks take more memory and more of the scans' cores, and were no faster."""


def select_ads(query: AdQuery) -> SqlQuery:
    """Rows (`store.query.local_time.start_of`, each column of `by`, each count of `AdCounts`), one
    more than the limit when there are more."""
    assert {*query.values, *query.without} <= {*AD_COLUMNS}
    conditions = [
        "account = {account:UInt32}",
        "bucket >= toDateTime({since:Int64})",
        "bucket < toDateTime({until:Int64})",
        f"({_IMPRESSION} OR {_CLICK} OR {_CONVERSION})",
    ]
    parameters: dict[str, Any] = {
        "account": query.account,
        "since": query.since // 1000,
        "until": query.until // 1000,
        "limit": query.limit + 1,
    }
    for word, wanted in (("IN", query.values), ("NOT IN", query.without)):
        for column, values in wanted.items():
            name = f"{word[:2].lower()}_{column}"
            conditions.append(f"{column} {word} {{{name}:Array(String)}}")
            parameters[name] = list(values)
    start = "0"
    if query.bucket is not None:
        start = start_of(query.bucket, (query.since, query.until), query.zone, parameters)
    if query.sources:
        conditions.append("source IN {sources:Array(String)}")
        parameters["sources"] = list(query.sources)
    columns = [f"{start} AS start"]
    for number, one in enumerate(query.by):
        expression = one if isinstance(one, str) else one.column
        assert expression in AD_COLUMNS, expression
        if isinstance(one, Through):
            keys, targets = f"from_{number}", f"to_{number}"
            expression = f"transform(toString({expression}), {{{keys}:Array(String)}}, "
            expression += f"{{{targets}:Array(String)}}, '')"
            # The engine wants at least one pair, and "" leads to "" anyway.
            pairs = {**one.leads_to, "": ""}
            parameters[keys], parameters[targets] = list(pairs), list(pairs.values())
        columns.append(f"{expression} AS by_{number}")
    groups = ", ".join(["start", *(f"by_{number}" for number in range(len(query.by)))])
    return (
        f"SELECT {', '.join(columns)}, {_COUNTS}{_priced(query, parameters)} FROM rollup_ads"
        f" WHERE {' AND '.join(conditions)} GROUP BY {groups}"
        f" HAVING {_WORTH} + {_OTHERS} > 0"
        f" ORDER BY start, {_WORTH} DESC, {_OTHERS} DESC, {groups}"
        f" LIMIT {{limit:UInt32}} SETTINGS {_SETTINGS}",
        parameters,
    )


def _priced(query: AdQuery, parameters: dict[str, Any]) -> str:
    """The sums of events times prices, each after a comma."""
    found = ""
    for name, condition in _PRICED.items():
        total = "0"
        if prices := query.prices.get(name):
            parameters[f"of_{name}"] = list(prices)
            parameters[name] = list(prices.values())
            price = f"transform(toString(offer), {{of_{name}:Array(String)}},"
            price += f" {{{name}:Array(Int64)}}, toInt64(0))"
            total = f"sumIf(toInt128(events) * {price}, {condition} AND {_COUNTED})"
        found += f", {total} AS sum_{name}"
    return found


def read_ads(rows: Any, query: AdQuery) -> AdReport:
    columns = len(query.by)
    groups = [
        AdGroup(tuple(row[1 : 1 + columns]), row[0] * 1000, AdCounts(*row[1 + columns :]))
        for row in rows[: query.limit]
    ]
    return AdReport(groups, incomplete=len(rows) > query.limit)
