"""`POST /reports`: any question for counts, and where its answer came from."""

import asyncio
import contextlib
import time
from functools import partial
from typing import Annotated, Final, Literal, get_args

import msgspec
from litestar import Response
from msgspec import Meta

from footfall.api.bodies import answer
from footfall.api.operations import operation
from footfall.api.parts import Parts
from footfall.core.accounts import Scope
from footfall.core.calendar import OF_DAYS, QUARTER_HOUR_MS
from footfall.core.errors import InvalidRequest, StoreUnavailable
from footfall.core.queries import Bucket, Condition, EventFilter
from footfall.core.reports import ROLLED, Funnel, Metric, Report, ReportQuery
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
    FilteredRequest,
    Filters,
    read_column,
    read_conditions,
    read_filters,
    read_json,
)
from footfall.dialects.native.metrics import (
    ALWAYS,
    FUNNEL,
    METRICS,
    RATE,
    SHARE,
    SUMS_OF_DAYS,
    provenance,
)
from footfall.dialects.native.policies import with_policy
from footfall.dialects.native.report_body import (
    ROWS_MAX,
    TIME,
    ReportBody,
    ReportPlan,
    count_buckets,
    show_report,
)
from footfall.dialects.native.windows import Window, read_moment, starts
from footfall.runtime.row_budgets import Budgets

DIMENSIONS_MAX: Final = 3
TOP_MAX: Final = 1_000
STEPS_MAX: Final = 10

WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK_DAYS: Final = get_args(WeekDay)

OrderBy = Literal["counted", "events", "interactions", "uniques", "recipients", "last_seen"]


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


class NumbersRequest(FilteredRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events. `as_of` is the id of an event: nothing received after it counts. `policy`
    classifies as that earlier one did what was received until the next one took effect."""

    as_of: str | None = None
    policy: int | None = None

    def filter(self, account: int, window: Window) -> EventFilter:
        """Raises InvalidRequest."""
        found = super().filter(account, window)
        if self.as_of is None:
            return found
        return msgspec.structs.replace(found, below=read_id("as_of", self.as_of) + 1)


class ReportRequest(NumbersRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fill` shows buckets without events too. `compare` adds the counts of another window:
    `previous`, `year`, `year_by_weekday`, or any."""

    metrics: Annotated[list[str | FunnelMetric], Meta(min_length=1, max_length=8)] = msgspec.field(
        default_factory=lambda: ["counted"]
    )
    dimensions: Annotated[list[str | TimeDimension], Meta(max_length=DIMENSIONS_MAX)] = (
        msgspec.field(default_factory=list)
    )
    week_start: WeekDay = "monday"
    top: Annotated[int, Meta(ge=1, le=TOP_MAX)] = 100
    order_by: OrderBy = "counted"
    compare: (
        Annotated[str, Meta(extra_json_schema={"enum": list(COMPARISONS)})] | Compared | None
    ) = None
    fill: bool = True


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
    since = min(window.since, other.since) if other else window.since
    named = await parts.policies.named(account, body.policy, since)
    query = with_policy(plan.query, named)
    as_of = await parts.reader.as_of()
    caught_up = time.perf_counter()
    read, earlier = partial(ask, parts, call.api.budgets, call.caller.id), None
    async with contextlib.AsyncExitStack() as turn:
        if not await parts.reader.is_small(query):
            await turn.enter_async_context(parts.reader.turns.hold(account))
        report = await read(query)
        if other is not None:
            earlier = await read(_moved(query, other, [one.values for one in report.groups]))
        # In a thread: a hundred thousand rows take longer than a scan may wait.
        shown = await asyncio.to_thread(show_report, plan, report, earlier)
    done = time.perf_counter()
    reports = [report, *([earlier] if earlier else [])]
    notes = await parts.unknown_ids(query, not report.totals.events)
    shown["complete"] = shown["complete"] and parts.integrity.complete
    content = ReportBody(
        **shown,
        milliseconds=round((done - began) * 1000, 3),
        **provenance(reports, plan.shown, query, named, as_of, notes),
    )
    read_ms = sum(one.cost.milliseconds for one in reports)
    return answer(content, headers={"Server-Timing": show_timing(began, caught_up, done, read_ms)})


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
        metrics={**METRICS, FUNNEL: "how many persons came to each of several steps"},
        dimensions={
            name: "counted in advance" if name in counted else "counted from the events"
            for name in (*FILTERED, "metadata.KEY")
        },
        time=[bucket.value for bucket in Bucket],
        operators=[*OPERATORS, PRESENT],
        times=list(TIMES),
        order_by=list(get_args(OrderBy)),
        compare=COMPARISONS,
        sums_of_days=list(SUMS_OF_DAYS),
        fill="buckets without events are rows too: true (default) or false",
        week_start=list(WEEK_DAYS),
        limits={"dimensions": DIMENSIONS_MAX, "top": TOP_MAX, "rows": ROWS_MAX},
    )


async def _with_archive(parts: Parts, query: ReportQuery) -> ReportQuery:
    since = query.occurred_since or 0
    months = await asyncio.to_thread(parts.deletions.archives.gone, query.account, since)
    return msgspec.structs.replace(query, archived=months)


async def read_report_window(parts: Parts, account: int, body: ReportRequest) -> Window:
    """Without `since` it begins with the day, or the longer bucket, of the first event: of the
    tracker that the filters name, otherwise of the account. Raises InvalidRequest."""
    window = body.window(parts.clock())
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
        week_start=WEEK_DAYS.index(body.week_start) + 1,
    )
    found = (await parts.reader.report(query)).groups
    near = starts(Window(window.until - 1, window.until, window.zone), bucket, query.week_start)
    first = found[0].start if found else next(near)
    months = await asyncio.to_thread(parts.deletions.archives.gone, account, 0)
    if first is None or any(month.until <= first for month in months):
        return window  # archived events are older than all counts
    return Window(max(first, window.since), window.until, window.zone)


def read_report(body: ReportRequest, account: int, window: Window, cells_max: int) -> ReportPlan:
    """Raises InvalidRequest, naming what is wrong, and TooLarge when it is known beforehand that it
    has more than so many cells."""
    dimensions, bucket = _dimensions(body)
    names = [one for one in body.metrics if isinstance(one, str)]
    funnels = [one.funnel for one in body.metrics if not isinstance(one, str)]
    for name in names:
        if name not in METRICS:
            raise InvalidRequest(f"There is no metric {name[:40]!r}: {', '.join(METRICS)}, funnel.")
    if funnels and (len(funnels) > 1 or bucket):
        raise InvalidRequest("A report has one funnel, and then no time among its dimensions.")
    if "uniques" in names:
        names.append("with_visitor")
    shown = frozenset([*names, *([FUNNEL] if funnels else [])])
    metrics = {Metric(name) for name in names if name not in (SHARE, RATE)}
    columns = len(body.dimensions) + (1 if body.compare is None else 2) * len(shown)
    query = ReportQuery(
        **msgspec.structs.asdict(body.filter(account, window)),
        dimensions=dimensions,
        metrics=frozenset({*metrics, *ALWAYS, Metric(body.order_by)}),
        funnel=_funnel(funnels[0]) if funnels else None,
        bucket=bucket,
        zone=window.zone,
        week_start=WEEK_DAYS.index(body.week_start) + 1,
        order_by=Metric(body.order_by),
        top=body.top,
        rows_max=min(ROWS_MAX, cells_max // columns),
    )
    plan = ReportPlan(query, window, _comparison(body, window), shown, body.fill)
    buckets = count_buckets(plan)
    return msgspec.structs.replace(plan, query=msgspec.structs.replace(query, buckets=buckets))


def show_timing(began: float, caught_up: float, done: float, read_ms: float) -> str:
    """https://www.w3.org/TR/server-timing/; in milliseconds."""
    return (
        f"catch_up;dur={(caught_up - began) * 1000:.2f}, store;dur={read_ms:.2f},"
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
