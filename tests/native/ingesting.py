"""What the tests of the native API share: somewhere that events are told of, and counted."""

import gzip
import json
import sqlite3
from typing import Any

import httpx
from backports import zstd

from tests.support.running import RunningServer

NDJSON = {"Content-Type": "application/x-ndjson"}


class Counter:
    """A code of its own on a server: what is told of its tracker is counted there."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.code = server.create_code()["id"]
        with sqlite3.connect(server.data / "catalog.db") as catalog:
            ((self.tracker,),) = catalog.execute("SELECT max(id) FROM trackers").fetchall()

    def event(self, **fields: Any) -> dict[str, Any]:
        return {"kind": "scan", "tracker": self.tracker, **fields}

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.server.client.post("/events", content=body, headers=headers)

    def ingest(self, *events: object) -> dict[str, Any]:
        response = self.post(json.dumps(events).encode())
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def counted(self) -> int:
        return int(self.server.analytics(self.code)["scans"]["total"])


def compress(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.compress(body)
    return zstd.compress(body) if encoding == "zstd" else body


def statuses(answer: dict[str, Any]) -> list[str]:
    return [one["status"] for one in answer["events"]]
