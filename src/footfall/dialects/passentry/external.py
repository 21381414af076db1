"""External validation: the entity's own system says whether a scan is valid.

https://docs.passentry.com/documentation/guides/validation-options/guide. Request and answer are
inferred there; docs/dialects/passentry.md has them.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from footfall.api.bodies import decode, iso_time
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.records.scans import VALUE_LENGTH_MAX, Door, Scan
from footfall.runtime.outbound import Outbound, Unreachable
from footfall.webhooks.outbox import sign

Value = Annotated[str, Meta(min_length=1, max_length=VALUE_LENGTH_MAX)]


class ExternalScan(msgspec.Struct, frozen=True, rename="camel"):
    reader_id: str
    scan_type: str
    scan_value: str
    scanned_at: str


class ExternalRequest(msgspec.Struct, frozen=True):
    """The request to the endpoint that validates."""

    scan: ExternalScan


class Instructions(msgspec.Struct, frozen=True):
    message: str


class ExternalVerdict(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    status: Annotated[str, Meta(pattern=r"^(success|successful|failed)$(?!\n)")]
    status_detail: Annotated[str, Meta(max_length=500)] | None = None
    reader_instructions: Instructions | None = None
    pass_id: Value | None = None


class ExternalAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The verdict in `validationResponse`; `passId` inside it or beside it."""

    validation_response: ExternalVerdict
    pass_id: Value | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the other system says, or why it says nothing."""

    successful: bool
    detail: str
    message: str = ""
    wallet_pass: str = ""


async def ask(outbound: Outbound, door: Door, scan: Scan, now: int) -> Decision:
    """Never raises: no answer and a wrong answer are decisions too, and say so."""
    if door.external_url is None:
        return Decision(successful=False, detail="External validation has no URL")
    question = ExternalRequest(ExternalScan(scan.reader, scan.medium, scan.value, iso_time(now)))
    body = msgspec.json.encode(question)
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Signature": sign(door.external_secret, body),
    }
    try:
        reply = await outbound.post(
            door.external_url, body, headers, door.external_timeout_ms / 1000
        )
    except Unreachable as error:
        return Decision(successful=False, detail=f"External validation did not answer: {error}")
    if reply.problem:
        detail = f"External validation did not answer to the end: {reply.problem}"
        return Decision(successful=False, detail=detail)
    if not 200 <= reply.status < 300:
        detail = f"External validation answered with the status {reply.status}"
        return Decision(successful=False, detail=detail)
    try:
        return read(reply.body)
    except InvalidRequest as error:
        detail = f"External validation answered nonsense: {error.message}"[:500]
        return Decision(successful=False, detail=detail)


def read(body: bytes) -> Decision:
    """From `{"validationResponse": {…}, "passId"}`, or the inner object alone. Raises
    InvalidRequest."""
    outer = ""
    if "validationResponse" in decode(body, dict[str, object]):
        answer = decode(body, ExternalAnswer)
        verdict, outer = answer.validation_response, answer.pass_id or ""
    else:
        verdict = decode(body, ExternalVerdict)
    instructions = verdict.reader_instructions
    return Decision(
        successful=verdict.status != "failed",
        detail=verdict.status_detail or "",
        message="" if instructions is None else instructions.message,
        wallet_pass=verdict.pass_id or outer,
    )
