"""What events are judged by: for the native API's OpenAPI document."""

from typing import Final, Literal

import msgspec

from footfall.api.openapi import Example
from footfall.dialects.native.describing import describe
from footfall.dialects.native.policies import PolicyRequest, PreviewRequest
from footfall.dialects.native.responses import WindowShown

# ── the bodies of answers ─────────────────────────────────────────────────────────────────────


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


# ── examples ──────────────────────────────────────────────────────────────────────────────────

LISTED: Final = "crawler-user-agents 1.67.0, fetchers 2026-12-01"
RULES: Final = {"bots": ["acmemonitor"], "not_bots": [], "internal": ["203.0.113.0/24"]}
POLICY: Final = {
    "number": 2,
    "state": "made",
    "rules": RULES,
    "list": LISTED,
    "note": "our own monitor",
    "progress": None,
    "problem": "",
    "receipt": {"judged": None, "changed": None, "unknown": None, "kept": None},
    "created_at": "2026-11-21T09:00:00Z",
    "applied_at": None,
    "ended_at": None,
}
APPLYING: Final = {
    **POLICY,
    "state": "applying",
    "progress": 0.0,
    "applied_at": "2026-11-21T09:05:00Z",
}
BOT: Final = {"verdict": "bot", "reason": "user agent: acmemonitor"}
PREVIEW: Final = {
    "judged": 81243,
    "changed": 288,
    "unknown": 0,
    "kept": 0,
    "changes": [
        {
            "day": "2026-07-03",
            "from": {"verdict": "counted", "reason": ""},
            "to": BOT,
            "events": 288,
        }
    ],
    "omitted": 0,
    "window": {
        "since": "2026-07-01T00:00:00+00:00",
        "until": "2026-08-01T00:00:00+00:00",
        "zone": "UTC",
    },
    "list": LISTED,
}

OPERATIONS: Final = (
    describe(
        "POST",
        "/policies",
        "Make a version of what events are judged by; it is not in effect",
        PolicyShown,
        Example(body={"rules": RULES, "note": "our own monitor"}, answer=POLICY),
        body=PolicyRequest,
        status=201,
        errors=(409,),
    ),
    describe(
        "GET",
        "/policies",
        "The versions, and which is in effect",
        PolicyList,
        Example(answer={"policies": [POLICY], "in_effect": 1, "list": LISTED}),
    ),
    describe(
        "GET",
        "/policies/{number}",
        "A version, and how far it is applied",
        PolicyShown,
        Example(path={"number": "2"}, answer=POLICY),
    ),
    describe(
        "POST",
        "/policies/preview",
        "What rules, or a version, would change of what is stored",
        PreviewShown,
        Example(
            body={"rules": RULES, "since": "2026-07-01", "until": "2026-08-01"}, answer=PREVIEW
        ),
        body=PreviewRequest,
        errors=(404,),
    ),
    describe(
        "POST",
        "/policies/{number}/apply",
        "Judge what comes by a version, and what is stored too, in the background",
        PolicyShown,
        Example(path={"number": "2"}, answer=APPLYING),
        status=202,
        errors=(409,),
    ),
)
