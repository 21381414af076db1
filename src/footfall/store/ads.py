"""Reports of ads from their rollup, as SQL for the engine and back."""

from typing import Any, Final

from footfall.core.events import EventKind, Verdict
from footfall.core.queries import AD_COLUMNS, AdCounts, AdGroup, AdQuery, AdReport, Through
from footfall.store.local import start_of
from footfall.store.sql import Question

_COUNTED: Final = f"verdict = '{Verdict.COUNTED}'"
_DUPLICATE: Final = f"verdict IN ('{Verdict.DUPLICATE}', '{Verdict.REPEAT}')"
_COUNTS: Final = ", ".join(
    f"sumIf(events, kind = '{kind}' AND {verdict}) AS count_{number}_{kind}"
    for kind in (EventKind.IMPRESSION, EventKind.CLICK)
    for number, verdict in enumerate((_COUNTED, _DUPLICATE, f"NOT ({_COUNTED} OR {_DUPLICATE})"))
)
"""In the order of `AdCounts`."""

_WORTH: Final = f"count_0_{EventKind.IMPRESSION} + count_0_{EventKind.CLICK}"
_OTHER_CLICKS: Final = f"count_1_{EventKind.CLICK} + count_2_{EventKind.CLICK}"
"""What reports show. Impressions of bots, however many, are not shown: they order nothing."""

_SETTINGS: Final = (
    "max_bytes_before_external_group_by = 100000000, max_threads = 1, max_block_size = 16384"
)
"""Groups beyond this go to the disk: ten columns may have as many as there are events. More threads
and larger blocks take more memory and more of the scans' cores, and were no faster."""


def select_ads(query: AdQuery) -> Question:
    """Rows (`store.local.start_of`, each column of `by`, each count of `AdCounts`), one more than
    the limit when there are more."""
    assert {*query.values, *query.without} <= {*AD_COLUMNS}
    conditions = [
        "account = {account:UInt32}",
        "bucket >= toDateTime({since:Int64})",
        "bucket < toDateTime({until:Int64})",
        f"kind IN ('{EventKind.IMPRESSION}', '{EventKind.CLICK}')",
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
        f"SELECT {', '.join(columns)}, {_COUNTS} FROM rollup_ads"
        f" WHERE {' AND '.join(conditions)} GROUP BY {groups}"
        f" HAVING {_WORTH} + {_OTHER_CLICKS} > 0"
        f" ORDER BY start, {_WORTH} DESC, {_OTHER_CLICKS} DESC, {groups}"
        f" LIMIT {{limit:UInt32}} SETTINGS {_SETTINGS}",
        parameters,
    )


def read_ads(rows: Any, query: AdQuery) -> AdReport:
    columns = len(query.by)
    groups = [
        AdGroup(tuple(row[1 : 1 + columns]), row[0] * 1000, AdCounts(*row[1 + columns :]))
        for row in rows[: query.limit]
    ]
    return AdReport(groups, incomplete=len(rows) > query.limit)
