"""`POST /reports`: any question for counts, and where its answer came from."""

import asyncio
import contextlib
import time
from typing import Annotated, Final

import msgspec
from litestar import Response
from msgspec import Meta

from footfall.api.bodies import answer
from footfall.api.operations import operation
from footfall.api.parts import Parts
from footfall.core.accounts import Scope
from footfall.core.calendar import OF_DAYS, QUARTER_HOUR_MS
from footfall.core.errors import InvalidRequest, StoreUnavailable
from footfall.core.queries import Bucket, Condition
from footfall.core.reports import ROLLED, Cost, Funnel, Metric, Report, ReportQuery
from footfall.dialects.native.comparisons import (
    COMPARISONS,
    Comparison,
    compare_with,
    compare_with_window,
)
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.events import read_id
from footfall.dialects.native.filters import (
    FILTERED,
    OPERATORS,
    PRESENT,
    TIMES,
    Filters,
    read_column,
    read_conditions,
    read_filters,
    read_json,
)
from footfall.dialects.native.policies import show_named, with_policy
from footfall.dialects.native.report_body import (
    ALWAYS,
    RATE,
    ROWS_MAX,
    SHARE,
    SUMS_OF_DAYS,
    TIME,
    ReportBody,
    ReportPlan,
    count_buckets,
    show_report,
    show_source,
    show_sums,
)
from footfall.dialects.native.visitors import VISITOR_METRICS
from footfall.dialects.native.windows import Window, read_moment, read_window, starts
from footfall.runtime.row_budgets import Budgets

DIMENSIONS_MAX: Final = 3
TOP_MAX: Final = 1_000
STEPS_MAX: Final = 10
WEEK_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

METRICS: Final = {
    "events": "everything that matches, whatever its verdict",
    "counted": "what counts: events with the verdict counted",
    **VISITOR_METRICS,
    SHARE: "the part of all that is counted that this row has, 0 to 1",
    RATE: "the part of the row's events that counts, 0 to 1",
    "first_seen": "when the first of what is counted happened",
    "last_seen": "when the last of what is counted happened",
}
_ORDERS: Final = ("counted", "events", "interactions", "uniques", "recipients", "last_seen")


class FunnelRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`by` is the column that names a person. Each step is filters; all are done in their order,
    within so many seconds of the first."""

    by: str = "visitor"
    within_seconds: Annotated[int, Meta(ge=1, le=366 * 86_400)] = 86_400
    steps: Annotated[list[Filters], Meta(min_length=2, max_length=STEPS_MAX)]


class FunnelMetric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    funnel: FunnelRequest


class TimeDimension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    time: Bucket


class Compared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another window, in the zone of the report."""

    since: str
    until: str


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`until` does not belong to the window. `fill` shows buckets without events too. `compare`
    adds the counts of another window: `previous`, `year`, `year_by_weekday`, or any. `as_of`
    is the id of an event: nothing received after it counts. `policy` judges as that earlier one
    did what was received until the next one took effect."""

    metrics: Annotated[list[str | FunnelMetric], Meta(min_length=1, max_length=8)] = msgspec.field(
        default_factory=lambda: ["counted"]
    )
    dimensions: Annotated[list[str | TimeDimension], Meta(max_length=DIMENSIONS_MAX)] = []
    since: str = ""
    until: str = ""
    zone: str = "UTC"
    week_start: str = "monday"
    filters: Filters = {}
    top: Annotated[int, Meta(ge=1, le=TOP_MAX)] = 100
    order_by: str = "counted"
    compare: (
        Annotated[str, Meta(extra_json_schema={"enum": list(COMPARISONS)})] | Compared | None
    ) = None
    fill: bool = True
    as_of: str | None = None
    policy: int | None = None


class ReportSchema(msgspec.Struct, frozen=True):
    metrics: dict[str, str]
    dimensions: dict[str, str]
    time: list[str]
    operators: list[str]
    times: list[str]
    order_by: list[str]
    week_start: list[str]
    limits: dict[str, int]
    compare: dict[str, str]
    sums_of_days: list[str]
    fill: str


@operation(
    "POST /reports",
    "Count events by up to three dimensions",
    body=ReportRequest,
    answer=ReportBody,
    scope=Scope.READ,
)
async def make_report(call: Call, body: ReportRequest) -> Response[bytes]:
    began = time.perf_counter()
    account, parts = call.account, call.api.parts
    window = await read_report_window(parts, account, body)
    plan = read_report(body, account, window, parts.settings.report_cells_max)
    other = plan.comparison.window if plan.comparison else None
    windows = [plan.window, *([other] if other else [])]
    since = min(window.since for window in windows)
    named = await parts.policies.named(account, body.policy, since)
    query = with_policy(plan.query, named)
    plan = msgspec.structs.replace(plan, query=query)
    as_of = await parts.reader.as_of()
    caught_up = time.perf_counter()
    async with contextlib.AsyncExitStack() as turn:
        if not await parts.reader.is_small(query):
            await turn.enter_async_context(parts.reader.turns.hold(account))
        report = await ask(parts, call.api.budgets, call.caller.id, query)
        earlier, cost = None, report.cost
        if other is not None:
            moved = _moved(query, other, [one.values for one in report.groups])
            earlier = await ask(parts, call.api.budgets, call.caller.id, moved)
            cost += earlier.cost
        # In a thread: a hundred thousand rows take longer than a scan may wait.
        shown = await asyncio.to_thread(show_report, plan, report, earlier)
    done = time.perf_counter()
    shown |= show_source(report, earlier, cost, plan.shown) | show_named(named)
    shown |= {
        **show_sums(plan.shown),
        "milliseconds": round((done - began) * 1000, 3),
        "as_of": str(as_of if query.below is None else min(as_of, query.below - 1)),
        "lag_seconds": 0.0,
        "complete": shown["complete"] and parts.integrity.complete,
        "notes": await parts.unknown_ids(query, not report.totals.events),
    }
    timing = {"Server-Timing": show_timing(began, caught_up, done, cost)}
    return answer(ReportBody(**shown), headers=timing)


async def ask(parts: Parts, budgets: Budgets, caller: str, query: ReportQuery) -> Report:
    """With the archived months of the window. A file of a month that is replaced meanwhile, because
    events in it are erased, is missing: the one in its place is read."""
    query = await _with_archive(parts, query)
    try:
        return await budgets.report(caller, parts.reader, query)
    except StoreUnavailable:
        again = await _with_archive(parts, query)
        if again.archived == query.archived:
            raise
        return await budgets.report(caller, parts.reader, again)


@operation("GET /reports/schema", "What may be queried", answer=ReportSchema, inline=True)
def get_schema(_: Call) -> ReportSchema:
    """With a line each."""
    counted = {*ROLLED, "kind", "source", "verdict"}
    return ReportSchema(
        metrics={**METRICS, "funnel": "how many persons came to each of several steps"},
        dimensions={
            name: "counted in advance" if name in counted else "counted from the events"
            for name in (*FILTERED, "metadata.KEY")
        },
        time=[bucket.value for bucket in Bucket],
        operators=[*OPERATORS, PRESENT],
        times=list(TIMES),
        order_by=list(_ORDERS),
        compare=COMPARISONS,
        sums_of_days=list(SUMS_OF_DAYS),
        fill="buckets without events are rows too: true (default) or false",
        week_start=list(WEEK_DAYS),
        limits={"dimensions": DIMENSIONS_MAX, "top": TOP_MAX, "rows": ROWS_MAX},
    )


async def _with_archive(parts: Parts, query: ReportQuery) -> ReportQuery:
    since = query.occurred_since or 0
    months = await asyncio.to_thread(parts.removals.archives.gone, query.account, since)
    return msgspec.structs.replace(query, archived=months)


async def read_report_window(parts: Parts, account: int, body: ReportRequest) -> Window:
    """Without `since` it begins with the day, or the longer bucket, of the first event: of the
    tracker that the filters name, otherwise of the account. Raises InvalidRequest."""
    window = read_window(body.since, body.until, body.zone, parts.clock())
    if body.since:
        return window
    _, bucket = _dimensions(body)
    bucket = bucket if bucket in OF_DAYS else Bucket.DAY
    # Whole quarter-hours are counted in advance.
    query = ReportQuery(
        account=account,
        tracker=read_filters(read_json(body.filters), account, window.zone).tracker,
        occurred_since=window.since,
        occurred_until=-(-window.until // QUARTER_HOUR_MS) * QUARTER_HOUR_MS,
        metrics=frozenset({Metric.EVENTS}),
        order_by=Metric.EVENTS,
        bucket=bucket,
        zone=window.zone,
        week_start=_week_start(body),
    )
    found = (await parts.reader.report(query)).groups
    near = starts(Window(window.until - 1, window.until, window.zone), bucket, query.week_start)
    first = found[0].start if found else next(near)
    months = await asyncio.to_thread(parts.removals.archives.gone, account, 0)
    if first is None or any(month.until <= first for month in months):
        return window  # archived events are older than all counts
    return Window(max(first, window.since), window.until, window.zone)


def _week_start(body: ReportRequest) -> int:
    if body.week_start not in WEEK_DAYS:
        raise InvalidRequest(f"week_start: one of {', '.join(WEEK_DAYS)}.")
    return WEEK_DAYS.index(body.week_start) + 1


def read_report(body: ReportRequest, account: int, window: Window, cells_max: int) -> ReportPlan:
    """Raises InvalidRequest, naming what is wrong, and TooLarge when it is known beforehand that it
    has more than so many cells."""
    dimensions, bucket = _dimensions(body)
    names = [one for one in body.metrics if isinstance(one, str)]
    funnels = [one.funnel for one in body.metrics if not isinstance(one, str)]
    for name in names:
        if name not in METRICS:
            raise InvalidRequest(f"There is no metric {name[:40]!r}: {', '.join(METRICS)}, funnel.")
    if body.order_by not in _ORDERS:
        raise InvalidRequest(f"order_by: one of {', '.join(_ORDERS)}.")
    if funnels and (len(funnels) > 1 or bucket):
        raise InvalidRequest("A report has one funnel, and then no time among its dimensions.")
    wanted = read_filters(read_json(body.filters), account, window.zone, window.since, window.until)
    given = msgspec.structs.asdict(wanted)
    if body.as_of is not None:
        given["below"] = read_id("as_of", body.as_of) + 1
    if "uniques" in names:
        names.append("with_visitor")
    shown = frozenset([*names, *(["funnel"] if funnels else [])])
    metrics = {Metric(name) for name in names if name not in (SHARE, RATE)}
    query = ReportQuery(
        **given,
        dimensions=dimensions,
        metrics=frozenset({*metrics, *ALWAYS, Metric(body.order_by)}),
        funnel=_funnel(funnels[0]) if funnels else None,
        bucket=bucket,
        zone=window.zone,
        week_start=_week_start(body),
        order_by=Metric(body.order_by),
        top=body.top,
        rows_max=min(ROWS_MAX, cells_max // _columns(body, len(shown))),
    )
    plan = ReportPlan(query, window, _comparison(body, window), shown, body.fill)
    buckets = count_buckets(plan)
    return msgspec.structs.replace(plan, query=msgspec.structs.replace(query, buckets=buckets))


def _columns(body: ReportRequest, metrics: int) -> int:
    times = 1 if body.compare is None else 2
    return len(body.dimensions) + times * metrics


def show_timing(began: float, caught_up: float, done: float, cost: Cost) -> str:
    """https://www.w3.org/TR/server-timing/; in milliseconds."""
    return (
        f"catch_up;dur={(caught_up - began) * 1000:.2f}, store;dur={cost.milliseconds:.2f},"
        f" total;dur={(done - began) * 1000:.2f}"
    )


def _dimensions(body: ReportRequest) -> tuple[tuple[str, ...], Bucket | None]:
    buckets = [one.time for one in body.dimensions if not isinstance(one, str)]
    names = [one for one in body.dimensions if isinstance(one, str)]
    if TIME in names:
        raise InvalidRequest('dimensions: write time as {"time": "day"}.')
    if len(buckets) > 1 or len(set(names)) < len(names):
        raise InvalidRequest("dimensions: each stands there once.")
    return tuple(read_column(name) for name in names), buckets[0] if buckets else None


def _funnel(body: FunnelRequest) -> Funnel:
    steps: list[tuple[Condition, ...]] = []
    for one in body.steps:
        if not one:
            raise InvalidRequest('funnel: each step needs a filter, such as {"kind": "scan"}.')
        steps.append(read_conditions(read_json(one)))
    return Funnel(read_column(body.by), body.within_seconds, tuple(steps))


def _comparison(body: ReportRequest, window: Window) -> Comparison | None:
    if body.compare is None:
        return None
    if isinstance(body.compare, str):
        compared = compare_with(body.compare, window)
        if not body.since:
            raise InvalidRequest(f'compare: "{body.compare}" needs a window with "since".')
        return compared
    since = read_moment(body.compare.since, "compare.since", window.zone)
    until = read_moment(body.compare.until, "compare.until", window.zone)
    if until <= since:
        raise InvalidRequest("compare: until must be after since.")
    return compare_with_window(Window(since, until, window.zone), window)


def _moved(query: ReportQuery, window: Window, only: list[tuple[str, ...]]) -> ReportQuery:
    """The same question about another window, of the same values."""
    return msgspec.structs.replace(
        query,
        occurred_since=window.since,
        occurred_until=window.until,
        only=tuple(dict.fromkeys(only)) if query.dimensions else None,
        buckets=0,
    )
