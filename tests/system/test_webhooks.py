"""Webhooks: what is written with a change arrives at least once, signed, and in nobody's way."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.tables import WebhookRow
from footfall.core.background import Background
from footfall.surroundings.outbound import Outbound
from footfall.webhooks import delivery, outbox
from tests.receiving import WAIT_SECONDS, Receiver

NOW = 1_790_000_000_000


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Parts(msgspec.Struct):
    catalog: SqlCatalog
    clock: Clock
    delivery: delivery.Delivery
    account: int


@asynccontextmanager
async def delivering(data: Path, *, allow_private: bool = True) -> AsyncIterator[Parts]:
    clock = Clock()
    catalog = SqlCatalog(f"sqlite:///{data / 'catalog.db'}", clock)
    owner = catalog.owner() or catalog.create_account("Owner", "owner@localhost")[0]
    background = Background(2)
    outbound = Outbound(allow_private=allow_private, at_once_per_host=8)
    running = delivery.Delivery(catalog, outbound, background, clock)
    task = asyncio.create_task(running.run())
    try:
        yield Parts(catalog, clock, running, owner.id)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outbound.close()
        background.close()
        catalog.close()


def subscribe(session: Session, account: int, url: str, webhook_id: str = "whk_1") -> None:
    session.add(
        WebhookRow(
            id=webhook_id,
            account_id=account,
            source="test",
            url=url,
            secret="s3cret",
            events=["made"],
            created_at=NOW,
            updated_at=NOW,
        )
    )


def tell(parts: Parts, message_id: str, event: str = "made") -> None:
    with parts.catalog.writing() as session:
        outbox.post(
            session,
            parts.account,
            "test",
            event,
            message_id,
            lambda: b'{"id":"' + message_id.encode() + b'"}',
            now=parts.clock.now,
        )
    parts.delivery.wake()


async def until(true: Callable[[], bool]) -> None:
    """Let the delivery work until this holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def states(parts: Parts, webhook_id: str = "whk_1") -> list[tuple[str, bool, int | None]]:
    """Message, delivered, attempts' last status; the oldest first."""
    with parts.catalog.reading() as session:
        webhook = outbox.find_webhook(session, parts.account, "test", webhook_id)
        rows = outbox.deliveries(session, webhook)
        return [(row.message_id, row.delivered, row.status) for row in reversed(rows)]


def attempts(parts: Parts) -> int:
    with parts.catalog.reading() as session:
        webhook = outbox.find_webhook(session, parts.account, "test", "whk_1")
        return sum(row.attempts for row in outbox.deliveries(session, webhook))


async def test_a_message_arrives_signed_and_named(tmp_path: Path, receiver: Receiver) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, f"{receiver.url}/hook")
        tell(parts, "m1")
        tell(parts, "m2", event="not wanted")
        await until(lambda: states(parts) == [("m1", True, 200)])
    ((path, headers, body),) = receiver.seen
    assert (path, body) == ("/hook", b'{"id":"m1"}')
    assert headers["X-Webhook-Signature"] == outbox.sign("s3cret", body)
    assert (headers["X-Webhook-Id"], headers["X-Webhook-Event"]) == ("m1", "made")


async def test_a_transaction_that_fails_tells_nobody(tmp_path: Path, receiver: Receiver) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        with suppress(ZeroDivisionError), parts.catalog.writing() as session:
            outbox.post(session, parts.account, "test", "made", "m1", lambda: b"{}", now=NOW)
            raise ZeroDivisionError
        tell(parts, "m2")
        await until(lambda: states(parts) == [("m2", True, 200)])
        assert [body for _, _, body in receiver.seen] == [b'{"id":"m2"}']


async def test_a_refused_message_is_sent_again_at_the_stated_times(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 204]
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        tell(parts, "m1")
        for attempt, status in enumerate([500, 302]):
            await until(lambda: states(parts) == [("m1", False, status)])  # noqa: B023
            assert len(receiver.seen) == attempt + 1
            parts.clock.now += delivery.RETRY_SECONDS[attempt] * 1000
            parts.delivery.wake()
        await until(lambda: states(parts) == [("m1", True, 204)])
    attempts = [headers["X-Webhook-Attempt"] for _, headers, _ in receiver.seen]
    assert attempts == ["1", "2", "3"]
    assert {headers["X-Webhook-Id"] for _, headers, _ in receiver.seen} == {"m1"}
    assert {path for path, _, _ in receiver.seen} == {"/"}, "a redirect was followed"


async def test_a_message_nobody_takes_is_given_up_and_can_be_replayed(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answers = [503]
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        tell(parts, "m1")
        for attempt in range(len(delivery.RETRY_SECONDS) + 1):
            await until(lambda: attempts(parts) == attempt + 1)  # noqa: B023
            parts.clock.now += 86_400_000
            parts.delivery.wake()
        assert parts.delivery.count_waiting() == 0
        assert len(receiver.seen) == len(delivery.RETRY_SECONDS) + 1
        receiver.answers = [200]
        with parts.catalog.writing() as session:
            webhook = outbox.find_webhook(session, parts.account, "test", "whk_1")
            (row,) = outbox.deliveries(session, webhook)
            outbox.replay(session, webhook, row.number, parts.clock.now)
        parts.delivery.wake()
        await until(lambda: states(parts) == [("m1", True, 200)])


async def test_a_message_asked_for_again_while_it_is_on_its_way_is_sent_twice(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        receiver.may_answer.clear()
        tell(parts, "m1")
        await until(lambda: len(receiver.seen) == 1)
        with parts.catalog.writing() as session:
            webhook = outbox.find_webhook(session, parts.account, "test", "whk_1")
            (row,) = outbox.deliveries(session, webhook)
            outbox.replay(session, webhook, row.number, parts.clock.now)
        parts.clock.now += 1
        parts.delivery.wake()
        receiver.may_answer.set()
        await until(lambda: states(parts) == [("m1", True, 200)])
    assert [body for _, _, body in receiver.seen] == [b'{"id":"m1"}'] * 2


async def test_a_new_address_is_tried_at_once_though_the_old_one_fails_only_then(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, f"{receiver.url}/old")
        receiver.may_answer.clear()
        receiver.answers = [500, 200]
        tell(parts, "m1")
        await until(lambda: len(receiver.seen) == 1)
        parts.clock.now += 1
        with parts.catalog.writing() as session:
            webhook = outbox.find_webhook(session, parts.account, "test", "whk_1")
            webhook.url = f"{receiver.url}/new"
            outbox.hurry(session, webhook, parts.clock.now)
        receiver.may_answer.set()
        await until(lambda: states(parts) == [("m1", True, 200)])
    assert [path for path, _, _ in receiver.seen] == ["/old", "/new"]


async def test_a_dead_receiver_holds_up_no_other(tmp_path: Path, receiver: Receiver) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, "http://127.0.0.1:9/", "whk_dead")
            subscribe(session, parts.account, receiver.url, "whk_2")
        for number in range(20):
            tell(parts, f"m{number}")
        await until(lambda: all(delivered for _, delivered, _ in states(parts, "whk_2")))
        assert [body for _, _, body in receiver.seen] == [
            b'{"id":"m%d"}' % number for number in range(20)
        ]
        assert not any(delivered for _, delivered, _ in states(parts, "whk_dead"))


async def test_what_waits_behind_a_dead_receiver_is_given_up_with_it(tmp_path: Path) -> None:
    """One message is tried for all of them, so a receiver that is gone costs few attempts."""
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, "http://127.0.0.1:9/")  # nobody listens there
        for number in range(20):
            tell(parts, f"message_{number}")
        while parts.delivery.count_waiting():
            tried = attempts(parts)
            parts.delivery.wake()
            await until(lambda tried=tried: attempts(parts) > tried)  # type: ignore[misc]
            parts.clock.now += 9 * 3_600_000
        assert attempts(parts) <= 12
        assert [delivered for _, delivered, _ in states(parts)] == [False] * 20
        assert parts.clock.now - NOW > delivery.GIVEN_UP_MS


async def test_what_was_not_sent_is_sent_after_a_restart(
    tmp_path: Path, receiver: Receiver
) -> None:
    catalog = SqlCatalog(f"sqlite:///{tmp_path / 'catalog.db'}", Clock())
    account, _ = catalog.create_account("Owner", "owner@localhost")
    with catalog.writing() as session:
        subscribe(session, account.id, receiver.url)
        outbox.post(session, account.id, "test", "made", "m1", lambda: b"{}", now=NOW)
    catalog.close()
    async with delivering(tmp_path) as parts:
        await until(lambda: states(parts) == [("m1", True, 200)])


async def test_a_new_address_and_secret_hold_for_the_very_next_message(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, f"{receiver.url}/old")
        receiver.answers = [500]
        for number in range(5):
            tell(parts, f"m{number}")
        await until(lambda: attempts(parts) == 5)
        receiver.answers = [200]
        with parts.catalog.writing() as session:
            webhook = outbox.find_webhook(session, parts.account, "test", "whk_1")
            webhook.url, webhook.secret = f"{receiver.url}/new", "another"
            outbox.hurry(session, webhook, parts.clock.now)
        parts.delivery.wake()
        await until(lambda: all(delivered for _, delivered, _ in states(parts)))
    for path, headers, body in receiver.seen[5:]:
        assert path == "/new"
        assert headers["X-Webhook-Signature"] == outbox.sign("another", body)
