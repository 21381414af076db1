"""Reports, comparisons, funnels and explanations of the native API, and what they should be.

The SQL is written from docs/native.md.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.system.numbers.raw import Demo, Row

COUNTS = {
    "events": "count(*)",
    "counted": "count(*) FILTER (counted)",
    "interactions": "count(*) FILTER (person)",
    "with_visitor": "count(*) FILTER (person AND visitor > 0)",
    "uniques": "if(count(*) FILTER (person) > 0 AND count(*) FILTER (person AND visitor > 0) = 0,"
    " NULL, count(DISTINCT visitor) FILTER (person AND visitor > 0))",
    "recipients": "count(DISTINCT visitor) FILTER (counted AND NOT person AND visitor > 0)",
    "rate": "round(count(*) FILTER (counted) / count(*), 6)",
    "first_seen": "min(t) FILTER (counted)",
    "last_seen": "max(t) FILTER (counted)",
}
"""Metric → what it is, as SQL."""

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/St_Johns"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu"),
)
BUCKETS = ("quarter_hour", "hour", "day", "week", "month", "year")


def moment(text: str | None) -> datetime | None:
    """A time of an answer, in UTC."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return (at - (at.utcoffset() or timedelta())).replace(tzinfo=None)


def shown(name: str, value: Any) -> Any:
    return moment(value) if name.endswith("_seen") else value


def report(
    sentence: str,
    where: str = "true",
    by: Sequence[str] = (),
    metrics: Sequence[str] = ("events", "counted"),
    **asked: Any,
) -> Row:
    """All groups of a report and their sum."""
    named = [*metrics, *(["with_visitor"] if "uniques" in metrics else [])]

    def ask(demo: Demo) -> list[Any]:
        body = {"metrics": list(metrics), "dimensions": list(by), "top": 1000, **asked}
        answer = demo.post("/reports", body)
        groups = answer["rows"] if by else []
        found = [[*(row[one] for one in by), *(row[one] for one in named)] for row in groups]
        found.append([*("all" for _ in by), *(answer["totals"][one] for one in named)])
        names = [*by, *named]
        return [tuple(map(shown, names, one)) for one in found]

    counts = ", ".join(COUNTS[one] for one in named)
    every = ", ".join(["'all'"] * len(by) + [counts])
    sql = f"SELECT {every} FROM e WHERE {where}"
    if by:
        sql += f" UNION ALL SELECT {', '.join(by)}, {counts} FROM e WHERE {where} GROUP BY ALL"
    return Row(sentence, ask, sql)


TOTALS = [
    report("everything, by most metrics", metrics=("events", "counted", "recipients", "rate")),
    report("the first and the last that counts", metrics=("first_seen", "last_seen")),
    report(
        "what a person did and what was sent, by kind and source",
        by=("kind", "source"),
        metrics=("events", "counted", "interactions", "recipients"),
    ),
    report(
        "visitors of a hundred days by source",
        "t >= '{d-100}' AND t < '{d-1}'",
        by=("source",),
        metrics=("interactions", "uniques"),
        since="{d-100}",
        until="{d-1}",
    ),
    report(
        "a window in a zone, by verdict and reason",
        "local(t, 'Asia/Kolkata') >= '{d-50}' AND local(t, 'Asia/Kolkata') < '{d-3}'",
        by=("verdict", "reason"),
        since="{d-50}",
        until="{d-3}",
        zone="Asia/Kolkata",
    ),
    report(
        "a window that begins and ends within a quarter-hour",
        "t >= '{d-50} 10:07:03.250' AND t < '{d-3} 16:22:59'",
        by=("source",),
        since="{d-50}T10:07:03.250",
        until="{d-3}T16:22:59",
    ),
    report(
        "visitors of a week in another zone",
        "local(t, 'America/New_York') >= '{d-9}' AND local(t, 'America/New_York') < '{d-2}'",
        metrics=("interactions", "uniques", "recipients"),
        since="{d-9}",
        until="{d-2}",
        zone="America/New_York",
    ),
    report("three dimensions at once", by=("device", "os", "connection_type")),
    report(
        "scans of posters at one place, by a key of the metadata",
        "new_event(metadata, 'location') = 'Canteen'",
        by=("poster",),
        filters={"metadata.location": "Canteen"},
    ),
    report(
        "scans of posters elsewhere, by keys of the metadata",
        "source = 'vantio' AND new_event(metadata, 'location') LIKE '%hall%'"
        " AND new_event(metadata, 'location') NOT LIKE 'Sports%'",
        by=("ambassador", "country"),
        filters={
            "source": "vantio",
            "metadata.location.contains": "hall",
            "metadata.location.not": ["Sports hall"],
        },
    ),
]


# ── time ──────────────────────────────────────────────────────────────────────────────────────


def label(row: dict[str, Any]) -> tuple[datetime, int]:
    """The local time of a row and the minutes that it is from UTC. Where a clock changes within an
    hour its second row begins with the change: the hour is what both are of."""
    at = datetime.fromisoformat(row["time"])
    offset = at.utcoffset() or timedelta()
    return at.replace(tzinfo=None), int(offset.total_seconds()) // 60


def over_time(zone: str, bucket: str, since: str, until: str, where: str, **asked: Any) -> Row:
    """Buckets that have events, by the time that the zone's clocks show and its offset."""
    short = bucket in ("quarter_hour", "hour")

    def ask(demo: Demo) -> list[Any]:
        body = {"metrics": ["events"], "dimensions": [{"time": bucket}], "fill": False}
        window = {"since": since, "until": until, "zone": zone}
        rows = demo.post("/reports", {**body, **window, **asked})["rows"]
        found: dict[Any, int] = {}
        for row in rows:
            at, minutes = label(row)
            key = (_floor(at, bucket), minutes) if short else (at, 0)
            found[key] = found.get(key, 0) + row["events"]
        return [(*key, events) for key, events in found.items()]

    at = f"local(t, '{zone}')"
    start = f"time_bucket(INTERVAL 15 MINUTE, {at})"
    start = start if bucket == "quarter_hour" else f"date_trunc('{bucket}', {at})::TIMESTAMP"
    offset = f"date_diff('minute', t, {at})" if short else "0"
    sql = (
        f"SELECT {start}, {offset}, count(*) FROM e WHERE {where}"
        f" AND {at} >= '{since}' AND {at} < '{until}' GROUP BY ALL"
    )
    return Row(f"events by {bucket} in {zone}, {since} to {until}", ask, sql)


def _floor(at: datetime, bucket: str) -> datetime:
    minute = 0 if bucket == "hour" else at.minute // 15 * 15
    return at.replace(minute=minute, second=0)


TIMES = [
    *(over_time(zone, "hour", "{c-2}", "{c+3}", "true") for zone in ZONES),
    *(over_time(zone, "day", "{d-364}", "{d+1}", "true") for zone in ZONES),
    *(over_time("Australia/Lord_Howe", one, "{c-40}", "{c+40}", "true") for one in BUCKETS),
    *(over_time("Europe/Berlin", one, "{c-40}", "{c+40}", "true") for one in BUCKETS),
    over_time("Asia/Kolkata", "week", "{d-364}", "{d+1}", "true"),
    over_time(
        *("Europe/Berlin", "hour", "{c-1}", "{c+2}", "country = 'NL'"), filters={"country": "NL"}
    ),
    over_time(
        *("Europe/Berlin", "day", "{c-9}", "{c+9}", "sub2 = 'top' AND person"),
        filters={"sub2": "top", "verdict": "counted", "kind.not": ["delivery", "bounce"]},
    ),
]


# ── comparisons ───────────────────────────────────────────────────────────────────────────────


def compared(
    sentence: str, compare: Any, window: tuple[str, str], other: tuple[str, str], zone: str = "UTC"
) -> Row:
    """The totals of a window and of the one that it is compared with, by country."""
    metrics = ("events", "counted", "interactions", "uniques", "recipients")

    def ask(demo: Demo) -> list[Any]:
        body = {"metrics": list(metrics), "dimensions": ["source"], "compare": compare}
        answer = demo.post(
            "/reports", {**body, "since": window[0], "until": window[1], "zone": zone}
        )
        rows = {row["source"]: row for row in answer["rows"]}
        every = [*rows.items(), ("all", answer["totals"])]
        found = []
        for name, row in every:
            found.append((0, name, *(row[one] for one in metrics)))
            if row["previous"]["events"]:
                found.append((1, name, *(row["previous"][one] for one in metrics)))
        missing = (answer["other"] or {}).get("previous", {}).get("events", 0)
        return [*found, *([(1, "missing", missing, *[None] * 4)] if missing else [])]

    counts = ", ".join(COUNTS[one] for one in metrics)
    now, then = (
        f"local(t, '{zone}') >= '{since}' AND local(t, '{zone}') < '{until}'"
        for since, until in (window, other)
    )
    both = f"source IN (SELECT source FROM e WHERE {now})"
    parts = [
        f"SELECT 0, source, {counts} FROM e WHERE {now} GROUP BY ALL",
        f"SELECT 0, 'all', {counts} FROM e WHERE {now}",
        f"SELECT 1, source, {counts} FROM e WHERE {then} AND {both} GROUP BY ALL",
        f"SELECT 1, 'all', {counts} FROM e WHERE {then} HAVING count(*) > 0",
        "SELECT 1, 'missing', count(*), NULL, NULL, NULL, NULL FROM e"
        f" WHERE {then} AND NOT {both} HAVING count(*) > 0",
    ]
    return Row(sentence, ask, " UNION ALL ".join(parts))


def compared_by_day(zone: str, since: str, until: str, days: int) -> Row:
    """Each day, and the one so many days before it."""

    def ask(demo: Demo) -> list[Any]:
        body = {"metrics": ["events", "counted"], "dimensions": [{"time": "day"}]}
        window = {"since": since, "until": until, "zone": zone}
        compare = "year_by_weekday" if days == 364 else "previous"
        rows = demo.post("/reports", {**body, **window, "compare": compare})["rows"]
        return [
            (row["time"], row["events"], row["previous"]["events"], row["previous"]["counted"])
            for row in rows
        ]

    day = f"local(t, '{zone}')::DATE"
    sql = f"""
        SELECT strftime(day, '%Y-%m-%d'), count(e.id) FILTER ({day} = day),
            count(e.id) FILTER ({day} = day - {days}),
            count(e.id) FILTER ({day} = day - {days} AND counted)
        FROM (SELECT unnest(range(DATE '{since}', DATE '{until}', INTERVAL 1 DAY))::DATE AS day)
        LEFT JOIN e ON {day} IN (day, day - {days}) GROUP BY day"""
    return Row(f"days in {zone} beside those {days} days before", ask, sql)


COMPARISONS = [
    compared(
        *("ten days and the ten before them", "previous"),
        *(("{d-12}", "{d-2}"), ("{d-22}", "{d-12}")),
        zone="Asia/Kolkata",
    ),
    compared(
        *("two whole months and the two before them", "previous"),
        *(("{m-2}", "{m+0}"), ("{m-4}", "{m-2}")),
        zone="Europe/Berlin",
    ),
    compared(
        *("six hours and the six before them", "previous"),
        *(("{d-1} 12:00", "{d-1} 18:00"), ("{d-1} 06:00", "{d-1} 12:00")),
    ),
    compared(
        *("the days around now and the same weekdays a year ago", "year_by_weekday"),
        *(("{d-3}", "{d+20}"), ("{d-367}", "{d-344}")),
    ),
    compared(
        *("a window and another one that is named", {"since": "{d-200}", "until": "{d-100}"}),
        *(("{d-30}", "{d-2}"), ("{d-200}", "{d-100}")),
    ),
    compared_by_day("Europe/Berlin", "{c-3}", "{c+4}", 7),
    compared_by_day("Asia/Kolkata", "{d-10}", "{d-3}", 7),
    compared_by_day("UTC", "{d-4}", "{d+18}", 364),
]


# ── funnels and explanations ──────────────────────────────────────────────────────────────────


def funnel(sentence: str, by: str, seconds: int, *steps: dict[str, str]) -> Row:
    """How many did the first step, and within so long of it each next one after another."""

    def ask(demo: Demo) -> list[Any]:
        asked = {"by": by, "within_seconds": seconds, "steps": list(steps)}
        answer = demo.post("/reports", {"metrics": [{"funnel": asked}]})
        return list(enumerate(answer["totals"]["funnel"], 1))

    holds = [" AND ".join(f"{name} = '{value}'" for name, value in one.items()) for one in steps]
    some = f"SELECT {by} AS who, t FROM e WHERE counted AND {by}::TEXT NOT IN ('', '0')"
    sql = f"WITH s1 AS (SELECT who, t AS first, t FROM ({some} AND {holds[0]}))"
    for number, one in enumerate(holds[1:], 2):
        sql += (
            f", s{number} AS (SELECT s.who, s.first, n.t FROM s{number - 1} AS s"
            f" JOIN ({some} AND {one}) AS n ON n.who = s.who AND n.t >= s.t"
            f" AND n.t <= s.first + INTERVAL {seconds} SECOND)"
        )
    found = (f"SELECT {n}, count(DISTINCT who) FROM s{n}" for n in range(1, len(steps) + 1))
    return Row(sentence, ask, f"{sql} {' UNION ALL '.join(found)}")


FUNNELS = [
    funnel(
        *("who opened a letter and clicked within an hour", "destination", 3600),
        *({"kind": "open"}, {"kind": "click"}),
    ),
    funnel(
        *("who got a letter, opened it and clicked within two days", "destination", 172_800),
        *({"kind": "delivery"}, {"kind": "open"}, {"kind": "click"}),
    ),
    funnel(
        *("readers who opened and unsubscribed", "profile", 30 * 86_400),
        *({"kind": "open"}, {"kind": "unsubscribe"}),
    ),
    funnel(
        *("visitors who saw an ad, clicked it and bought", "visitor", 86_400),
        *({"source": "everflow", "kind": "impression"}, {"source": "everflow", "kind": "click"}),
    ),
]


def explained(sentence: str, where: str, **asked: Any) -> Row:
    def ask(demo: Demo) -> list[Any]:
        answer = demo.post("/counts/explain", asked)
        reasons = [
            (step["verdict"], one["reason"], one["events"])
            for step in answer["steps"]
            for one in step["reasons"]
        ]
        names = ("received", "counted", "interactions", "with_visitor", "uniques", "recipients")
        left = answer["received"]
        for step in answer["steps"]:
            left -= step["events"]
            assert step["remaining"] == left
        return [*reasons, *((name, "", answer[name]) for name in names)]

    counts = {**COUNTS, "received": "count(*)"}
    names = ("received", "counted", "interactions", "with_visitor", "uniques", "recipients")
    each = (f"SELECT '{name}', '', {counts[name]} FROM e WHERE {where}" for name in names)
    sql = f"""
        SELECT verdict, reason, count(*) FROM e WHERE {where} AND NOT counted GROUP BY ALL
        UNION ALL {" UNION ALL ".join(each)}"""
    return Row(sentence, ask, sql)


EXPLAINED = [
    explained(
        "why so many of a hundred days count",
        "t >= '{d-100}' AND t < '{d-1}'",
        since="{d-100}",
        until="{d-1}",
    ),
    explained(
        "why so many of a month in Berlin count",
        "local(t, 'Europe/Berlin') >= '{m-1}' AND local(t, 'Europe/Berlin') < '{m+0}'",
        since="{m-1}",
        until="{m+0}",
        zone="Europe/Berlin",
    ),
    explained(
        "why so many opens count",
        "kind = 'open'",
        filters={"kind": "open"},
    ),
]

ROWS = [*TOTALS, *TIMES, *COMPARISONS, *FUNNELS, *EXPLAINED]
