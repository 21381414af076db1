"""Requests that a caller may repeat: the first answer is kept, in the transaction that it tells
of, and given again to the same request under the same key."""

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import delete
from sqlalchemy.orm import Session

from footfall.catalog.tables import IdempotencyRow
from footfall.core.errors import InvalidRequest

RETENTION_MS: Final = 24 * 3_600_000
KEY_LENGTH_MAX: Final = 255


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is the caller's own, `name` says which operation of which face was asked for, and
    `content` is what was sent: the same content in another notation is the same request."""

    account: int
    key: str
    name: str
    content: Any

    @property
    def hash(self) -> str:
        content = msgspec.json.encode([self.name, self.content], order="deterministic")
        return hashlib.sha256(content).hexdigest()


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: str


def find_answer(session: Session, request: KeyedRequest, now: int) -> Answer | None:
    """The answer that was kept, for 24 hours. Raises InvalidRequest when the key was used for
    another request, or is too long."""
    if not 1 <= len(request.key) <= KEY_LENGTH_MAX:
        raise InvalidRequest(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.")
    row = session.get(IdempotencyRow, (request.account, request.key))
    if row is None or row.created_at <= now - RETENTION_MS:
        return None
    if row.request_hash != request.hash:
        raise InvalidRequest(
            "This idempotency key was used for another request. Send a new key, "
            "or repeat the first request unchanged."
        )
    return Answer(row.status, row.body)


def forget_answers(session: Session, now: int) -> None:
    """Those past their time."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at <= now - RETENTION_MS))


def keep_answer(session: Session, request: KeyedRequest, answer: Answer, now: int) -> None:
    """Keep the answer with what the transaction did; forget those past their time."""
    forget_answers(session, now)
    session.add(
        IdempotencyRow(
            account_id=request.account,
            key=request.key,
            request_hash=request.hash,
            status=answer.status,
            body=answer.body,
            created_at=now,
        )
    )
