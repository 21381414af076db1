"""`POST /counts/explain`: a number taken apart, from what was received to what counts.

    received → duplicate → prefetch, preview → bot → machine_open → internal → orphan → repeat
             → refused → counted → interactions → unique

Each event has one verdict, so what the steps take away and what counts add up to what was received.
What counts, and a person did, are the interactions; the rest was sent.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, post
from litestar.params import RawBody

from footfall.api.bodies import answer, decode
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.core.events import Verdict
from footfall.core.reports import Group, Metric, ReportQuery
from footfall.dialects.native.events import Asked, OurBudgets, OurParts, read_id
from footfall.dialects.native.filters import Filters, read_filters, read_json
from footfall.dialects.native.policies import show_named, under
from footfall.dialects.native.report_body import SUMS_OF_DAYS, show_sums
from footfall.dialects.native.reports import ask
from footfall.dialects.native.visitors import (
    ESTIMATED,
    known_recipients,
    known_uniques,
    show_estimates,
)
from footfall.dialects.native.windows import read_window

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


@post("/counts/explain", status_code=200, opt={"scope": Scope.READ})
async def explain_count(
    request: Asked, parts: OurParts, budgets: OurBudgets, body: RawBody
) -> Response[bytes]:
    asked = decode(body or b"{}", ExplainRequest)
    account, caller = request.auth.account.id, request.auth.id
    window = read_window(asked.since, asked.until, asked.zone, parts.clock())
    wanted = read_filters(
        read_json(asked.filters), account, window.zone, window.since, window.until
    )
    if any(one.column == "verdict" for one in wanted.conditions):
        raise InvalidRequest("filters: the verdicts are what is explained; filter other columns.")
    if asked.as_of is not None:
        wanted = msgspec.structs.replace(wanted, below=read_id("as_of", asked.as_of) + 1)
    named = await parts.policies.named(account, asked.policy, window.since)
    given = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
    given |= under(wanted, named)
    as_of = await parts.reader.as_of()
    query = ReportQuery(
        **given,
        dimensions=("verdict", "reason"),
        metrics=frozenset({Metric.EVENTS, Metric.COUNTED}),
        order_by=Metric.EVENTS,
        top=REASONS_MAX,
    )
    report = await ask(parts, budgets, caller, query)
    people = await ask(
        parts,
        budgets,
        caller,
        msgspec.structs.replace(
            query,
            dimensions=(),
            metrics=frozenset({*Metric} - {Metric.FIRST_SEEN, Metric.LAST_SEEN}),
        ),
    )
    cost = report.cost + people.cost
    return answer(
        {
            "received": report.totals.events,
            "steps": waterfall(report.totals.events, report.groups),
            "counted": report.totals.counted,
            "interactions": people.totals.interactions,
            "with_visitor": people.totals.with_visitor,
            "uniques": known_uniques(people.totals),
            "recipients": known_recipients(people.totals),
            **show_estimates([people], {*ESTIMATED}),
            **show_sums(frozenset(SUMS_OF_DAYS)),
            "reasons_omitted": max(0, report.found - REASONS_MAX),
            "window": window.shown(),
            "source": report.table,
            "rows_read": cost.rows,
            "bytes_read": cost.bytes,
            **show_named(named),
            "as_of": str(as_of if query.below is None else min(as_of, query.below - 1)),
            "lag_seconds": 0.0,
            "notes": await parts.unknown_ids(wanted, not report.totals.events),
        }
    )


def waterfall(received: int, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Every step, with how many events it takes away, how many remain and for which reasons."""
    reasons: dict[str, list[dict[str, Any]]] = {}
    for group in groups:
        verdict, reason = group.values
        reasons.setdefault(verdict, []).append({"reason": reason, "events": group.counts.events})
    steps = []
    remaining = received
    for step in STEPS:
        taken = sum(one["events"] for one in reasons.get(step, []))
        remaining -= taken
        steps.append(
            {
                "verdict": step.value,
                "events": taken,
                "remaining": remaining,
                "reasons": reasons.get(step, []),
            }
        )
    return steps


assert {*STEPS, Verdict.COUNTED} == {*Verdict}
