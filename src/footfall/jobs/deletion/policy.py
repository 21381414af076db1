"""How long an account keeps what: rules by source, of which `*` is for all that have none."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from footfall.catalog.tables import AccountRow
from footfall.core.accounts import Account, AgeBy
from footfall.core.calendar import DAY_HOURS, DAY_MS
from footfall.core.errors import InvalidRequest
from footfall.core.queries import EventFilter
from footfall.jobs.archive.manifests import Month
from footfall.jobs.tables import RetentionRuleRow

OTHERS: Final = "*"
RULES_MAX: Final = 50


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """None keeps for ever. Raw days are counted since `age_by`, months of rollups since what they
    count happened. Rollups are counted by tracker and not by source, so `rollup_months` is the
    account's: only the rule of `*` may have it."""

    source: str
    raw_days: int | None = None
    age_by: AgeBy = AgeBy.RECEIVED
    rollup_months: int | None = None


def check_rules(rules: Sequence[Rule]) -> None:
    """Raises InvalidRequest."""
    if len(rules) > RULES_MAX:
        raise InvalidRequest(f"rules: at most {RULES_MAX}.")
    sources = [rule.source for rule in rules]
    for source in sources:
        if sources.count(source) > 1:
            raise InvalidRequest(f"rules: there are two of the source {source}.")
    for rule in rules:
        if rule.source != OTHERS and rule.rollup_months is not None:
            raise InvalidRequest(
                f"rules: rollups are not counted by source, so {rule.source} can have no "
                "rollup_months. Give it to the rule of *."
            )


def read_rules(session: Session, account: int) -> list[Rule]:
    """The rule of `*` is the account's `raw_days`, whoever set it."""
    row = session.get_one(AccountRow, account)
    rows = session.scalars(
        select(RetentionRuleRow)
        .where(RetentionRuleRow.account_id == account)
        .order_by(RetentionRuleRow.source)
    )
    others = Rule(
        source=OTHERS,
        raw_days=row.raw_days,
        age_by=AgeBy(row.age_by),
        rollup_months=row.rollup_months,
    )
    sources = [
        Rule(source=row.source, raw_days=row.raw_days, age_by=AgeBy(row.age_by)) for row in rows
    ]
    return [others, *sources]


def with_days_of(session: Session, account: Account, source: str) -> Account:
    """The account, with the raw days of one of its sources."""
    row = session.get(RetentionRuleRow, (account.id, source))
    if row is None:
        return account
    return msgspec.structs.replace(account, raw_days=row.raw_days, age_by=AgeBy(row.age_by))


def kept(account: Account, now: int) -> EventFilter:
    """The events that the account keeps: those past its days are gone, also while the event store
    has not removed them yet."""
    query = EventFilter(account=account.id)
    if account.raw_days is None:
        return query
    since = max(0, now - account.raw_days * DAY_MS)
    if account.age_by is AgeBy.OCCURRED:
        return msgspec.structs.replace(query, occurred_since=since)
    return msgspec.structs.replace(query, since=since)


def write_rules(session: Session, account: int, rules: Sequence[Rule]) -> None:
    """These and no others: without one of `*`, the other sources are kept for ever."""
    check_rules(rules)
    row = session.get_one(AccountRow, account)
    others = next((rule for rule in rules if rule.source == OTHERS), Rule(source=OTHERS))
    row.raw_days, row.age_by = others.raw_days, others.age_by.value
    row.rollup_months = others.rollup_months
    session.execute(delete(RetentionRuleRow).where(RetentionRuleRow.account_id == account))
    session.add_all(
        RetentionRuleRow(
            account_id=account,
            source=rule.source,
            raw_days=rule.raw_days,
            age_by=rule.age_by.value,
        )
        for rule in rules
        if rule.source != OTHERS
    )


def expired(account: int, rules: Sequence[Rule], now: int) -> list[tuple[Rule, EventFilter]]:
    """Which raw events are past their days: whole UTC days of receipt or of occurrence."""
    named = tuple(rule.source for rule in rules if rule.source != OTHERS)
    found = []
    for rule in rules:
        if rule.raw_days is None:
            continue
        until = max(0, (now // DAY_MS - rule.raw_days) * DAY_MS)
        if rule.age_by is AgeBy.OCCURRED:
            query = EventFilter(account=account, occurred_until=until)
        else:
            query = EventFilter(account=account, until=until)
        if rule.source == OTHERS:
            query = msgspec.structs.replace(query, not_sources=named)
        else:
            query = msgspec.structs.replace(query, sources=(rule.source,))
        found.append((rule, query))
    return found


def until_of(query: EventFilter) -> int:
    """Before which time events are past their days, in milliseconds since 1970."""
    until = query.until if query.occurred_until is None else query.occurred_until
    assert until is not None
    return until


def expired_hours(session: Session, account: int, now: int) -> dict[str, int]:
    """By source, the hour of receipt (since 1970, UTC) before which raw events are past their days,
    0 when they are kept for ever. Nothing is received before it happens, so the hour is the same
    whatever they age by. Nothing of an account that is not in the catalog."""
    if session.get(AccountRow, account) is None:
        return {}
    return {
        rule.source: 0
        if rule.raw_days is None
        else max(0, (now // DAY_MS - rule.raw_days) * DAY_HOURS)
        for rule in read_rules(session, account)
    }


def counts_until(rules: Sequence[Rule], now: int) -> int | None:
    """Counts of what happened before this time are past their months; None keeps them."""
    for rule in rules:
        if rule.source == OTHERS and rule.rollup_months is not None:
            return Month.of(now).before(rule.rollup_months).since
    return None
