"""Policies, `/policies`: versions of the rules that classify events, previewed and then applied.

Reports and lists of events name the policy of their verdicts, and take the number of another one.
"""

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from footfall.api.bodies import iso_time
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.queries import EventFilter
from footfall.core.reclassification import Judgement
from footfall.dialects.native.dialect import Call
from footfall.dialects.native.windows import WindowShown, read_window
from footfall.jobs.reclassify import versions
from footfall.jobs.reclassify.policies import Named
from footfall.jobs.reclassify.versions import Policy, State, WrittenRules
from footfall.parsing.crawlers import LIST

CHANGES_MAX: Final = 10_000

Query = TypeVar("Query", bound=EventFilter)


class PolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new version: all of its rules, and a note on why."""

    rules: WrittenRules
    note: Annotated[str, Meta(max_length=500)] = ""


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules, or the number of a policy; without `since` and `until` of everything."""

    rules: WrittenRules | None = None
    policy: int | None = None
    since: str = ""
    until: str = ""
    zone: str = "UTC"


class PolicyRulesShown(msgspec.Struct, frozen=True):
    bots: list[str]
    not_bots: list[str]
    internal: list[str] | None


class ReceiptShown(msgspec.Struct, frozen=True):
    """How many stored events were judged again, got another verdict, could not be judged again, and
    were left as they were."""

    judged: int | None
    changed: int | None
    unknown: int | None
    kept: int | None


class PolicyShown(msgspec.Struct, frozen=True):
    number: int
    state: Literal["made", "applying", "in_effect", "replaced"]
    rules: PolicyRulesShown
    list: str
    note: str
    progress: float | None
    problem: str
    receipt: ReceiptShown
    created_at: str | None
    applied_at: str | None
    ended_at: str | None


class PolicyList(msgspec.Struct, frozen=True):
    """The newest first. `list` is the library's list that is installed."""

    policies: list[PolicyShown]
    in_effect: int
    list: str


class JudgementShown(msgspec.Struct, frozen=True):
    verdict: str
    reason: str


ChangeShown: Final = msgspec.defstruct(
    "ChangeShown",
    [("day", str), ("from", JudgementShown), ("to", JudgementShown), ("events", int)],
    frozen=True,
)


class PreviewShown(msgspec.Struct, frozen=True):
    """What a policy would change, by day and reason."""

    judged: int
    changed: int
    unknown: int
    kept: int
    changes: list[ChangeShown]  # type: ignore[valid-type]
    omitted: int
    window: WindowShown
    list: str


@operation(
    "POST /policies",
    "Make a version of what events are judged by; it is not in effect",
    body=PolicyRequest,
    answer=PolicyShown,
    status=201,
    errors=(409,),
)
def make_policy(call: Call, body: PolicyRequest) -> PolicyShown:
    versions.check(body.rules)
    with call.writing() as session:
        policy = versions.make(session, call.account, body.rules, body.note, call.now())
    return show_policy(policy)


@operation("GET /policies", "The versions, and which is in effect", answer=PolicyList)
def list_policies(call: Call) -> PolicyList:
    with call.reading() as session:
        policies = versions.every(session, call.account)
        number = versions.in_effect(session, call.account)
    return PolicyList([show_policy(one) for one in policies], number, LIST)


@operation("GET /policies/{number}", "A version, and how far it is applied", answer=PolicyShown)
def get_policy(call: Call, number: str) -> PolicyShown:
    with call.reading() as session:
        policy = versions.find(session, call.account, _number(number))
    return show_policy(policy)


@operation(
    "POST /policies/preview",
    "What rules, or a version, would change of what is stored",
    body=PreviewRequest,
    answer=PreviewShown,
    errors=(404,),
    scope=Scope.READ,
)
async def preview_policy(call: Call, body: PreviewRequest) -> PreviewShown:
    parts = call.api.parts
    if (body.rules is None) == (body.policy is None):
        raise InvalidRequest("Say rules, or the number of a policy.")
    rules = body.rules
    if rules is None:
        rules = await parts.policies.rules_of(call.account, body.policy or 0)
    versions.check(rules)
    window = read_window(body.since, body.until, body.zone, call.now())
    async with parts.reader.turns.hold(call.account):
        preview = await parts.policies.preview(
            call.account, rules, window.since, window.until, window.zone
        )
    changes = preview.changes
    return PreviewShown(
        judged=preview.judged,
        changed=sum(one.events for one in changes),
        unknown=preview.unknown,
        kept=preview.kept,
        changes=[
            ChangeShown(one.day, _judgement(one.before), _judgement(one.after), one.events)
            for one in changes[:CHANGES_MAX]
        ],
        omitted=max(0, len(changes) - CHANGES_MAX),
        window=window.shown(),
        list=LIST,
    )


@operation(
    "POST /policies/{number}/apply",
    "Judge what comes by a version, and what is stored too, in the background",
    answer=PolicyShown,
    status=202,
    errors=(409,),
    scope=Scope.ADMIN,
)
async def apply_policy(call: Call, number: str) -> PolicyShown:
    return show_policy(await call.api.parts.policies.apply(call.account, _number(number)))


def show_policy(policy: Policy) -> PolicyShown:
    """`progress` is null until it is applied for the first time."""
    receipt = policy.receipt
    total = receipt.get("total", 0)
    progress = None
    if policy.state is State.APPLYING:
        done = receipt.get("judged", 0) + receipt.get("unknown", 0)
        progress = 0.0 if not total else min(0.99, round(done / total, 4))
    elif policy.state is not State.MADE:
        progress = 1.0
    names = ("number", "state", "list", "note", "problem")
    shown: dict[str, Any] = {name: getattr(policy, name) for name in names}
    for name in ("created_at", "applied_at", "ended_at"):
        value = getattr(policy, name)
        shown[name] = None if value is None else iso_time(value)
    return PolicyShown(
        **shown,
        rules=msgspec.convert(policy.rules, PolicyRulesShown, from_attributes=True),
        progress=progress,
        receipt=ReceiptShown(*map(receipt.get, ReceiptShown.__struct_fields__)),
    )


def show_named(named: Named) -> dict[str, Any]:
    """What an answer says of the policy that it was made under."""
    return {"policy": named.number, "policy_applied": named.applied}


def with_policy(query: Query, named: Named) -> Query:
    """The query under that policy."""
    if named.policy is None:
        return query
    assert named.below is not None
    below = named.below if query.below is None else min(named.below, query.below)
    return msgspec.structs.replace(query, policy=named.policy, below=below)


def _judgement(one: Judgement) -> JudgementShown:
    return JudgementShown(one[0].value, one[1])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("There is no such policy.")
    return int(text)
