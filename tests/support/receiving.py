"""Receivers of webhooks, and a delivery that works for them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.connections import sqlite_url
from footfall.catalog.tables import WebhookRow
from footfall.config import Settings
from footfall.runtime.background import Background
from footfall.runtime.outbound import Outbound
from footfall.webhooks import delivery, outbox, subscriptions

NOW = 1_790_000_000_000
WAIT_SECONDS = 20.0


class Receiver:
    """A real server that answers what `answers` says, the last for ever, and notes what came. It
    drops the connection at bodies of `drops`. `encoding` names a wrong one of its answer's body."""

    def __init__(self) -> None:
        self.answers = [200]
        self.drops: set[bytes] = set()
        self.encoding = ""
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.arrived = threading.Condition()
        self.may_answer = threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.arrived:
                    receiver.seen.append((self.path, dict(self.headers.items()), body))
                    answers = receiver.answers
                    status = answers.pop(0) if len(answers) > 1 else answers[0]
                    receiver.arrived.notify_all()
                receiver.may_answer.wait(WAIT_SECONDS)
                if body in receiver.drops:
                    return  # the server closes what was not answered
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                if receiver.encoding:
                    self.send_header("Content-Encoding", receiver.encoding)
                body = b"" if status == 204 else b"body"
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


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
    catalog = SqlCatalog(sqlite_url(data / "catalog.db"), clock)
    owner = catalog.owner() or catalog.create_account("Owner", "owner@localhost")[0]
    background = Background(2)
    outbound = Outbound(allow_private=allow_private, at_once_per_host=8)
    running = delivery.Delivery(catalog, outbound, background, clock, Settings())
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


def ingest(parts: Parts, message_id: str, event: str = "made") -> None:
    with parts.catalog.writing() as session:
        outbox.post(
            session,
            parts.account,
            "test",
            event,
            message_id,
            lambda: body_of(message_id),
            now=parts.clock.now,
        )
    parts.delivery.wake()


def body_of(message_id: str) -> bytes:
    return b'{"id":"' + message_id.encode() + b'"}'


async def until(true: Callable[[], bool]) -> None:
    """Let the delivery work until this holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def states(
    parts: Parts, webhook_id: str = "whk_1", newest: int = 100
) -> list[tuple[str, bool, int | None]]:
    """Message, delivered, attempts' last status; the oldest first, of the newest ones."""
    with parts.catalog.reading() as session:
        webhook = subscriptions.find(session, parts.account, "test", webhook_id)
        rows = outbox.deliveries(session, webhook, limit=newest)
        return [(row.message_id, row.delivered, row.status) for row in reversed(rows)]


def attempts(parts: Parts) -> int:
    with parts.catalog.reading() as session:
        webhook = subscriptions.find(session, parts.account, "test", "whk_1")
        return sum(row.attempts for row in outbox.deliveries(session, webhook))
