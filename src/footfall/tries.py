"""Wrong tries at something locked (a code, a member's e-mail, a reader), counted in memory.

A stranger must neither guess on nor lock out anybody else. So a wrong try counts against the
network that it came from, right words never count, and waits grow: see `Pace`. Somebody with many
networks is slowed down by what each of them may still try: once a lock has had `GUARDED_AFTER`
wrong tries within about a day, networks that never opened it have one try, and wide networks of
them (IPv4 /16) a stated number a day. The right word from a network without wrong tries opens at
any time.
"""

import hashlib
import ipaddress
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

DAY_SECONDS: Final = 86_400
GUARDED_AFTER: Final = 100
WIDE_TRIES_A_DAY: Final = 256
"""As many as an IPv4 /16 has /24s."""

KNOWN_SECONDS: Final = 7 * DAY_SECONDS
"""How long a network that opened a lock is known to it."""

ENTRIES_MAX: Final = 50_000
"""Of about 250 bytes. The ones unused for longest go: who has more networks than that may guess a
little faster."""


class Pace(msgspec.Struct, frozen=True):
    """`free` wrong tries cost nothing. After them one has to wait `first_seconds`, and `factor`
    times as long after each more, a day at most."""

    free: int
    first_seconds: int
    factor: int

    def seconds(self, wrong: int) -> int:
        beyond = wrong - self.free
        if beyond < 0:
            return 0
        return min(DAY_SECONDS, self.first_seconds * int(self.factor ** min(beyond, 20)))


QUIET: Final = Pace(10, 60, 2)
GUARDED: Final = Pace(1, 600, 6)


class Origin(msgspec.Struct, frozen=True):
    """Where a try comes from: a network, and the wider one that it is a part of ("" for none)."""

    network: str
    wide: str = ""


def origin_of(address: str, ipv6_bits: int, ipv6_wide_bits: int) -> Origin:
    """Of IPv4 the /24 in its /16. What is no address is one network."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return Origin("")
    bits, wide = (24, 16) if ip.version == 4 else (ipv6_bits, ipv6_wide_bits)
    return Origin(
        str(ipaddress.ip_network((ip, bits), strict=False)),
        str(ipaddress.ip_network((ip, wide), strict=False)),
    )


class _Entry:
    """`wrong` tries of a network, less what right ones gave back; or what is left of the wrong
    tries of a whole lock or wide network, which run out by themselves."""

    __slots__ = ("right_at", "wrong", "wrong_at")

    def __init__(self) -> None:
        self.wrong = 0.0
        self.wrong_at = -math.inf
        self.right_at = -math.inf


class WrongTries:
    """On the event loop. A restart starts over. `clock` gives seconds that only go forward.
    `guards`: whether many wrong tries at a lock leave fewer to each network."""

    def __init__(
        self,
        pace: Pace = QUIET,
        clock: Callable[[], float] = time.monotonic,
        *,
        guards: bool = True,
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._guards = guards
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._key = secrets.token_bytes(16)

    def seconds_to_wait(self, lock: str, origin: Origin) -> int:
        """0 when a try may be made now."""
        now = self._clock()
        one = self._entries.get(self._name(lock, origin.network))
        known = one is not None and now - one.right_at < KNOWN_SECONDS
        guarded = (
            self._guards
            and not known
            and self._left(lock, "", GUARDED_AFTER, now) > GUARDED_AFTER - 1
        )
        wait = 0.0
        if one is not None and now - one.wrong_at < DAY_SECONDS:
            pace = GUARDED if guarded else self._pace
            wait = one.wrong_at + pace.seconds(math.ceil(one.wrong)) - now
        if guarded and origin.wide:
            left = self._left(lock, origin.wide, WIDE_TRIES_A_DAY, now)
            each = DAY_SECONDS / WIDE_TRIES_A_DAY
            wait = max(wait, (left - WIDE_TRIES_A_DAY + 1) * each)
        return max(0, math.ceil(wait))

    def wrong(self, lock: str, origin: Origin) -> None:
        now = self._clock()
        one = self._entry(lock, origin.network)
        one.wrong = one.wrong + 1 if now - one.wrong_at < DAY_SECONDS else 1
        one.wrong_at = now
        self._count(lock, "", GUARDED_AFTER, now)
        if origin.wide:
            self._count(lock, origin.wide, WIDE_TRIES_A_DAY, now)

    def right(self, lock: str, origin: Origin) -> None:
        """A right word gives a wrong try of its network back: of a thousand guests behind one
        address some mistype."""
        one = self._entry(lock, origin.network)
        one.right_at = self._clock()
        one.wrong = max(0, one.wrong - 1)

    def _count(self, lock: str, part: str, a_day: int, now: float) -> None:
        left = self._left(lock, part, a_day, now)
        whole = self._entry(lock, f"all of {part}")
        whole.wrong, whole.wrong_at = left + 1, now

    def _left(self, lock: str, part: str, a_day: int, now: float) -> float:
        """How many wrong tries have not run out, at so many a day."""
        whole = self._entries.get(self._name(lock, f"all of {part}"))
        if whole is None:
            return 0
        return max(0, whole.wrong - (now - whole.wrong_at) * a_day / DAY_SECONDS)

    def _entry(self, lock: str, part: str) -> _Entry:
        name = self._name(lock, part)
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = _Entry()
            if len(self._entries) > ENTRIES_MAX:
                self._entries.popitem(last=False)
        self._entries.move_to_end(name)
        return entry

    def _name(self, lock: str, part: str) -> bytes:
        """Neither addresses nor e-mails stand in the memory, and none makes an entry larger."""
        text = f"{len(lock)} {lock} {part}".encode("utf-8", "replace")
        return hashlib.blake2b(text, digest_size=16, key=self._key).digest()
