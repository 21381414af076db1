"""Reports from whatever table answers, against a plain count of the same events."""

import random
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import groupby
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from footfall.core.events import SENT, Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import Bucket, Condition, Operator
from footfall.core.reports import Counts, Funnel, Group, Metric, ReportQuery
from footfall.store.store import ClickHouseStore

QUARTER_MS = 900_000
FIRST = int(datetime(2025, 10, 1, tzinfo=UTC).timestamp()) * 1000
LAST = int(datetime(2026, 4, 15, tzinfo=UTC).timestamp()) * 1000
ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe"]
DAYS = {Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.YEAR}
CHOICES: dict[str, list[Any]] = {
    "kind": [*[EventKind.SCAN] * 2, *EventKind],
    "source": ["native", "openqr"],
    "verdict": [Verdict.COUNTED, Verdict.COUNTED, Verdict.BOT, Verdict.REPEAT],
    "tracker": [0, 7, 8, 1 << 40],
    "country": ["", "NL", "DE"],
    "os": ["", "iOS", "Android"],
    "browser": ["", "Firefox"],
    "offer": ["", "", "3", "4"],
    "affiliate": ["", "5"],
    "campaign": ["", "", "spring"],
    "profile": ["", "a", "b", "it's \\ odd", "ü,\n"],
    "asn": [0, 64500, 64501],
    "ip": ["", "192.0.2.7", "2001:db8::1"],
    "visitor": [0, 1, 2, 3, 4, 5],
    "metadata": ["", '{"shop":{"id":7},"name":"x"}', '{"shop":{"id":"7"}}', '{"name":""}'],
}
TEXTS = {
    "metadata.shop.id": {'{"shop":{"id":7},"name":"x"}': "7", '{"shop":{"id":"7"}}': "7"},
    "metadata.name": {'{"shop":{"id":7},"name":"x"}': "x"},
}

PRESENT = {
    "metadata.shop.id": {*TEXTS["metadata.shop.id"]},
    "metadata.name": {*TEXTS["metadata.name"], '{"name":""}'},
}


def made_events() -> list[Event]:
    chance = random.Random(5)
    events = []
    for number in range(3_000):
        at = chance.randrange(FIRST, LAST)
        fields = {name: chance.choice(values) for name, values in CHOICES.items()}
        events.append(
            Event(
                id=((at - EPOCH_MS) << TIME_SHIFT) + number,
                account=1 if number % 10 else 2,
                delay=chance.choice([0, 0, 0, QUARTER_MS, 3 * 86_400_000]),
                **fields,
            )
        )
    return sorted(events, key=lambda event: event.id)


EVENTS = made_events()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('reports')}", 400_000_000)
    for number in range(0, len(EVENTS), 500):
        some_events = EVENTS[number : number + 500]
        lines = b"".join(msgspec.json.encode(event) + b"\n" for event in some_events)
        opened.insert(Batch(f"batch-{number}", number, len(some_events), lines))
    yield opened
    opened.close()


def text(event: Event, column: str) -> str:
    if column.startswith("metadata."):
        return TEXTS[column].get(event.metadata, "")
    return str(getattr(event, column))


def passes(event: Event, one: Condition) -> bool:
    value = text(event, one.column)
    present = value not in ("", "0") if one.column in ("tracker", "asn") else value != ""
    if one.column.startswith("metadata."):
        present = event.metadata in PRESENT[one.column]
    match one.operator:
        case Operator.IS:
            return value in one.values
        case Operator.NOT:
            return value not in one.values
        case Operator.PREFIX:
            return any(value.startswith(wanted) for wanted in one.values)
        case Operator.CONTAINS:
            return any(wanted in value for wanted in one.values)
        case Operator.PRESENT:
            return present
        case Operator.ABSENT:
            return not present
    number, wanted = ordered(one.column, value), ordered(one.column, one.values[0])
    if number is None or wanted is None:
        return False
    return number >= wanted if one.operator is Operator.FROM else number < wanted


def ordered(column: str, value: str) -> float | None:
    """What `from` and `to` compare: numbers, and addresses as those of IPv6."""
    try:
        if column != "ip":
            return float(value)
        address = ip_address(value)
    except ValueError:
        return None
    return int(address) + (0xFFFF << 32 if address.version == 4 else 0)


def start_of(at: int, query: ReportQuery) -> int | None:
    if query.bucket is None:
        return None
    local = datetime.fromtimestamp(at // 1000, zoneinfo.ZoneInfo(query.zone))
    if query.bucket not in DAYS:
        past = local.minute % (15 if query.bucket is Bucket.QUARTER_HOUR else 60)
        return (at // 60_000 - past) * 60_000
    day = local.date()
    if query.bucket is Bucket.WEEK:
        day -= timedelta(days=(day.isoweekday() - query.week_start) % 7)
    elif query.bucket is Bucket.MONTH:
        day = day.replace(day=1)
    elif query.bucket is Bucket.YEAR:
        day = day.replace(month=1, day=1)
    begin = datetime(day.year, day.month, day.day, tzinfo=zoneinfo.ZoneInfo(query.zone))
    return int(begin.timestamp()) * 1000


def count(events: list[Event], query: ReportQuery) -> Counts:
    counted = [event for event in events if event.verdict is Verdict.COUNTED]
    times = [event.occurred_at for event in counted]
    asked = query.metrics
    done = [event for event in counted if event.kind not in SENT]
    sent = [event for event in counted if event.kind in SENT]
    return Counts(
        events=len(events),
        counted=len(counted) if Metric.COUNTED in {*asked, query.order_by} else 0,
        interactions=len(done) if Metric.INTERACTIONS in asked else 0,
        uniques=len({e.visitor for e in done} - {0}) if Metric.UNIQUES in asked else 0,
        with_visitor=sum(e.visitor != 0 for e in done) if Metric.WITH_VISITOR in asked else 0,
        recipients=len({e.visitor for e in sent} - {0}) if Metric.RECIPIENTS in asked else 0,
        first_seen=min(times, default=None) if Metric.FIRST_SEEN in asked else None,
        last_seen=max(times, default=None) if Metric.LAST_SEEN in asked else None,
    )


def matching(query: ReportQuery) -> list[Event]:
    since, until = query.occurred_since or 0, query.occurred_until or 0
    return [
        event
        for event in EVENTS
        if event.account == query.account
        and since <= event.occurred_at < until
        and query.tracker in (None, event.tracker)
        and all(passes(event, one) for one in query.conditions)
    ]


def grouped(events: list[Event], query: ReportQuery) -> dict[tuple[str, ...], list[Event]]:
    def key(event: Event) -> tuple[str, ...]:
        return tuple(text(event, column) for column in query.dimensions)

    return {k: list(g) for k, g in groupby(sorted(events, key=key), key)}


def by_start(events: list[Event], query: ReportQuery) -> list[tuple[int | None, list[Event]]]:
    starts = {event.id: start_of(event.occurred_at, query) for event in events}
    ordered = sorted(events, key=lambda event: starts[event.id] or 0)
    return [(k, list(g)) for k, g in groupby(ordered, lambda event: starts[event.id])]


COLUMNS = [
    *("kind", "source", "verdict", "tracker", "country", "os", "offer", "affiliate", "campaign"),
    *("profile", "asn", "ip", "metadata.shop.id", "metadata.name"),
]


@some.composite
def conditions(draw: some.DrawFn) -> Condition:
    column = draw(some.sampled_from(COLUMNS))
    number = column in ("tracker", "asn")
    test = draw(some.sampled_from(Operator))
    if test in (Operator.PRESENT, Operator.ABSENT):
        return Condition(column, test)
    if test in (Operator.FROM, Operator.TO) and column == "ip":
        return Condition(column, test, (draw(some.sampled_from(["192.0.2.7", "::5", "fe80::"])),))
    if test in (Operator.FROM, Operator.TO):
        return Condition(column, test, (str(draw(some.sampled_from([0, 4, 7, 64501]))),))
    source = TEXTS.get(column, {}).values() or CHOICES.get(column, [])
    values = [*map(str, source), *([] if number else ["", "a", "N", "192.", "%"])]
    chosen = draw(some.lists(some.sampled_from(values), min_size=1, max_size=3))
    if number and test in (Operator.PREFIX, Operator.CONTAINS):
        chosen = [one[:2] for one in chosen]
    return Condition(column, test, tuple(chosen))


@some.composite
def queries(draw: some.DrawFn) -> ReportQuery:
    step = draw(some.sampled_from([QUARTER_MS, QUARTER_MS, QUARTER_MS, 1_234_567]))
    since = FIRST + draw(some.integers(0, (LAST - FIRST) // step)) * step
    until = since + draw(some.integers(1, 120 * 86_400_000 // step)) * step
    metrics = draw(some.sets(some.sampled_from([*Metric, Metric.COUNTED, Metric.EVENTS])))
    return ReportQuery(
        account=draw(some.sampled_from([1, 1, 2])),
        tracker=draw(some.sampled_from([None, None, None, 7])),
        occurred_since=since,
        occurred_until=until,
        conditions=tuple(draw(some.lists(conditions(), max_size=2))),
        dimensions=tuple(draw(some.lists(some.sampled_from(COLUMNS), max_size=3, unique=True))),
        metrics=frozenset(metrics & {Metric.EVENTS, Metric.COUNTED} or metrics),
        bucket=draw(some.sampled_from([None, None, *Bucket])),
        zone=draw(some.sampled_from(ZONES)),
        week_start=draw(some.integers(1, 7)),
        top=draw(some.sampled_from([2, 1000])),
    )


@given(queries(), some.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[*HealthCheck])
def test_a_report_counts_what_a_plain_count_does(
    store: ClickHouseStore, query: ReportQuery, every_metric: bool
) -> None:
    if every_metric:
        query = msgspec.structs.replace(query, metrics=frozenset(Metric))
    events = matching(query)
    report = store.report(query)
    assert report.totals == count(events, query)
    groups = grouped(events, query)
    if not query.dimensions:
        series = [Group((), start, count(own, query)) for start, own in by_start(events, query)]
        assert report.groups == (series if query.bucket else [])
        return
    assert report.found == len(groups)
    rank = sorted(groups, key=lambda values: (-count(groups[values], query).counted, values))
    expected = [
        Group(values, start, count(own, query))
        for values in rank[: query.top]
        for start, own in by_start(groups[values], query)
    ]
    assert report.groups == expected
    if query.bucket:
        assert report.series == [
            Group((), start, count(own, query)) for start, own in by_start(events, query)
        ]


@pytest.mark.parametrize(
    ("asked", "table"),
    [
        ({}, "rollup_account"),
        ({"metrics": frozenset({Metric.UNIQUES})}, "rollup_account"),
        ({"metrics": frozenset({Metric.UNIQUES}), "tracker": 7}, "rollup"),
        ({"dimensions": ("country",)}, "rollup_account"),
        ({"dimensions": ("source", "campaign", "kind")}, "rollup_account"),
        ({"dimensions": ("country",), "tracker": 7}, "rollup"),
        ({"dimensions": ("campaign",), "tracker": 7}, "events"),
        ({"dimensions": ("country", "os")}, "events"),
        ({"dimensions": ("country",), "metrics": frozenset({Metric.UNIQUES})}, "events"),
        ({"dimensions": ("country",), "occurred_since": FIRST + 1}, "events"),
        (
            {
                "dimensions": ("country", "affiliate"),
                "conditions": (Condition("offer", Operator.PRESENT),),
            },
            "rollup_ads",
        ),
    ],
)
def test_the_smallest_table_that_knows_the_answer_gives_it(
    store: ClickHouseStore, asked: dict[str, Any], table: str
) -> None:
    whole = {"account": 1, "occurred_since": FIRST, "occurred_until": LAST}
    report = store.report(ReportQuery(**whole | asked))
    assert report.table == table
    assert report.totals.events > 0
    assert report.cost.rows > 0


@given(some.sampled_from([None, "country"]), some.sampled_from(["visitor", "profile"]))
@settings(max_examples=8, deadline=None, suppress_health_check=[*HealthCheck])
def test_a_funnel_counts_those_who_did_the_steps_in_order(
    store: ClickHouseStore, dimension: str | None, by: str
) -> None:
    within_seconds = 5 * 86_400
    steps = tuple((Condition("kind", Operator.IS, (kind,)),) for kind in ("scan", "open", "click"))
    query = ReportQuery(
        account=1,
        occurred_since=FIRST,
        occurred_until=FIRST + 30 * 86_400_000,
        dimensions=(dimension,) if dimension else (),
        funnel=Funnel(by, within_seconds, steps),
    )

    def reached(events: list[Event]) -> tuple[int, ...]:
        counted = [event for event in events if event.verdict is Verdict.COUNTED]
        people: dict[str, list[Event]] = {}
        for event in sorted(counted, key=lambda event: event.occurred_at):
            if (person := text(event, by)) not in ("", "0"):
                people.setdefault(person, []).append(event)
        levels = [best_level(own, within_seconds * 1000) for own in people.values()]
        return tuple(sum(level >= step for level in levels) for step in (1, 2, 3))

    report = store.report(query)
    events = matching(query)
    assert report.totals.steps == reached(events)
    groups = grouped(events, query)
    if dimension:
        found = {group.values: group.counts.steps for group in report.groups}
        assert found == {values: reached(own) for values, own in groups.items()}


def best_level(events: list[Event], within_ms: int) -> int:
    best = 0
    for number, first in enumerate(events):
        if first.kind is not EventKind.SCAN:
            continue
        level = 1
        for event in events[number + 1 :]:
            if event.occurred_at - first.occurred_at > within_ms or level == 3:
                break
            level += event.kind == (EventKind.OPEN, EventKind.CLICK)[level - 1]
        best = max(best, level)
    return best
