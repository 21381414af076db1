"""What a call asks of whoever drives it: one step after another.

A call is a generator. It yields steps and is sent what came of each, so it says what is sent and
what becomes of the answers, and knows nothing of threads or event loops:

    Send → Answer    Open → Answer, then Line → text and Piece → bytes until None
    Wait → nothing   Give: a value for the caller
"""

from collections.abc import Generator, Mapping
from typing import Any, TypeVar

import msgspec


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request. `repeatable`: it may be sent again when nobody knows what became of it."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    repeatable: bool = True


class Open(Send, frozen=True, kw_only=True):
    """A request whose answer is read piece by piece. It closes the one before."""


class Line(msgspec.Struct, frozen=True):
    """The next line of what is open."""


class Piece(msgspec.Struct, frozen=True):
    """The next bytes of what is open."""


class Wait(msgspec.Struct, frozen=True):
    seconds: float


class Give(msgspec.Struct, frozen=True):
    value: Any


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Header names in lower case. Without a body while it is open."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


Step = Send | Line | Piece | Wait | Give

T = TypeVar("T")
Call = Generator[Step, Any, T]


def giving(call: Call[T]) -> Call[None]:
    """The call, with its result given at the end."""
    result = yield from call
    yield Give(result)
