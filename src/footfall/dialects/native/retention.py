"""Retention, `/retention`: how long events are kept, and a preview of what rules would delete."""

import asyncio
from typing import Annotated, Literal

import msgspec
from litestar import Response
from msgspec import Meta

from footfall.api.bodies import iso_time
from footfall.api.conditional import answer_tagged, check_match
from footfall.core.accounts import AgeBy
from footfall.core.calendar import HOUR_MS, day_of
from footfall.core.errors import InvalidRequest
from footfall.dialects.native import deletions
from footfall.dialects.native.dialect import Call, admin_operation
from footfall.dialects.native.filters import SOURCES
from footfall.jobs.deletion import policy
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.deletion.preview import Preview as DeletionPreview


class RuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long events of a source are kept; null is for ever. `age_by`: since when raw events age,
    `received_at` or `occurred_at`."""

    source: Annotated[str, Meta(pattern=r"^(\*|[a-z][a-z0-9_-]{0,39})$(?!\n)")]
    raw_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    age_by: AgeBy = AgeBy.RECEIVED
    rollup_months: Annotated[int, Meta(ge=1, le=1_200)] | None = None


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: list[RuleBody]


class RetentionRule(msgspec.Struct, frozen=True):
    source: str
    raw_days: int | None
    age_by: Literal["received_at", "occurred_at"]
    rollup_months: int | None


class RetentionRules(msgspec.Struct, frozen=True):
    rules: list[RetentionRule]


class RetentionPreview(msgspec.Struct, frozen=True):
    """What a rule would take away. `note` says why that is nothing. Days are those of receipt."""

    source: str
    raw_days: int | None
    age_by: Literal["received_at", "occurred_at"]
    received_before: str | None
    occurred_before: str | None
    events: int
    events_by_source: dict[str, int]
    first_day: str | None
    last_day: str | None
    bytes: int
    rollup_months: int | None
    rollup_rows: int
    note: str


class Preview(msgspec.Struct, frozen=True):
    sources: list[RetentionPreview]
    bytes_are: str


@admin_operation("GET /retention", "How long events are kept", answer=RetentionRules)
def get_retention(call: Call) -> Response[bytes]:
    return answer_tagged(_shown(_kept(call)))


def _kept(call: Call) -> list[Rule]:
    with call.reading() as session:
        return policy.read_rules(session, call.account)


def _shown(rules: list[Rule]) -> RetentionRules:
    return RetentionRules(msgspec.convert(rules, list[RetentionRule], from_attributes=True))


@admin_operation(
    "PUT /retention",
    "Keep events for so long",
    body=Rules,
    answer=RetentionRules,
    errors=(412,),
)
def put_retention(call: Call, body: Rules) -> Response[bytes]:
    rules = _checked(body)
    with call.writing() as session:
        check_match(call.request, _shown(policy.read_rules(session, call.account)))
        policy.write_rules(session, call.account, rules)
        kept = policy.read_rules(session, call.account)
    call.api.parts.wake_upkeep()
    return answer_tagged(_shown(kept))


@admin_operation("GET /retention/preview", "What the rules would take away", answer=Preview)
async def preview_retention(call: Call) -> Preview:
    return await _preview(call, await asyncio.to_thread(_kept, call))


@admin_operation(
    "POST /retention/preview",
    "What other rules would take away",
    body=Rules,
    answer=Preview,
)
async def preview_rules(call: Call, body: Rules) -> Preview:
    return await _preview(call, _checked(body))


async def _preview(call: Call, rules: list[Rule]) -> Preview:
    parts = call.api.parts
    async with parts.reader.turns.hold(call.account):
        previews = await parts.deletions.preview(call.account, rules)
    return Preview([_going(one) for one in previews], "estimated")


def _checked(body: Rules) -> list[Rule]:
    for one in body.rules:
        if one.source not in (policy.OTHERS, *SOURCES):
            known = ", ".join((policy.OTHERS, *SOURCES))
            raise InvalidRequest(f"source: {one.source!r} is not one of its values: {known}.")
    rules = msgspec.convert(body.rules, list[Rule], from_attributes=True)
    policy.check_rules(rules)
    return rules


def _going(preview: DeletionPreview) -> RetentionPreview:
    going, rule = preview.survey.going, preview.rule
    days = [day_of(one.hour * HOUR_MS, "UTC").isoformat() for one in going]
    before = None if preview.until is None else iso_time(preview.until)
    by_receipt = rule.age_by is AgeBy.RECEIVED
    return RetentionPreview(
        **msgspec.structs.asdict(rule),
        received_before=before if by_receipt else None,
        occurred_before=None if by_receipt else before,
        events=preview.survey.events,
        events_by_source=deletions.by_source(going),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        bytes=preview.bytes,
        rollup_rows=preview.rollup_rows,
        note=preview.note,
    )
