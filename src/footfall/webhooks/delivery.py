"""Empties the outbox: at least once, in order as far as receivers take them, never in the way.

A message is sent until a receiver answers 2xx, at the times of `RETRY_SECONDS`, about a day in
all. Each webhook has a task of its own, so one that is slow or dead holds up no other. Of one
webhook that message goes first which has been due for longest: one that was refused, or at which
the receiver dropped the connection, holds up none behind it. When a receiver answers none of
several different messages, it has a pause, and then more of them are tried than before.

A receiver that answers 410, or that has taken nothing for days, is sent no more: its webhook is
disabled, which its API, the log, `/health` and the metrics say.
"""

import asyncio
import logging
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.idempotency import forget_answers
from footfall.catalog.tables import DeliveryRow, WebhookRow
from footfall.config import Settings
from footfall.core.calendar import DAY_MS
from footfall.core.errors import Unavailable
from footfall.core.ids import Clock
from footfall.runtime.background import Background
from footfall.runtime.outbound import Outbound, Unreachable
from footfall.runtime.periodic import PeriodicTask
from footfall.webhooks.outbox import headers_of

RETRY_SECONDS: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)
"""Between one attempt and the next: eleven attempts in 23.8 hours."""

GIVEN_UP_MS: Final = 86_400_000
"""What waited so long behind a receiver that does not answer is given up as well."""

UNANSWERED_FIRST: Final = 3
UNANSWERED_MAX: Final = 24
"""How many messages in a row a receiver may leave unanswered before it has a pause: few at first,
twice as many after each pause."""

PAUSE_FIRST_SECONDS: Final = 5
PAUSE_SECONDS_MAX: Final = 60

GONE: Final = 410
LOG_DAYS: Final = 30
PRUNED_AT_ONCE: Final = 500
POLL_SECONDS: Final = 5.0

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
    updated_at: int


class Outcome(msgspec.Struct, frozen=True):
    """`status` None: the receiver did not answer."""

    delivered: bool
    status: int | None
    problem: str


class Silence(msgspec.Struct):
    """Of a receiver that does not answer: messages in a row, pauses so far, and the end of this
    one (milliseconds since 1970). `updated_at` is that of its webhook: a change of it ends this."""

    updated_at: int
    unanswered: int = 0
    pauses: int = 0
    until: int = 0

    def begin_pause(self, now: int) -> None:
        seconds = min(PAUSE_SECONDS_MAX, PAUSE_FIRST_SECONDS << min(self.pauses, 10))
        self.until = now + seconds * 1000
        self.pauses += 1
        self.unanswered = 0

    @property
    def too_long(self) -> bool:
        return self.unanswered >= min(UNANSWERED_MAX, UNANSWERED_FIRST << min(self.pauses, 10))

    def lasts(self, now: int) -> bool:
        """Not when the clock was set back meanwhile."""
        return 0 < self.until - now <= PAUSE_SECONDS_MAX * 1000


class Delivery:
    """One task on the event loop, and one for each webhook with something to take."""

    def __init__(
        self,
        catalog: SqlCatalog,
        outbound: Outbound,
        background: Background,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._catalog = catalog
        self._outbound = outbound
        self._background = background
        self._clock = clock
        self._timeout_seconds = settings.webhook_timeout_seconds
        self._failing_ms = settings.webhook_failing_days * DAY_MS
        self._silences: dict[str, Silence] = {}
        self._passes = PeriodicTask("Webhooks", log, POLL_SECONDS)
        self._pruned_at = self._counted_at = 0
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self.waiting = 0
        """How many messages were to be sent when it looked last."""
        self.disabled = 0
        """How many webhooks were disabled because of their receivers, when it looked last."""
        self.outcomes = {"delivered": 0, "refused": 0, "unanswered": 0, "given up": 0}
        """Attempts since the start, and the messages that were given up."""

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
            self.disabled = await self._background.run(self._count_disabled)
            self._counted_at = now
        for webhook, updated_at in await self._background.run(self._with_due, now):
            silence = self._silences.get(webhook)
            if silence is not None and silence.updated_at != updated_at:
                del self._silences[webhook]
                silence = None
            if webhook not in self._under_way and not (silence and silence.lasts(now)):
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
                given_up = await self._background.run(self._note, webhook, message, outcome)
                self._count(outcome, given_up)
                if self._is_silent(message, webhook, outcome):
                    return
        except Unavailable as error:
            log.warning("A webhook waits: %s", error.message)
            await asyncio.sleep(POLL_SECONDS)
        except Exception:  # whatever it is, the next pass must come
            log.exception("A webhook waits; it is tried again")
            await asyncio.sleep(POLL_SECONDS)

    def _count(self, outcome: Outcome, given_up: int) -> None:
        answered = "refused" if outcome.status is not None else "unanswered"
        self.outcomes["delivered" if outcome.delivered else answered] += 1
        self.outcomes["given up"] += given_up

    def _is_silent(self, message: Message, webhook: str, outcome: Outcome) -> bool:
        """Whether the receiver has a pause from now on."""
        if outcome.status is not None:
            self._silences.pop(webhook, None)
            return False
        silence = self._silences.setdefault(webhook, Silence(message.updated_at))
        silence.unanswered += 1
        if not silence.too_long:
            return False
        silence.begin_pause(self._clock())
        return True

    async def _send(self, message: Message) -> Outcome:
        about = message.message_id, message.event, message.attempts + 1, self._clock()
        headers = headers_of(message.secret, *about, message.body)
        try:
            reply = await self._outbound.post(
                message.url, message.body, headers, self._timeout_seconds
            )
        except Unreachable as error:
            return Outcome(False, None, str(error))
        if 200 <= reply.status < 300:
            return Outcome(True, reply.status, "")
        return Outcome(False, reply.status, reply.body[:200].decode("utf-8", "replace"))

    # ── on threads ────────────────────────────────────────────────────────────────────────────

    def _with_due(self, now: int) -> list[tuple[str, int]]:
        """Webhooks that have something to take, and when each was changed."""
        with self._catalog.reading() as session:
            due = select(DeliveryRow.number).where(
                DeliveryRow.webhook_id == WebhookRow.id, DeliveryRow.next_at <= now
            )
            enabled = select(WebhookRow.id, WebhookRow.updated_at).where(
                WebhookRow.enabled.is_(True), due.exists()
            )
            return [(id, updated_at) for id, updated_at in session.execute(enabled)]

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
                .order_by(DeliveryRow.next_at, DeliveryRow.number)
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
                to.updated_at,
            )

    def _note(self, webhook: str, message: Message, outcome: Outcome) -> int:
        """How many messages were given up by it."""
        now = self._clock()
        with self._catalog.writing() as session:
            row = session.get(DeliveryRow, message.number)
            if row is None:
                return 0  # its webhook was deleted meanwhile
            if row.due_from != message.due_from:
                return 0  # it was requested once more meanwhile: that one is yet to be sent
            to = session.get_one(WebhookRow, webhook)
            hurried = row.next_at != message.next_at
            gone = outcome.status == GONE and to.url == message.url
            row.attempts = message.attempts + 1
            row.status, row.problem = outcome.status, outcome.problem
            row.delivered = outcome.delivered
            given_up = int(gone or (row.attempts > len(RETRY_SECONDS) and not hurried))
            if outcome.delivered or given_up:
                row.next_at, row.ended_at = None, now
            elif not hurried:
                row.next_at = now + RETRY_SECONDS[row.attempts - 1] * 1000
            if outcome.status is None and not hurried:
                given_up += self._give_up(session, row, now)
            if to.url == message.url:
                self._note_outcome(to, outcome, now, gone=gone, given_up=bool(given_up))
        return given_up

    def _give_up(self, session: Session, row: DeliveryRow, now: int) -> int:
        """What has been due for a day at a receiver that does not answer. How many."""
        late = (
            DeliveryRow.webhook_id == row.webhook_id,
            DeliveryRow.next_at <= now,
            DeliveryRow.due_from < now - GIVEN_UP_MS,
        )
        ended = session.scalars(
            update(DeliveryRow)
            .where(*late, DeliveryRow.number != row.number)
            .values(next_at=None, ended_at=now, problem=row.problem)
            .returning(DeliveryRow.number)
        ).all()
        return len(ended)

    def _note_outcome(
        self, to: WebhookRow, outcome: Outcome, now: int, *, gone: bool, given_up: bool
    ) -> None:
        """Disable it when it is gone, or when it took nothing for days and yet another message is
        given up: a single one that it cannot take is no reason."""
        if outcome.delivered:
            to.failing_since = None
            return
        if to.failing_since is None:
            to.failing_since = now
        failing = given_up and now - to.failing_since >= self._failing_ms
        if not to.enabled or not (gone or failing):
            return
        to.enabled, to.disabled_at = False, now
        days = self._failing_ms // DAY_MS
        to.disabled_reason = (
            f"The receiver answered {GONE} Gone."
            if gone
            else f"The receiver has taken no message for {days} days: "
            + (outcome.problem if outcome.status is None else f"it answers {outcome.status}.")
        )
        log.warning("The webhook %s is disabled. %s", to.id, to.disabled_reason)

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
        """How many messages are to be sent; those of disabled webhooks are not. Blocks."""
        with self._catalog.reading() as session:
            query = (
                select(func.count())
                .select_from(DeliveryRow)
                .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
                .where(DeliveryRow.next_at.is_not(None), WebhookRow.enabled.is_(True))
            )
            return session.scalar(query) or 0

    def _count_disabled(self) -> int:
        with self._catalog.reading() as session:
            query = select(func.count()).where(WebhookRow.disabled_at.is_not(None))
            return session.scalar(query) or 0
