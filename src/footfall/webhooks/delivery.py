"""Empties the outbox: at least once, in order as far as receivers take them, never in the way.

A message is sent until a receiver answers 2xx, at the times of `RETRY_SECONDS`, about a day in
all. Each webhook has a task of its own, so one that is slow or dead holds up no other. A message
that was refused does not hold up those behind it; when a receiver does not answer at all, those
that are due wait with it.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.idempotency import forget_answers
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.core.background import Background
from footfall.core.errors import Unavailable
from footfall.core.ids import Clock
from footfall.core.passes import Passes
from footfall.surroundings.outbound import Outbound, Unreachable
from footfall.webhooks.outbox import sign

TIMEOUT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)
"""Between one attempt and the next: eleven attempts in 23.8 hours."""

GIVEN_UP_MS: Final = 86_400_000
"""What waited so long behind a receiver that does not answer is given up as well."""

LOG_DAYS: Final = 30
PRUNED_AT_ONCE: Final = 500
POLL_SECONDS: Final = 5.0
DAY_MS: Final = 86_400_000

log = logging.getLogger(__name__)


class Message(msgspec.Struct, frozen=True):
    """A delivery that is due, with what its webhook says."""

    number: int
    message_id: str
    event: str
    body: bytes
    attempts: int
    due_from: int
    next_at: int | None
    url: str
    secret: str


class Outcome(msgspec.Struct, frozen=True):
    """`status` None: the receiver did not answer."""

    delivered: bool
    status: int | None
    problem: str


class Delivery:
    """One task on the event loop, and one for each webhook with something to take."""

    def __init__(
        self, catalog: SqlCatalog, outbound: Outbound, background: Background, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._outbound = outbound
        self._background = background
        self._clock = clock
        self._passes = Passes("Webhooks", log, POLL_SECONDS)
        self._pruned_at = self._counted_at = 0
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self.waiting = 0
        """How many messages were to be sent when it looked last."""

    def wake(self) -> None:
        """There is something to send. Call on the event loop."""
        self._passes.wake()

    async def run(self) -> None:
        try:
            await self._passes.run(self._pass)
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _pass(self) -> float:
        now = self._clock()
        if now - self._pruned_at > DAY_MS:
            while await self._background.run(self._prune, now):
                pass
            self._pruned_at = now
        if now - self._counted_at > POLL_SECONDS * 1000:
            self.waiting = await self._background.run(self.count_waiting)
            self._counted_at = now
        for webhook in await self._background.run(self._with_due, now):
            if webhook not in self._under_way:
                self._begin(webhook)
        return POLL_SECONDS

    def _begin(self, webhook: str) -> None:
        task = asyncio.create_task(self._empty(webhook))
        self._under_way[webhook] = task

        def ended(_: asyncio.Task[None]) -> None:
            del self._under_way[webhook]
            self._passes.wake()  # something may have come since it looked last

        task.add_done_callback(ended)

    async def _empty(self, webhook: str) -> None:
        try:
            # One by one: a changed address or secret holds for the very next message.
            while message := await self._background.run(self._due, webhook, self._clock()):
                outcome = await self._send(message)
                await self._background.run(self._note, webhook, message, outcome)
        except Unavailable as error:
            log.warning("A webhook waits: %s", error.message)
            await asyncio.sleep(POLL_SECONDS)
        except Exception:  # whatever it is, the next pass must come
            log.exception("A webhook waits; it is tried again")
            await asyncio.sleep(POLL_SECONDS)

    async def _send(self, message: Message) -> Outcome:
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Signature": sign(message.secret, message.body),
            "X-Webhook-Id": message.message_id,
            "X-Webhook-Event": message.event,
            "X-Webhook-Attempt": str(message.attempts + 1),
        }
        try:
            reply = await self._outbound.post(message.url, message.body, headers, TIMEOUT_SECONDS)
        except Unreachable as error:
            return Outcome(False, None, str(error))
        if 200 <= reply.status < 300:
            return Outcome(True, reply.status, "")
        return Outcome(False, reply.status, reply.body[:200].decode("utf-8", "replace"))

    # ── on threads ────────────────────────────────────────────────────────────────────────────

    def _with_due(self, now: int) -> Sequence[str]:
        with self._catalog.reading() as session:
            return session.scalars(
                select(DeliveryRow.webhook_id)
                .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
                .where(DeliveryRow.next_at <= now, WebhookRow.enabled.is_(True))
                .distinct()
            ).all()

    def _due(self, webhook: str, now: int) -> Message | None:
        with self._catalog.reading() as session:
            found = session.execute(
                select(DeliveryRow, WebhookRow)
                .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
                .where(
                    DeliveryRow.webhook_id == webhook,
                    DeliveryRow.next_at <= now,
                    WebhookRow.enabled.is_(True),
                )
                .order_by(DeliveryRow.number)
                .limit(1)
            ).first()
            if found is None:
                return None
            row, to = found
            return Message(
                row.number,
                row.message_id,
                row.event,
                row.body,
                row.attempts,
                row.due_from,
                row.next_at,
                to.url,
                to.secret,
            )

    def _note(self, webhook: str, message: Message, outcome: Outcome) -> None:
        now = self._clock()
        with self._catalog.writing() as session:
            row = session.get(DeliveryRow, message.number)
            if row is None:
                return  # its webhook was deleted meanwhile
            if row.due_from != message.due_from:
                return  # it was asked for once more meanwhile: that one is yet to be sent
            hurried = row.next_at != message.next_at
            row.attempts = message.attempts + 1
            row.status, row.problem = outcome.status, outcome.problem
            row.delivered = outcome.delivered
            given_up = row.attempts > len(RETRY_SECONDS) and not hurried
            if outcome.delivered or given_up:
                row.next_at, row.ended_at = None, now
            elif not hurried:
                row.next_at = now + RETRY_SECONDS[row.attempts - 1] * 1000
            if outcome.status is None and not hurried:
                self._postpone(session, webhook, row, now)

    def _postpone(self, session: Session, webhook: str, row: DeliveryRow, now: int) -> None:
        """The receiver does not answer: what else is due would only wait as long."""
        due = (
            DeliveryRow.webhook_id == webhook,
            DeliveryRow.next_at <= now,
            DeliveryRow.number != row.number,
        )
        session.execute(
            update(DeliveryRow)
            .where(*due, DeliveryRow.due_from < now - GIVEN_UP_MS)
            .values(next_at=None, ended_at=now, problem=row.problem)
        )
        later = row.next_at or now + RETRY_SECONDS[0] * 1000
        session.execute(update(DeliveryRow).where(*due).values(next_at=later))

    def _prune(self, now: int) -> bool:
        """Some of the log past its days, and with it the answers kept for repeated requests: both
        hold what people wrote. True when there may be more."""
        with self._catalog.writing() as session:
            forget_answers(session, now)
            # Nobody sends what waits for a webhook that is disabled.
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.next_at < now - LOG_DAYS * DAY_MS)
                .values(next_at=None, ended_at=now)
            )
            old = select(DeliveryRow.number).where(DeliveryRow.ended_at < now - LOG_DAYS * DAY_MS)
            numbers = session.scalars(old.limit(PRUNED_AT_ONCE)).all()
            session.execute(delete(DeliveryRow).where(DeliveryRow.number.in_(numbers)))
            return len(numbers) == PRUNED_AT_ONCE

    def count_waiting(self) -> int:
        """How many messages are to be sent. Blocks."""
        with self._catalog.reading() as session:
            query = select(func.count()).where(DeliveryRow.next_at.is_not(None))
            return session.scalar(query) or 0
