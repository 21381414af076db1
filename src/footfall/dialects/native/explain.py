"""`POST /counts/explain`: a number taken apart, from what was received to what counts.

    received → duplicate → prefetch, preview → bot → machine_open → internal → orphan → repeat
             → refused → counted → interactions → unique

Each event has one verdict, so what the steps take away and what counts add up to what was received.
What counts, and a person did, are the interactions; the rest was sent.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from footfall.api.bodies import decode
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.core.events import Verdict
from footfall.core.reports import Group, Metric, ReportQuery
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.events import read_id
from footfall.dialects.native.filters import Filters, read_filters, read_json
from footfall.dialects.native.policies import show_named, with_policy
from footfall.dialects.native.report_body import SUMS_OF_DAYS, show_sums
from footfall.dialects.native.reports import ask
from footfall.dialects.native.visitors import (
    ESTIMATED,
    known_recipients,
    known_uniques,
    show_estimates,
)
from footfall.dialects.native.windows import LocalWindow, read_window

STEPS: Final = (
    Verdict.DUPLICATE,
    Verdict.PREFETCH,
    Verdict.PREVIEW,
    Verdict.BOT,
    Verdict.MACHINE_OPEN,
    Verdict.INTERNAL,
    Verdict.ORPHAN,
    Verdict.REPEAT,
    Verdict.REFUSED,
)
REASONS_MAX: Final = 1_000


class ExplainRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which number: the events of a window that match, as in a report."""

    since: str = ""
    until: str = ""
    zone: str = "UTC"
    filters: Filters = {}
    as_of: str | None = None
    policy: int | None = None


class Reason(msgspec.Struct, frozen=True):
    reason: str
    events: int


class Step(msgspec.Struct, frozen=True):
    """What one verdict takes away, and what remains."""

    verdict: str
    events: int
    remaining: int
    reasons: list[Reason]


class Explained(msgspec.Struct, frozen=True):
    """From received to counted to unique. `uniques` are the different visitors of the
    `interactions`: the counted events that a person did, of which `with_visitor` have a visitor.
    null where none has one. `recipients` are those of the counted events that were sent."""

    received: int
    steps: list[Step]
    counted: int
    interactions: int
    with_visitor: int
    uniques: int | None
    recipients: int | None
    estimated: list[str]
    relative_error: float | None
    reasons_omitted: int
    sums_of_days: list[str]
    window: LocalWindow
    source: str
    rows_read: int
    bytes_read: int
    policy: int
    policy_applied: bool
    as_of: str
    lag_seconds: float
    notes: list[str]


@operation(
    "POST /counts/explain",
    "Take a number apart, from received to counted to unique",
    body=ExplainRequest,
    answer=Explained,
    scope=Scope.READ,
)
async def explain_count(call: Call, raw: bytes) -> Explained:
    """Without a body, the number of all events."""
    body, parts = decode(raw or b"{}", ExplainRequest), call.api.parts
    window = read_window(body.since, body.until, body.zone, call.now())
    wanted = read_filters(
        read_json(body.filters), call.account, window.zone, window.since, window.until
    )
    if any(one.column == "verdict" for one in wanted.conditions):
        raise InvalidRequest("filters: the verdicts are what is explained; filter other columns.")
    if body.as_of is not None:
        wanted = msgspec.structs.replace(wanted, below=read_id("as_of", body.as_of) + 1)
    named = await parts.policies.named(call.account, body.policy, window.since)
    as_of = await parts.reader.as_of()
    query = ReportQuery(
        **msgspec.structs.asdict(with_policy(wanted, named)),
        dimensions=("verdict", "reason"),
        metrics=frozenset({Metric.EVENTS, Metric.COUNTED}),
        order_by=Metric.EVENTS,
        top=REASONS_MAX,
    )
    of_people = msgspec.structs.replace(
        query,
        dimensions=(),
        metrics=frozenset({*Metric} - {Metric.FIRST_SEEN, Metric.LAST_SEEN}),
    )
    report = await ask(parts, call.api.budgets, call.caller.id, query)
    people = await ask(parts, call.api.budgets, call.caller.id, of_people)
    cost = report.cost + people.cost
    return Explained(
        received=report.totals.events,
        steps=waterfall(report.totals.events, report.groups),
        counted=report.totals.counted,
        interactions=people.totals.interactions,
        with_visitor=people.totals.with_visitor,
        uniques=known_uniques(people.totals),
        recipients=known_recipients(people.totals),
        **show_estimates([people], {*ESTIMATED}),
        **show_sums(frozenset(SUMS_OF_DAYS)),
        reasons_omitted=max(0, report.found - REASONS_MAX),
        window=window.shown(),
        source=report.table,
        rows_read=cost.rows,
        bytes_read=cost.bytes,
        **show_named(named),
        as_of=str(as_of if query.below is None else min(as_of, query.below - 1)),
        lag_seconds=0.0,
        notes=await parts.unknown_ids(wanted, not report.totals.events),
    )


def waterfall(received: int, groups: Sequence[Group]) -> list[Step]:
    """Every step, with how many events it takes away, how many remain and for which reasons."""
    reasons: dict[str, list[Reason]] = {}
    for group in groups:
        verdict, reason = group.values
        reasons.setdefault(verdict, []).append(Reason(reason, group.counts.events))
    steps = []
    remaining = received
    for step in STEPS:
        taken = reasons.get(step, [])
        events = sum(one.events for one in taken)
        remaining -= events
        steps.append(Step(step.value, events, remaining, taken))
    return steps


assert {*STEPS, Verdict.COUNTED} == {*Verdict}
