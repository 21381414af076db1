"""Every operation of this dialect, for its OpenAPI document. A test holds it to the routes."""

from pathlib import Path
from typing import Any, Final

from footfall.dialects.openapi import Operation, document, recorded
from footfall.dialects.vantio import funnel, questions, requests, telling, wire
from footfall.dialects.vantio.face import PREFIX
from footfall.dialects.vantio.result_routes import ChangedEarning

KEYED: Final = (400, 401, 403, 429, 503)
"""What any request with a key may be answered with."""


def _of(
    method: str, path: str, summary: str, answer: Any, *, query: Any = None, body: Any = None
) -> Operation:
    errors = {*KEYED, *([404] if "{" in path or body is not None else ())}
    errors |= {413} if body is not None or path == "/funnel" else set()
    return Operation(
        method=method,
        path=PREFIX + path,
        summary=summary,
        answer=answer,
        query=query,
        body=body,
        errors=tuple(sorted(errors)),
    )


def _image(format: str, media_type: str) -> Operation:
    return Operation(
        method="GET",
        path=f"{PREFIX}/posters/{{id}}/qr-code.{format}",
        summary=f"A poster's code as {format.upper()}",
        query=questions.ImageQuery,
        media_type=media_type,
        errors=(400, 404, 503),
        keyless=True,
    )


_PROGRAMS: Final = (
    _of("GET", "/programs", "List programs", wire.ProgramList, query=questions.ListQuery),
    _of("POST", "/programs", "Create a program", wire.Program, body=requests.ProgramRequest),
    _of("GET", "/programs/{id}", "Get a program", wire.Program),
    _of("PUT", "/programs/{id}", "Change a program", wire.Program, body=requests.ProgramChange),
)
_USERS: Final = (
    _of("GET", "/users", "List users", wire.UserList, query=questions.UsersQuery),
    _of("POST", "/users", "Create a user", wire.UserDetail, body=requests.UserRequest),
    _of("GET", "/users/{id}", "Get a user", wire.UserDetail),
    _of("PUT", "/users/{id}", "Change a user", wire.UserDetail, body=requests.UserChange),
)
_POSTERS: Final = (
    _of("GET", "/posters", "List posters", wire.PosterList, query=questions.PostersQuery),
    _of("POST", "/posters", "Create a poster", wire.PosterDetail, body=requests.PosterRequest),
    _of("GET", "/posters/{id}", "Get a poster", wire.PosterDetail),
    _of("PUT", "/posters/{id}", "Change a poster", wire.PosterDetail, body=requests.PosterChange),
    _of("DELETE", "/posters/{id}", "Delete a poster, erase its impressions", wire.Deleted),
    _image("png", "image/png"),
    _image("svg", "image/svg+xml"),
    _image("pdf", "application/pdf"),
)
_RESULTS: Final = (
    _of(
        "GET",
        "/impressions",
        "List impressions",
        wire.ImpressionList,
        query=questions.ImpressionsQuery,
    ),
    _of("GET", "/impressions/{id}", "Get an impression", wire.Impression),
    _of("GET", "/referrals", "List referrals", wire.ReferralList, query=questions.ReferralsQuery),
    _of("POST", "/referrals", "Create a referral", wire.Referral, body=requests.ReferralRequest),
    _of("GET", "/referrals/{id}", "Get a referral", wire.Referral),
    _of("PUT", "/referrals/{id}", "Change a referral", wire.Referral, body=requests.ReferralChange),
    _of("GET", "/earnings", "List earnings", wire.EarningList, query=questions.EarningsQuery),
    _of("POST", "/earnings", "Create an earning", wire.Earning, body=requests.EarningRequest),
    _of("GET", "/earnings/{id}", "Get an earning", wire.Earning),
    _of("PUT", "/earnings/{id}", "Change an earning", ChangedEarning, body=requests.EarningChange),
    _of("GET", "/funnel", "From scans to earnings", funnel.Funnel, query=questions.FunnelQuery),
)
_WEBHOOKS: Final = (
    _of("GET", "/webhooks", "List webhooks", telling.WebhookList),
    _of(
        "POST",
        "/webhooks",
        "Create a webhook",
        telling.WebhookWithSecret,
        body=requests.WebhookRequest,
    ),
    _of("GET", "/webhooks/{id}", "Get a webhook", telling.Webhook),
    _of("PUT", "/webhooks/{id}", "Change a webhook", telling.Webhook, body=requests.WebhookChange),
    _of("DELETE", "/webhooks/{id}", "Delete a webhook", wire.Deleted),
    _of(
        "POST",
        "/webhooks/{id}/rotate-secret",
        "Give a webhook a new secret",
        telling.WebhookWithSecret,
    ),
    _of(
        "GET",
        "/webhooks/{id}/deliveries",
        "What was sent",
        telling.SentList,
        query=questions.DeliveriesQuery,
    ),
    _of(
        "POST",
        "/webhooks/{id}/deliveries/{number}/replay",
        "Send a message once more",
        telling.Sent,
    ),
)
OPERATIONS: Final = (*_PROGRAMS, *_USERS, *_POSTERS, *_RESULTS, *_WEBHOOKS)
ErrorBody = wire.ErrorBody

EXAMPLES: Final = Path(__file__).with_name("examples.json")

DOCUMENT: Final = document("Vantio's API", ErrorBody, recorded(OPERATIONS, EXAMPLES))
