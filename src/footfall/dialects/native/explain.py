"""`POST /counts/explain`: a number taken apart, from what was received to what counts.

    received → duplicate → prefetch, preview → bot → machine_open → internal → orphan → repeat
             → refused → counted → interactions → unique

Each event has one verdict, so what the steps take away and what counts add up to what was received.
What counts, and a person did, are the interactions; the rest was sent.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from footfall.api.bodies import decode
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.core.events import Verdict
from footfall.core.reports import Group, Metric, ReportQuery
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.metrics import METRICS, Provenance, provenance, show_counts
from footfall.dialects.native.policies import with_policy
from footfall.dialects.native.reports import NumbersRequest, ask
from footfall.dialects.native.windows import LocalWindow

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


class Reason(msgspec.Struct, frozen=True):
    reason: str
    events: int


class Step(msgspec.Struct, frozen=True):
    """What one verdict takes away, and what remains."""

    verdict: str
    events: int
    remaining: int
    reasons: list[Reason]


class Explained(Provenance, frozen=True, kw_only=True):
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
    reasons_omitted: int
    window: LocalWindow


@operation(
    "POST /counts/explain",
    "Take a number apart, from received to counted to unique",
    body=NumbersRequest,
    answer=Explained,
    scope=Scope.READ,
)
async def explain_count(call: Call, raw: bytes) -> Explained:
    """Without a body, the number of all events."""
    body, parts = decode(raw or b"{}", NumbersRequest), call.api.parts
    window = body.window(call.now())
    wanted = body.filter(call.account, window)
    if any(one.column == "verdict" for one in wanted.conditions):
        raise InvalidRequest("filters: the verdicts are what is explained; filter other columns.")
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
    read = partial(ask, parts, call.api.budgets, call.caller.id)
    report, people = await read(query), await read(of_people)
    shown = show_counts(people.totals, {*METRICS})
    names = ("interactions", "with_visitor", "uniques", "recipients")
    notes = await parts.unknown_ids(wanted, not report.totals.events)
    return Explained(
        received=report.totals.events,
        steps=waterfall(report.totals.events, report.groups),
        counted=report.totals.counted,
        **{name: shown[name] for name in names},
        reasons_omitted=max(0, report.found - REASONS_MAX),
        window=window.shown(),
        **provenance([report, people], shown.keys(), query, named, as_of, notes),
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
