"""Policies, `/policies`: versions of the rules that classify events, previewed and then applied.

Reports and lists of events name the policy of their verdicts, and take the number of another one.
"""

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from footfall.api.fields import body_of
from footfall.api.operations import operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.queries import EventFilter
from footfall.dialects.native.dialect import Call, admin_operation
from footfall.dialects.native.windows import LocalWindow, WindowRequest
from footfall.jobs.reclassify import versions
from footfall.jobs.reclassify.policies import PolicySelection
from footfall.jobs.reclassify.versions import State, WrittenRules
from footfall.parsing.crawlers import LIST
from footfall.parsing.numbers import read_digits

CHANGES_MAX: Final = 10_000
POLICY_NUMBER_MAX: Final = 999_999_999

Query = TypeVar("Query", bound=EventFilter)


class PolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new version: all of its rules, and a note on why."""

    rules: WrittenRules
    note: Annotated[str, Meta(max_length=500)] = ""


class PreviewRequest(WindowRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules, or the number of a policy; without `since` and `until` of everything."""

    rules: WrittenRules | None = None
    policy: int | None = None


class PolicyRules(msgspec.Struct, frozen=True):
    bots: list[str]
    not_bots: list[str]
    internal: list[str] | None


class PolicyReceipt(msgspec.Struct, frozen=True):
    """How many stored events were reclassified, got another verdict, could not be reclassified, and
    were left as they were."""

    classified: int | None
    changed: int | None
    unknown: int | None
    kept: int | None


class Policy(msgspec.Struct, frozen=True):
    number: int
    state: Literal["made", "applying", "in_effect", "replaced"]
    rules: PolicyRules
    list: str
    note: str
    progress: float | None
    problem: str
    receipt: PolicyReceipt
    created_at: str | None
    applied_at: str | None
    ended_at: str | None


class PolicyList(msgspec.Struct, frozen=True):
    """The newest first. `list` is the library's list that is installed."""

    policies: list[Policy]
    in_effect: int
    list: str


class Classification(msgspec.Struct, frozen=True):
    verdict: str
    reason: str


PolicyChange: Final = msgspec.defstruct(
    "PolicyChange",
    [("day", str), ("from", Classification), ("to", Classification), ("events", int)],
    frozen=True,
)


class PolicyPreview(msgspec.Struct, frozen=True):
    """What a policy would change, by day and reason."""

    classified: int
    changed: int
    unknown: int
    kept: int
    changes: list[PolicyChange]  # type: ignore[valid-type]
    omitted: int
    window: LocalWindow
    list: str


@operation(
    "POST /policies",
    "Make a version of what events are classified by; it is not in effect",
    body=PolicyRequest,
    answer=Policy,
    status=201,
    errors=(409,),
)
def make_policy(call: Call, body: PolicyRequest) -> Policy:
    versions.check(body.rules)
    with call.writing() as session:
        policy = versions.make(session, call.account, body.rules, body.note, call.now())
    return policy_body(policy)


@operation("GET /policies", "The versions, and which is in effect", answer=PolicyList)
def list_policies(call: Call) -> PolicyList:
    with call.reading() as session:
        policies = versions.every(session, call.account)
        number = versions.in_effect(session, call.account)
    return PolicyList([policy_body(one) for one in policies], number, LIST)


@operation("GET /policies/{number}", "A version, and how far it is applied", answer=Policy)
def get_policy(call: Call, number: str) -> Policy:
    with call.reading() as session:
        policy = versions.find(session, call.account, _number(number))
    return policy_body(policy)


@operation(
    "POST /policies/preview",
    "What rules, or a version, would change of what is stored",
    body=PreviewRequest,
    answer=PolicyPreview,
    errors=(404,),
    scope=Scope.READ,
)
async def preview_policy(call: Call, body: PreviewRequest) -> PolicyPreview:
    parts = call.api.parts
    if (body.rules is None) == (body.policy is None):
        raise InvalidRequest("Say rules, or the number of a policy.")
    rules = body.rules
    if rules is None:
        rules = await parts.policies.rules_of(call.account, body.policy or 0)
    versions.check(rules)
    window = body.window(call.now())
    async with parts.reader.turns.hold(call.account):
        preview = await parts.policies.preview(
            call.account, rules, window.since, window.until, window.zone
        )
    changes = preview.changes
    return body_of(
        PolicyPreview,
        preview,
        changed=sum(one.events for one in changes),
        changes=[
            PolicyChange(
                one.day, Classification(*one.before), Classification(*one.after), one.events
            )
            for one in changes[:CHANGES_MAX]
        ],
        omitted=max(0, len(changes) - CHANGES_MAX),
        window=window.shown(),
        list=LIST,
    )


@admin_operation(
    "POST /policies/{number}/apply",
    "Classify what comes by a version, and what is stored too, in the background",
    answer=Policy,
    status=202,
    errors=(409,),
)
async def apply_policy(call: Call, number: str) -> Policy:
    return policy_body(await call.api.parts.policies.apply(call.account, _number(number)))


def policy_body(policy: versions.Policy) -> Policy:
    """`progress` is null until it is applied for the first time."""
    receipt = policy.receipt
    total = receipt.get("total", 0)
    progress = None
    if policy.state is State.APPLYING:
        done = receipt.get("classified", 0) + receipt.get("unknown", 0)
        progress = 0.0 if not total else min(0.99, round(done / total, 4))
    elif policy.state is not State.MADE:
        progress = 1.0
    return body_of(
        Policy,
        policy,
        rules=msgspec.convert(policy.rules, PolicyRules, from_attributes=True),
        progress=progress,
        receipt=PolicyReceipt(*map(receipt.get, PolicyReceipt.__struct_fields__)),
    )


def with_policy(query: Query, named: PolicySelection) -> Query:
    """The query under that policy."""
    if named.policy is None:
        return query
    assert named.below is not None
    below = named.below if query.below is None else min(named.below, query.below)
    return msgspec.structs.replace(query, policy=named.policy, below=below)


def _number(text: str) -> int:
    number = read_digits(text, POLICY_NUMBER_MAX)
    if number is None:
        raise NotFound("There is no such policy.")
    return number
