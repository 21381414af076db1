"""What rules of retention would remove, seen before they do."""

from collections.abc import Sequence

import msgspec

from footfall.core.queries import EventFilter
from footfall.removal import policy
from footfall.removal.policy import Rule
from footfall.removal.ports import EventRemover, Survey


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would remove now. `query` None: it keeps raw events for ever."""

    rule: Rule
    query: EventFilter | None
    survey: Survey
    rollup_rows: int


def foresee(remover: EventRemover, account: int, rules: Sequence[Rule], now: int) -> list[Preview]:
    """For each rule. Blocks; raises StoreUnavailable."""
    until = policy.counts_until(rules, now)
    rows = 0 if until is None else remover.held_counts(account, until)
    queries = {rule.source: query for rule, query in policy.expired(account, rules, now)}
    nothing = EventFilter(account=account, below=0)
    return [
        Preview(
            rule=rule,
            query=queries.get(rule.source),
            survey=remover.survey(queries.get(rule.source, nothing)),
            rollup_rows=rows if rule.source == policy.OTHERS else 0,
        )
        for rule in rules
    ]
