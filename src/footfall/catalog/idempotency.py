"""Requests that a caller may repeat: the first answer is kept, in the transaction that it tells
of, and given again to the same request under the same key.

A `KeyedRequest` is for an operation that knows its answer within its transaction. A `Claim` is for
any other: the transaction that completes the operation writes it down, so that no second request
under the key can do the same, and the answer follows.
"""

import hashlib
from contextvars import ContextVar
from typing import Any, Final

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from footfall.catalog.tables import IdempotencyRow
from footfall.core.errors import Conflict, InvalidRequest

RETENTION_MS: Final = 24 * 3_600_000
KEY_LENGTH_MAX: Final = 255


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is the caller's own, `name` says which operation of which API was requested, and
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
    row = _find(session, request.account, request.key, request.hash, now)
    return None if row is None else Answer(row.status, row.body)


def _find(
    session: Session, account: int, key: str, request_hash: str, now: int
) -> IdempotencyRow | None:
    row = session.get(IdempotencyRow, (account, key))
    if row is None or row.created_at <= now - RETENTION_MS:
        return None
    if row.request_hash != request_hash:
        raise InvalidRequest(
            "This idempotency key was used for another request. Send a new key, "
            "or repeat the first request unchanged."
        )
    return row


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


# ── claims ────────────────────────────────────────────────────────────────────────────────────

UNANSWERED: Final = 0
"""The status of a claim whose answer is not kept."""

ANSWER_BYTES_MAX: Final = 16 << 20
"""A larger answer is not kept."""

_CLAIM: Final = "claim-"
"""How the row of a claim begins."""


def withdraw_answers(session: Session, account: int) -> int:
    """Keep the answers to an account's claims no more: an answer, such as a report, may show what
    is erased. The claims stay, so nothing is done twice. How many."""
    withdrawn = session.execute(
        update(IdempotencyRow)
        .where(
            IdempotencyRow.account_id == account,
            IdempotencyRow.key.startswith(_CLAIM),
            IdempotencyRow.status != UNANSWERED,
        )
        .values(status=UNANSWERED, body="")
        .returning(IdempotencyRow.key)
    )
    return len(withdrawn.all())


class Claim:
    """A request under a key, until it is answered. Neither the key nor the content is stored: the
    content may be what an erasure is about, and its hash cannot be guessed without the key."""

    def __init__(self, account: int, key: str, content: bytes) -> None:
        if not 1 <= len(key) <= KEY_LENGTH_MAX:
            raise InvalidRequest(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.")
        secret = hashlib.sha256(key.encode()).digest()
        self.account = account
        self.row_key = _CLAIM + hashlib.sha256(secret).hexdigest()
        self.hash = hashlib.blake2b(content, key=secret, digest_size=32).hexdigest()
        self.stored = False
        """Whether the transaction that completes the operation is committed."""
        self.answered = False
        """Whether that transaction kept the answer too."""
        self.closed = False

    def find_answer(self, session: Session, now: int) -> Answer | None:
        """The answer that was kept. Raises Conflict when this was done and no answer is kept,
        InvalidRequest when the key was used for another request."""
        row = _find(session, self.account, self.row_key, self.hash, now)
        if row is None:
            return None
        if row.status == UNANSWERED:
            raise Conflict(
                "This request was carried out before, and its answer is not kept. Look for what "
                "it made; to make another, send it under a new idempotency key."
            )
        return Answer(row.status, row.body)

    def keep_answer(self, session: Session, answer: Answer, now: int) -> None:
        """Keep the answer with the claim; without one, claim and answer together."""
        row = session.get(IdempotencyRow, (self.account, self.row_key))
        if row is None:
            row = self._row(now)
            session.add(row)
        if len(answer.body) <= ANSWER_BYTES_MAX:
            row.status, row.body = answer.status, answer.body

    def _row(self, now: int) -> IdempotencyRow:
        return IdempotencyRow(
            account_id=self.account,
            key=self.row_key,
            request_hash=self.hash,
            status=UNANSWERED,
            body="",
            created_at=now,
        )

    def enter(self, session: Session, now: int, answer: Answer | None = None) -> None:
        """Write the claim down with what the transaction does, and the answer where it is known by
        then. Raises Conflict when another process did the same meanwhile."""
        forget_answers(session, now)
        if self.find_answer(session, now) is not None:
            raise Conflict("The same request was carried out meanwhile. Send it again.")
        row = self._row(now)
        if answer is not None:
            row.status, row.body = answer.status, answer.body
        session.add(row)


current_claim: Final[ContextVar[Claim | None]] = ContextVar("current_claim", default=None)
"""Of the request that this code works for."""


def claim_of_request() -> Claim | None:
    """The claim that the next transaction has to write down, if there is one."""
    claim = current_claim.get()
    return None if claim is None or claim.stored or claim.closed else claim
