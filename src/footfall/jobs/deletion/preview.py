"""What rules of retention would remove, seen before they do."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from footfall.core.accounts import AgeBy
from footfall.core.queries import EventFilter
from footfall.jobs.deletion import policy
from footfall.jobs.deletion.policy import Rule
from footfall.jobs.deletion.ports import EventRemover, Survey

NOTHING = EventFilter(account=0, below=0)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would remove now, before `until` (milliseconds since 1970). `until` None: it
    keeps raw events for ever. `note` says why it would remove nothing, "" when it would."""

    rule: Rule
    until: int | None
    survey: Survey
    rollup_rows: int
    bytes: int
    note: str


def preview_retention(
    remover: EventRemover, account: int, rules: Sequence[Rule], now: int
) -> list[Preview]:
    """For each rule. Blocks; raises StoreUnavailable."""
    counts_until = policy.counts_until(rules, now)
    counts = None if counts_until is None else remover.rollup_size(account, counts_until)
    queries = {rule.source: query for rule, query in policy.expired(account, rules, now)}
    found = []
    for rule in rules:
        query = queries.get(rule.source)
        survey = remover.survey(query or NOTHING)
        mine = counts if rule.source == policy.OTHERS else None
        rows, size = (mine.rows, mine.bytes) if mine else (0, 0)
        found.append(
            Preview(
                rule=rule,
                until=None if query is None else policy.until_of(query),
                survey=survey,
                rollup_rows=rows,
                bytes=survey.bytes + size,
                note="" if survey.events or rows else _why_nothing(remover, rule, query),
            )
        )
    return found


def _why_nothing(remover: EventRemover, rule: Rule, query: EventFilter | None) -> str:
    if query is None:
        return "Nothing to delete: raw events of this rule are kept for ever."
    until = policy.until_of(query)
    day = datetime.fromtimestamp(until // 1000, UTC).strftime("%Y-%m-%d")
    if rule.age_by is AgeBy.OCCURRED:
        return f"Nothing to delete: no raw event of this rule happened before {day}."
    said = f"Nothing to delete: no raw event of this rule was received before {day}."
    happened = remover.survey(msgspec.structs.replace(query, until=None, occurred_until=until))
    if happened.events:
        said += f" {happened.events} happened before: age_by occurred_at deletes those."
    return said
