"""What events are judged by: `/policies`, versions that are made, previewed and applied.

An answer of reports and lists says under which policy it was made, and can be asked for under an
earlier one.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody, SkipValidation
from msgspec import Meta

from footfall.api.bodies import answer, decode, iso_time
from footfall.api.parts import Parts
from footfall.core.accounts import Caller, Scope
from footfall.core.errors import InvalidRequest, NotFound
from footfall.core.queries import EventFilter
from footfall.core.reclassification import Judgement
from footfall.dialects.native.windows import read_window
from footfall.jobs.reclassify import versions
from footfall.jobs.reclassify.policies import Named
from footfall.jobs.reclassify.versions import Policy, State, WrittenRules
from footfall.parsing.crawlers import LIST

CHANGES_MAX: Final = 10_000

OurParts = NamedDependency[SkipValidation[Parts]]
OurRequest = Request[Any, Caller, Any]


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


@get("/policies", opt={"scope": Scope.READ}, sync_to_thread=True)
def list_policies(request: OurRequest, parts: OurParts) -> Response[bytes]:
    account = request.auth.account.id
    with parts.catalog.reading() as session:
        policies = versions.every(session, account)
        number = versions.in_effect(session, account)
    shown = [show_policy(one) for one in policies]
    return answer({"policies": shown, "in_effect": number, "list": LIST})


@get("/policies/{number:str}", opt={"scope": Scope.READ}, sync_to_thread=True)
def get_policy(request: OurRequest, parts: OurParts, number: FromPath[str]) -> Response[bytes]:
    with parts.catalog.reading() as session:
        policy = versions.find(session, request.auth.account.id, _number(number))
    return answer(show_policy(policy))


@post("/policies", status_code=201, opt={"scope": Scope.WRITE}, sync_to_thread=True)
def make_policy(request: OurRequest, parts: OurParts, body: RawBody) -> Response[bytes]:
    asked = decode(body, PolicyRequest)
    versions.check(asked.rules)
    account = request.auth.account.id
    with parts.catalog.writing() as session:
        policy = versions.make(session, account, asked.rules, asked.note, parts.clock())
    return answer(show_policy(policy), 201)


@post("/policies/preview", status_code=200, opt={"scope": Scope.READ})
async def preview_policy(request: OurRequest, parts: OurParts, body: RawBody) -> Response[bytes]:
    asked = decode(body, PreviewRequest)
    account = request.auth.account.id
    if (asked.rules is None) == (asked.policy is None):
        raise InvalidRequest("Say rules, or the number of a policy.")
    rules = asked.rules
    if rules is None:
        rules = await parts.policies.rules_of(account, asked.policy or 0)
    versions.check(rules)
    window = read_window(asked.since, asked.until, asked.zone, parts.clock())
    async with parts.reader.turns.hold(account):
        preview = await parts.policies.preview(
            account, rules, window.since, window.until, window.zone
        )
    changes = preview.changes
    return answer(
        {
            "judged": preview.judged,
            "changed": sum(one.events for one in changes),
            "unknown": preview.unknown,
            "kept": preview.kept,
            "changes": [
                {
                    "day": one.day,
                    "from": _judgement(one.before),
                    "to": _judgement(one.after),
                    "events": one.events,
                }
                for one in changes[:CHANGES_MAX]
            ],
            "omitted": max(0, len(changes) - CHANGES_MAX),
            "window": window.shown(),
            "list": LIST,
        }
    )


@post("/policies/{number:str}/apply", status_code=202, opt={"scope": Scope.ADMIN})
async def apply_policy(
    request: OurRequest, parts: OurParts, number: FromPath[str]
) -> Response[bytes]:
    policy = await parts.policies.apply(request.auth.account.id, _number(number))
    return answer(show_policy(policy), 202)


def show_policy(policy: Policy) -> dict[str, Any]:
    """`progress` is null until it is applied for the first time."""
    receipt = policy.receipt
    total = receipt.get("total", 0)
    progress = None
    if policy.state is State.APPLYING:
        done = receipt.get("judged", 0) + receipt.get("unknown", 0)
        progress = 0.0 if not total else min(0.99, round(done / total, 4))
    elif policy.state is not State.MADE:
        progress = 1.0
    shown = {
        "number": policy.number,
        "state": policy.state,
        "rules": policy.rules,
        "list": policy.list,
        "note": policy.note,
        "progress": progress,
        "problem": policy.problem,
        "receipt": {name: receipt.get(name) for name in ("judged", "changed", "unknown", "kept")},
    }
    for name in ("created_at", "applied_at", "ended_at"):
        value = getattr(policy, name)
        shown[name] = None if value is None else iso_time(value)
    return shown


def show_named(named: Named) -> dict[str, Any]:
    """What an answer says of the policy that it was made under."""
    return {"policy": named.number, "policy_applied": named.applied}


def under(query: EventFilter, named: Named) -> dict[str, Any]:
    """What makes a query one under that policy."""
    if named.policy is None:
        return {}
    assert named.below is not None
    below = named.below if query.below is None else min(named.below, query.below)
    return {"policy": named.policy, "below": below}


def _judgement(one: Judgement) -> dict[str, str]:
    return {"verdict": one[0].value, "reason": one[1]}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("There is no such policy.")
    return int(text)


ROUTES: Final[list[HTTPRouteHandler]] = [
    *(list_policies, get_policy, make_policy, preview_policy, apply_policy),
]
