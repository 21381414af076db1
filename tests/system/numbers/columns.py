"""Every column of an event: counted by its values, and filtered by each operator."""

from collections.abc import Sequence
from typing import Any

from footfall.dialects.native.filters import ADDRESS, FILTERED
from tests.system.numbers.raw import Demo, Row


def text_of(column: str) -> str:
    """The column as the filters compare it."""
    return f"{column}::TEXT"


def empty(column: str) -> str:
    """Whether an event has none."""
    return f"{text_of(column)} IN ('', '0')"


def grouped(column: str) -> Row:
    """The greatest groups, and how many there are in all."""

    def ask(demo: Demo) -> list[Any]:
        body = {"metrics": ["events", "counted"], "dimensions": [column], "order_by": "events"}
        answer = demo.post("/reports", {**body, "top": 1000})
        rows = [(str(row[column]), row["events"], row["counted"]) for row in answer["rows"]]
        if not answer["omitted"]:
            return rows
        # Which of those with the same count come first is not said.
        least = min(events for _, events, _ in rows)
        rest = answer["other"]["events"] + sum(n for _, n, _ in rows if n == least)
        return [*(row for row in rows if row[1] > least), ("", rest, 0)]

    groups = (
        f"SELECT {text_of(column)} AS value, count(*) AS events,"
        " count(*) FILTER (counted) AS counted FROM e GROUP BY ALL"
    )
    sql = f"""
        WITH groups AS ({groups}), least AS (
            SELECT if(count(*) > 1000, (SELECT min(events) FROM
                (SELECT events FROM groups ORDER BY events DESC LIMIT 1000)), 0) AS least
            FROM groups)
        SELECT value, events, counted FROM groups, least WHERE events > least
        UNION ALL SELECT '', sum(events), 0 FROM groups, least WHERE events <= least
        HAVING count(*) > 0"""
    return Row(f"events by {column}", ask, sql)


def filtered(column: str) -> list[Row]:
    """By two values that the demo has: the most frequent one, and the last by the alphabet."""
    values = f"""(SELECT value FROM (
        (SELECT {text_of(column)} AS value FROM e WHERE NOT {empty(column)}
            GROUP BY ALL ORDER BY count(*) DESC, value LIMIT 1)
        UNION (SELECT max({text_of(column)}) FROM e)))"""
    first = f"(SELECT min(value) FROM {values})"
    text = text_of(column)
    absent = FILTERED.index(column) % 2
    tests: list[tuple[dict[str, Any], str]] = [
        ({column: "all", f"{column}.not": "first"}, f"{text} IN {values} AND {text} != {first}"),
        (
            {f"{column}.present": "false" if absent else "true"},
            empty(column) if absent else f"NOT {empty(column)}",
        ),
        (
            {f"{column}.prefix": "beginning", f"{column}.contains": "end"},
            f"starts_with({text}, left({first}, 3)) AND contains({text}, right({first}, 2))",
        ),
    ]
    return [_filter(column, given, where, values) for given, where in tests]


def _filter(column: str, given: dict[str, str], where: str, values: str) -> Row:
    def ask(demo: Demo) -> list[Any]:
        found: Sequence[str] = sorted(value for (value,) in demo.sql(f"SELECT * FROM {values}"))
        words: dict[str, Any] = {
            "all": found,
            "first": found[0],
            "beginning": found[0][:3],
            "end": found[0][-2:],
        }
        filters = {name: words.get(word, word) for name, word in given.items()}
        answer = demo.json("/events", limit=1, total="exact", fields="id", **filters)
        return [(answer["total"]["events"],)]

    return Row(f"events with {' and '.join(given)}", ask, f"SELECT count(*) FROM e WHERE {where}")


def between(column: str, since: str, until: str, value: str) -> Row:
    def ask(demo: Demo) -> list[Any]:
        filters = {f"{column}.from": since, f"{column}.to": until}
        return [(demo.json("/events", limit=1, total="exact", **filters)["total"]["events"],)]

    where = f"{value} >= {since} AND {value} < {until}"
    if column == ADDRESS:
        where = " OR ".join(f"{column} LIKE '10.{number}.%'" for number in range(16, 32))
    return Row(
        f"events with {column} from {since} to {until}",
        ask,
        f"SELECT count(*) FROM e WHERE {where}",
    )


RANGES = {
    "asn": between("asn", "64500", "65540", "asn"),
    "visitor": between("visitor", "1000000000", "3000000000", "visitor"),
    "tracker": between("tracker", "5", "40", "tracker"),
    "sale_micros": between("sale_micros", "20000000", "70000000", "sale_micros"),
    "payout_micros": between("payout_micros", "1", "3000001", "payout_micros"),
    "revenue_micros": between("revenue_micros", "4200000", "5000000", "revenue_micros"),
    "os_version": between("os_version", "12", "17.5", "TRY_CAST(os_version AS DOUBLE)"),
    ADDRESS: between(ADDRESS, "10.16.0.0", "10.32.0.0", ADDRESS),
}


def rows_of(column: str) -> list[Row]:
    of_range = [RANGES[column]] if column in RANGES else []
    groups = [] if column == "id" else [grouped(column)]
    return [*groups, *filtered(column), *of_range]
