"""Receivers that drop, refuse or are gone: what becomes of their messages and of those behind."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.catalog.tables import WebhookRow
from footfall.webhooks import delivery, outbox, subscriptions
from footfall.webhooks.outbox import headers_of, new_standard_secret
from tests.support.receiving import (
    NOW,
    Parts,
    Receiver,
    attempts,
    body_of,
    delivering,
    ingest,
    states,
    subscribe,
    until,
)

DAY_MS = 86_400_000


def webhook_of(parts: Parts) -> WebhookRow:
    with parts.catalog.reading() as session:
        return subscriptions.find(session, parts.account, "test", "whk_1")


async def test_a_message_at_which_the_connection_drops_holds_up_none_behind_it(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.drops = {body_of("bad")}
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        for name in ("bad", "good 1", "good 2"):
            ingest(parts, name)
        await until(lambda: states(parts)[1:] == [("good 1", True, 200), ("good 2", True, 200)])
        for seconds in (5, 30, 120):
            parts.clock.now += seconds * 1000
            ingest(parts, f"good after {seconds} s")
            await until(lambda: states(parts)[-1][1])
        assert states(parts)[0] == ("bad", False, None)
        await until(lambda: attempts(parts) == 5 + 4)
    assert parts.delivery.outcomes["unanswered"] == 4


async def test_many_bad_messages_hold_up_a_good_one_for_seconds_only(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.drops = {body_of(f"bad {number}") for number in range(50)}
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        for number in range(50):
            ingest(parts, f"bad {number}")
        ingest(parts, "good")
        rounds, tried = 0, delivery.UNANSWERED_FIRST
        outcomes = parts.delivery.outcomes
        while not outcomes["delivered"]:
            # Counted in the same step in which its pause begins: only then may the clock go on.
            await until(
                lambda: outcomes["unanswered"] >= tried or outcomes["delivered"] > 0  # noqa: B023
            )
            rounds += 1
            tried += min(delivery.UNANSWERED_MAX, delivery.UNANSWERED_FIRST << rounds)
            parts.clock.now += delivery.PAUSE_SECONDS_MAX * 1000
            parts.delivery.wake()
        assert states(parts, newest=1) == [("good", True, 200)]
        assert rounds <= 6


async def test_a_dead_receiver_is_tried_seldom_and_its_messages_are_given_up_after_a_day(
    tmp_path: Path,
) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, "http://127.0.0.1:9/")  # nobody listens there
        for number in range(40):
            ingest(parts, f"message_{number}")
        while parts.delivery.count_waiting():
            tried = attempts(parts)
            parts.delivery.wake()
            # The round has ended: only then may the clock go on.
            await until(lambda: not parts.delivery._under_way and attempts(parts) > tried)  # noqa: B023
            parts.clock.now += 9 * 3_600_000
        assert attempts(parts) <= 40
        assert [delivered for _, delivered, _ in states(parts)] == [False] * 40
        assert parts.clock.now - NOW > delivery.GIVEN_UP_MS
        assert parts.delivery.outcomes["given up"] == 40
        assert webhook_of(parts).enabled, "a day is no reason to disable it"


async def test_a_changed_webhook_is_tried_at_once_though_its_receiver_has_a_pause(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, "http://127.0.0.1:9/")
        for number in range(10):
            ingest(parts, f"message_{number}")
        await until(lambda: attempts(parts) == delivery.UNANSWERED_FIRST)
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
            webhook.url, webhook.updated_at = receiver.url, parts.clock.now + 1
            outbox.hurry(session, webhook, parts.clock.now)
        parts.delivery.wake()
        await until(lambda: all(delivered for _, delivered, _ in states(parts)))


async def test_a_receiver_that_is_gone_is_disabled_at_once(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answers = [410]
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        for number in range(3):
            ingest(parts, f"m{number}")
        await until(lambda: not webhook_of(parts).enabled)
        webhook = webhook_of(parts)
        assert (webhook.disabled_at, webhook.disabled_reason) == (
            NOW,
            "The receiver answered 410 Gone.",
        )
        parts.clock.now += 10 * DAY_MS
        parts.delivery.wake()
        await until(lambda: parts.delivery.disabled == 1)
        assert (len(receiver.seen), parts.delivery.waiting) == (1, 0)
        receiver.answers = [200]
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
            webhook.enabled = True
            outbox.hurry(session, webhook, parts.clock.now)
        parts.delivery.wake()
        await until(lambda: [one[1] for one in states(parts)] == [False, True, True])
        assert (webhook_of(parts).disabled_at, webhook_of(parts).disabled_reason) == (None, None)


@pytest.mark.parametrize("answer", [500, 404, None])
async def test_a_receiver_that_takes_nothing_for_days_is_disabled(
    tmp_path: Path, receiver: Receiver, answer: int | None
) -> None:
    receiver.answers = [answer or 200]
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        for day in range(8):
            if answer is None:
                receiver.drops.add(body_of(f"day {day}"))
            ingest(parts, f"day {day}")
            while webhook_of(parts).enabled and parts.delivery.count_waiting():
                tried = attempts(parts)
                parts.clock.now += 8 * 3_600_000
                parts.delivery.wake()
                await until(
                    lambda: attempts(parts) > tried or not parts.delivery.count_waiting()  # noqa: B023
                )
        disabled_at = webhook_of(parts).disabled_at or 0
        assert 5 * DAY_MS <= disabled_at - NOW < 12 * DAY_MS
        reason = webhook_of(parts).disabled_reason or ""
        assert "no message for 5 days" in reason
        assert (str(answer) if answer else "closed before an answer") in reason
        assert receiver.url not in reason


async def test_a_receiver_that_cannot_take_one_message_is_not_disabled(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.drops = {body_of("bad")}
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        ingest(parts, "bad")
        for day in range(12):
            ingest(parts, f"good {day}")
            await until(lambda: states(parts)[-1][1])
            parts.clock.now += DAY_MS
            parts.delivery.wake()
        await until(lambda: attempts(parts) == 12 + 11)
        assert webhook_of(parts).enabled


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_an_answer_whose_body_cannot_be_decoded_counts_by_its_status(
    tmp_path: Path, receiver: Receiver, encoding: str
) -> None:
    receiver.encoding = encoding
    receiver.answers = [202, 500]
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
        ingest(parts, "taken")
        ingest(parts, "refused")
        await until(lambda: states(parts) == [("taken", True, 202), ("refused", False, 500)])
    assert len(receiver.seen) == 2


async def test_a_message_that_is_sent_once_more_keeps_its_id_and_has_a_new_time(
    tmp_path: Path, receiver: Receiver
) -> None:
    secret = new_standard_secret()
    async with delivering(tmp_path) as parts:
        with parts.catalog.writing() as session:
            subscribe(session, parts.account, receiver.url)
            subscriptions.find(session, parts.account, "test", "whk_1").secret = secret
        ingest(parts, "m1")
        await until(lambda: states(parts) == [("m1", True, 200)])
        parts.clock.now += 60_000
        with parts.catalog.writing() as session:
            webhook = subscriptions.find(session, parts.account, "test", "whk_1")
            (row,) = outbox.deliveries(session, webhook)
            outbox.replay(session, webhook, row.number, parts.clock.now)
        parts.delivery.wake()
        await until(lambda: len(receiver.seen) == 2)
    first, second = (headers for _, headers, _ in receiver.seen)
    assert (first["webhook-id"], second["webhook-id"]) == ("m1", "m1")
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60
    assert first["webhook-signature"] != second["webhook-signature"]
    assert "X-Webhook-Signature" not in first, "it would cover no time"


def test_a_signature_is_that_of_the_specification() -> None:
    """The example that its libraries are tested with."""
    headers = headers_of(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "test",
        1,
        1_614_265_330_000,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(some.binary(), some.integers(0, 1 << 42))
def test_a_receiver_verifies_a_signature_with_the_secret_in_base64(body: bytes, now: int) -> None:
    secret = new_standard_secret()
    headers = headers_of(secret, "evt_1", "made", 1, now, body)
    key = b64decode(secret.removeprefix("whsec_"), validate=True)
    assert 24 <= len(key) <= 64
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    code = b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{code}"


@pytest.mark.parametrize("secret", ["whsec_-_" + "A" * 41, "whsec_", "whsec_ü", "whsec_A"])
def test_an_earlier_secret_signs_too(secret: str) -> None:
    assert headers_of(secret, "evt_1", "made", 1, NOW, b"{}")["webhook-signature"]
