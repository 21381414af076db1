"""Webhooks: what is written with a change arrives at least once, signed, and in nobody's way."""

from contextlib import suppress
from pathlib import Path

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.connections import sqlite_url
from footfall.webhooks import delivery, outbox, subscriptions
from tests.support.receiving import (
    NOW,
    Clock,
    Receiver,
    attempts,
    delivering,
    ingest,
    states,
    subscribe,
    until,
)


async def test_a_message_arrives_signed_and_named(tmp_path: Path, receiver: Receiver) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, f"{receiver.url}/hook")
        ingest(parts, "m1")
        ingest(parts, "m2", event="not wanted")
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
        ingest(parts, "m2")
        await until(lambda: states(parts) == [("m2", True, 200)])
        assert [body for _, _, body in receiver.seen] == [b'{"id":"m2"}']


async def test_a_refused_message_is_sent_again_at_the_stated_times(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 204]
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        ingest(parts, "m1")
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
        ingest(parts, "m1")
        for attempt, seconds in enumerate((*delivery.RETRY_SECONDS, 0)):
            await until(lambda: attempts(parts) == attempt + 1)  # noqa: B023
            parts.clock.now += seconds * 1000
            parts.delivery.wake()
        assert parts.delivery.count_waiting() == 0
        assert len(receiver.seen) == len(delivery.RETRY_SECONDS) + 1
        receiver.answers = [200]
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
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
        ingest(parts, "m1")
        await until(lambda: len(receiver.seen) == 1)
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
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
        ingest(parts, "m1")
        await until(lambda: len(receiver.seen) == 1)
        parts.clock.now += 1
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
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
            ingest(parts, f"m{number}")
        await until(lambda: all(delivered for _, delivered, _ in states(parts, "whk_2")))
        assert [body for _, _, body in receiver.seen] == [
            b'{"id":"m%d"}' % number for number in range(20)
        ]
        assert not any(delivered for _, delivered, _ in states(parts, "whk_dead"))


async def test_what_was_not_sent_is_sent_after_a_restart(
    tmp_path: Path, receiver: Receiver
) -> None:
    catalog = SqlCatalog(sqlite_url(tmp_path / "catalog.db"), Clock())
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
            ingest(parts, f"m{number}")
        await until(lambda: attempts(parts) == 5)
        receiver.answers = [200]
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
            webhook.url, webhook.secret = f"{receiver.url}/new", "another"
            outbox.hurry(session, webhook, parts.clock.now)
        parts.delivery.wake()
        await until(lambda: all(delivered for _, delivered, _ in states(parts)))
    for path, headers, body in receiver.seen[5:]:
        assert path == "/new"
        assert headers["X-Webhook-Signature"] == outbox.sign("another", body)
