"""The words that open locked codes: who may try one, and which is right.

A right word never counts as a try, and opens without a comparison once it opened since the start:
a keyed hash of it is kept in memory. Only wrong words wait, see `tries.WrongTries`; so visitors
pass however many they are, nobody keeps a code shut for another network, and nobody for long for
one that opened it.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from footfall.core.errors import RateLimited
from footfall.core.trackers import Lock, Tracker
from footfall.members.passwords import Lane, spellings, verify_password
from footfall.parsing.folding import normalize
from footfall.runtime.attempts import QUIET, Origin, Pace, WrongTries, origin_of

IPV6_BITS: Final = 48
"""One line may have as many addresses as there are PINs, and as many /64s."""

IPV6_WIDE_BITS: Final = 32
"""What a provider has."""

VENUE_PACE: Final = Pace(10, 60, 2, longest_seconds=300)
"""Of a network that opened the code: many guests share it, and one of them must not shut the code
for the others. Allows 288 wrong words a day, about as many as a wide network has."""

WORDS_MAX: Final = 10_000
"""Codes whose right word is kept."""


class Unopened(msgspec.Struct, frozen=True):
    """Why a code stays shut: the status and the reason of the event, what the page says, and when
    to try again."""

    status: int
    reason: str
    problem: str
    retry_seconds: int = 0


WRONG: Final = Unopened(403, "wrong password or PIN", "That is not it. Try again.")


class Locks:
    """On the event loop. `clock` gives seconds that only go forward."""

    def __init__(self, lane: Lane, clock: Callable[[], float] = time.monotonic) -> None:
        self._lane = lane
        self._tries = WrongTries(QUIET, clock, known=VENUE_PACE)
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[int, bytes] = OrderedDict()
        self.refused = {"wrong": 0, "waits": 0, "busy": 0}

    async def open(self, tracker: Tracker, lock: Lock, word: str, ip: str) -> Unopened | None:
        """None when the word opens the code."""
        name, origin = str(tracker.id), origin_of(ip, IPV6_BITS, IPV6_WIDE_BITS)
        if wait := self._tries.seconds_to_wait(name, origin):
            return self._waits(wait)
        if not word:
            return WRONG
        digest = self._digest(lock, normalize(word))
        if hmac.compare_digest(digest, self._right.get(tracker.id, b"")):
            self._right.move_to_end(tracker.id)
            self._tries.right(name, origin)
            return None
        hashes = [one for one in (lock.password_hash, lock.pin_hash) if one]
        try:
            async with self._lane.turn(len(hashes) * len(spellings(word))):
                return await self._compare(tracker.id, hashes, word, digest, origin)
        except RateLimited as error:
            self.refused["busy"] += 1
            problem = "Many people try this at the moment. Try again in a few seconds."
            seconds = error.retry_after_seconds
            return Unopened(503, "too many tries at once", problem, seconds)

    async def _compare(
        self, tracker: int, hashes: list[str], word: str, digest: bytes, origin: Origin
    ) -> Unopened | None:
        # Others of the network may have tried while this one waited for its turn.
        if wait := self._tries.seconds_to_wait(str(tracker), origin):
            return self._waits(wait)
        if not await asyncio.to_thread(_fits, hashes, word):
            self._tries.wrong(str(tracker), origin)
            self.refused["wrong"] += 1
            return WRONG
        self._tries.right(str(tracker), origin)
        self._right[tracker] = digest
        self._right.move_to_end(tracker)
        if len(self._right) > WORDS_MAX:
            self._right.popitem(last=False)
        return None

    def _waits(self, seconds: int) -> Unopened:
        self.refused["waits"] += 1
        span = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
        problem = f"Too many wrong tries from your network. Wait {span}."
        return Unopened(429, "too many wrong tries", problem, seconds)

    def _digest(self, lock: Lock, word: str) -> bytes:
        """Of a word for these hashes: a lock that was changed has no right word yet."""
        text = f"{lock.password_hash} {lock.pin_hash} {word}".encode("utf-8", "replace")
        return hashlib.blake2b(text, digest_size=32, key=self._key).digest()


def _fits(hashes: list[str], word: str) -> bool:
    return any(verify_password(hashed, word) for hashed in hashes)
