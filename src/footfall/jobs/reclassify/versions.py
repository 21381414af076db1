"""Policies in the catalog: which there are, which is in effect, and how far one is applied."""

import ipaddress
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from footfall.catalog.tables import of_row
from footfall.core.classification import Rules
from footfall.core.errors import Conflict, InvalidRequest, NotFound
from footfall.jobs.runner import Job, Jobs
from footfall.jobs.tables import JobRow, PolicyRow
from footfall.parsing.crawlers import LIST

FIRST: Final = 1
POLICIES_MAX: Final = 1_000
"""Of an account."""

TEXTS_MAX: Final = 200
TEXT_LENGTH_MIN: Final = 3
TEXT_LENGTH_MAX: Final = 200
NETWORK_BITS_MIN: Final = {4: 8, 6: 32}
"""A larger network is a mistake, or everybody."""


class State(StrEnum):
    """How a policy is shown."""

    MADE = "made"
    APPLYING = "applying"
    IN_EFFECT = "in_effect"
    REPLACED = "replaced"


class WrittenRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account says itself. `bots`: a user agent with one of these texts in it is a bot's.
    `not_bots`: it is not, whatever any list says. `internal`: networks as `203.0.113.0/24` whose
    visits are our own; null takes those of the server's setting."""

    bots: tuple[str, ...] = ()
    not_bots: tuple[str, ...] = ()
    internal: tuple[str, ...] | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """As it may be shown. `list` is the library's list that it was made with. Times in milliseconds
    since 1970. `problem` says why it waits."""

    number: int
    state: State
    rules: WrittenRules
    list: str
    note: str
    problem: str = ""
    since_id: int | None = None
    receipt: dict[str, Any] = {}
    created_at: int | None = None
    applied_at: int | None = None
    ended_at: int | None = None


class Application(Job, frozen=True, kw_only=True):
    """The job that applies the policy of the number `work` to what is stored. `below` bounds the
    events that are reclassified, of which those up to `classified_id` have been."""

    work: int
    below: int | None = None
    classified_id: int = 0
    receipt: dict[str, Any] = msgspec.field(default_factory=dict)


APPLICATIONS: Final = Jobs(Application, ("policy",), "pol", "There is no such policy.")


def check(rules: WrittenRules) -> None:
    """Raises InvalidRequest."""
    for name, texts in (("bots", rules.bots), ("not_bots", rules.not_bots)):
        if len(texts) > TEXTS_MAX:
            raise InvalidRequest(f"{name}: at most {TEXTS_MAX} texts.")
        for text in texts:
            if not TEXT_LENGTH_MIN <= len(text.strip()) <= len(text) <= TEXT_LENGTH_MAX:
                raise InvalidRequest(
                    f"{name}: each text has {TEXT_LENGTH_MIN} to {TEXT_LENGTH_MAX} characters."
                )
            if not text.isprintable():
                raise InvalidRequest(f"{name}: no user agent has such characters.")
    networks = rules.internal or ()
    if len(networks) > TEXTS_MAX:
        raise InvalidRequest(f"internal: at most {TEXTS_MAX} networks.")
    for one in networks:
        _network(one)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise InvalidRequest(
            f"internal: {text[:60]!r} is no network. Write it as 203.0.113.0/24."
        ) from None
    if network.prefixlen < NETWORK_BITS_MIN[network.version]:
        raise InvalidRequest("internal: at most an IPv4 /8 or an IPv6 /32.")
    if network.version == 6 and int(network[0]) >> 32 in (0, 0xFFFF):
        raise InvalidRequest("internal: write an IPv4 network as 203.0.113.0/24.")
    return network


def compile_rules(rules: WrittenRules, default: Rules) -> Rules:
    """As events are classified by them. What was checked once is not again."""
    internal = default.internal
    if rules.internal is not None:
        internal = tuple(ipaddress.ip_network(one) for one in rules.internal)
    return Rules(
        bots=tuple(text.lower() for text in rules.bots),
        not_bots=tuple(text.lower() for text in rules.not_bots),
        internal=internal,
    )


def make(session: Session, account: int, rules: WrittenRules, note: str, now: int) -> Policy:
    """Raises Conflict when there are too many."""
    newest = session.scalar(
        select(func.max(PolicyRow.number)).where(PolicyRow.account_id == account)
    )
    number = (newest or FIRST) + 1
    if number > POLICIES_MAX:
        raise Conflict(f"An account has at most {POLICIES_MAX} policies.")
    row = PolicyRow(
        account_id=account,
        number=number,
        rules=msgspec.json.encode(rules),
        list=LIST,
        note=note,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return _to_policy(row, in_effect(session, account))


def every(session: Session, account: int) -> list[Policy]:
    """The newest first."""
    number = in_effect(session, account)
    rows = session.scalars(
        select(PolicyRow).where(PolicyRow.account_id == account).order_by(PolicyRow.number.desc())
    )
    return [*(_to_policy(row, number) for row in rows), _first(number)]


def find(session: Session, account: int, number: int) -> Policy:
    """Raises NotFound."""
    current = in_effect(session, account)
    if number == FIRST:
        return _first(current)
    return _to_policy(find_row(session, account, number), current)


def find_row(session: Session, account: int, number: int) -> PolicyRow:
    """Raises NotFound."""
    row = session.get(PolicyRow, (account, number))
    if row is None:
        raise NotFound("There is no such policy.")
    return row


def in_effect(session: Session, account: int) -> int:
    """The number of the policy by which events are classified that come now."""
    newest = session.scalar(
        select(func.max(PolicyRow.number)).where(
            PolicyRow.account_id == account, PolicyRow.since_id.is_not(None)
        )
    )
    return newest or FIRST


def ends_at(session: Session, account: int, number: int) -> int | None:
    """An id from which on a later policy classified; None when none did."""
    return session.scalar(
        select(func.min(PolicyRow.since_id)).where(
            PolicyRow.account_id == account, PolicyRow.number > number
        )
    )


def was_in_effect(session: Session, account: int, number: int) -> bool:
    row = session.get(PolicyRow, (account, number))
    return row is not None and row.since_id is not None


def begin(session: Session, account: int, number: int, since_id: int, now: int) -> bool:
    """Have it applied; False when it is already. Raises NotFound, Conflict."""
    if number == FIRST:
        raise Conflict("Policy 1 was the first in effect. Make a new one with the same rules.")
    row = find_row(session, account, number)
    current = in_effect(session, account)
    if number == current:
        return False
    if number < current:
        raise Conflict(
            f"Policy {current} is in effect, and an earlier one cannot come after it. Make a new"
            " one with the same rules."
        )
    if others := APPLICATIONS.unfinished(session, account):
        raise Conflict(f"Policy {others[0].work} is being applied: wait until it is.")
    if row.list != LIST:
        raise Conflict(
            f"This policy was made with {row.list}, and {LIST} is installed now. Make a new one"
            " with the same rules, and preview it."
        )
    job = APPLICATIONS.add(session, account, "policy", number, now)
    row.since_id, row.job = since_id, session.get_one(JobRow, job.number)
    return True


def applied(session: Session) -> list[tuple[int, Policy]]:
    """All that are or were in effect, with their accounts, each account's in their order."""
    rows = session.scalars(
        select(PolicyRow).where(PolicyRow.since_id.is_not(None)).order_by(PolicyRow.number)
    )
    return [(row.account_id, _to_policy(row, row.number)) for row in rows]


def _first(in_effect: int) -> Policy:
    return Policy(
        number=FIRST,
        state=State.IN_EFFECT if in_effect == FIRST else State.REPLACED,
        rules=WrittenRules(),
        list=LIST,
        note="What is classified by when nothing else is said.",
    )


def _to_policy(row: PolicyRow, in_effect: int) -> Policy:
    job = None if row.job is None else APPLICATIONS.read(row.job)
    state = State.REPLACED if row.number < in_effect else State.IN_EFFECT
    if job is None:
        state = State.MADE
    elif not job.ended:
        state = State.APPLYING
    facts: dict[str, Any] = {"problem": "", "receipt": {}, "applied_at": None, "ended_at": None}
    if job is not None:
        facts = {name: getattr(job, name) for name in ("problem", "receipt", "ended_at")}
        facts["applied_at"] = job.created_at
    rules = msgspec.json.decode(row.rules, type=WrittenRules)
    return of_row(Policy, row, state=state, rules=rules, **facts)
