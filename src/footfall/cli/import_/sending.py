"""A batch of events to a running server, until it has answered for it."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import httpx
import msgspec
from backports import zstd

from footfall.core.errors import FootfallError, InvalidRequest

PATIENCE_SECONDS: Final = 600.0
WAIT_SECONDS_MAX: Final = 60.0
RETRY_SECONDS_MAX: Final = 4.0
TIMEOUT_SECONDS: Final = 60.0

Say = Callable[[str], None]
T = TypeVar("T")


class ServerUnreachable(FootfallError):
    """Nobody answered for as long as an import waits."""

    code = "server_unreachable"


class Entry(msgspec.Struct, frozen=True):
    status: str
    id: str = ""
    error: str = ""


class _Answer(msgspec.Struct, frozen=True):
    events: list[Entry] | None = None
    error: str = ""


class _Trackers(msgspec.Struct, frozen=True):
    class One(msgspec.Struct, frozen=True):
        id: int
        slug: str

    trackers: list[One]
    cursor: str | None


class Server:
    """By URL and key. `say` is called with why it waits, "" when it continues."""

    def __init__(self, url: str, key: str, say: Say) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_SECONDS,
        )
        self._say = say

    def close(self) -> None:
        self._client.close()

    def send(self, lines: Sequence[bytes]) -> list[Entry]:
        """What became of each of these events (JSON). Raises InvalidRequest when the server takes
        none of them, ServerUnreachable."""
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
        body = zstd.compress(b"\n".join(lines))
        response = self._ask("POST", "/events", content=body, headers=headers)
        answer = _read(response, _Answer)
        if answer.events is None or len(answer.events) != len(lines):
            raise InvalidRequest(f"The server takes none of this: {answer.error}")
        return answer.events

    def slugs(self) -> dict[str, int]:
        """The account's trackers that have a slug, by it."""
        found: dict[str, int] = {}
        cursor: str | None = ""
        while cursor is not None:
            parameters = {"limit": "500", **({"cursor": cursor} if cursor else {})}
            response = self._ask("GET", "/trackers", params=parameters)
            if response.status_code != 200:
                raise InvalidRequest(
                    "The trackers behind the short links of the log cannot be read: "
                    f"{_read(response, _Answer).error} Or name one with --tracker."
                )
            page = _read(response, _Trackers)
            found |= {one.slug: one.id for one in page.trackers if one.slug}
            cursor = page.cursor
        return found

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Sent again while the server is away or busy: the same events twice are one."""
        began = time.monotonic()
        wait_seconds = 0.5
        while True:
            try:
                response = self._client.request(
                    method, path, content=content, headers=headers, params=params
                )
                problem = f"it answered {response.status_code}"
                given_seconds = response.headers.get("Retry-After", "")
            except httpx.TransportError as error:
                response, problem, given_seconds = None, str(error), ""
            if response is not None and response.status_code not in (429, 500, 502, 503, 504):
                self._say("")
                return response
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise ServerUnreachable(
                    f"The server at {self._client.base_url} did not take the events: {problem}. "
                    "The same command goes on where this one ended."
                )
            pause = float(given_seconds) if given_seconds.isdigit() else wait_seconds
            self._say(f"waiting for the server: {problem}")
            threading.Event().wait(min(pause, WAIT_SECONDS_MAX))
            wait_seconds = min(wait_seconds * 2, RETRY_SECONDS_MAX)


def _read(response: httpx.Response, type: type[T]) -> T:
    try:
        if response.status_code in (401, 403):
            error = msgspec.json.decode(response.content, type=_Answer).error
            raise InvalidRequest(f"The key cannot be used: {error}")
        return msgspec.json.decode(response.content, type=type)
    except (msgspec.MsgspecError, ValueError):
        raise InvalidRequest(
            f"What answers there is no Footfall: {response.status_code} {response.text[:80]}"
        ) from None
