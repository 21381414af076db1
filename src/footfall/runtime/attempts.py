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
    """`free` wrong tries cost nothing, and as many run out in a day. After them one has to wait
    `first_seconds`, and `factor` times as long after each more, `longest_seconds` at most."""

    free: int
    first_seconds: int
    factor: int
    longest_seconds: int = DAY_SECONDS

    @property
    def most(self) -> int:
        """Wrong tries after which the wait is longest. More do not count: they would only take
        longer to run out."""
        times = self.longest_seconds / self.first_seconds
        return self.free + math.ceil(math.log(times, self.factor))

    def seconds(self, wrong: float) -> int:
        beyond = math.ceil(min(wrong, self.most)) - self.free
        if beyond < 0:
            return 0
        return min(self.longest_seconds, self.first_seconds * int(self.factor**beyond))


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
    """Wrong tries of a network, a wide network or a whole lock: `wrong` were left at `wrong_at`,
    less what right ones gave back. They run out by themselves."""

    __slots__ = ("right_at", "wrong", "wrong_at")

    def __init__(self) -> None:
        self.wrong = 0.0
        self.wrong_at = -math.inf
        self.right_at = -math.inf

    def left(self, a_day: int, now: float) -> float:
        """How many wrong tries have not run out, at so many a day."""
        return max(0, self.wrong - (now - self.wrong_at) * a_day / DAY_SECONDS)


class WrongTries:
    """On the event loop. A restart starts over. `clock` gives seconds that only go forward.
    `guards`: whether many wrong tries at a lock leave fewer to each network. `known`: the pace of
    networks that opened the lock within `KNOWN_SECONDS`, `pace` when None."""

    def __init__(
        self,
        pace: Pace = QUIET,
        clock: Callable[[], float] = time.monotonic,
        *,
        guards: bool = True,
        known: Pace | None = None,
    ) -> None:
        self._pace = pace
        self._known = known or pace
        self._clock = clock
        self._guards = guards
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._key = secrets.token_bytes(16)

    def seconds_to_wait(self, lock: str, origin: Origin) -> int:
        """0 when a try may be made now."""
        now = self._clock()
        one = self._found(lock, origin.network)
        pace = self._pace_of(lock, one, now)
        wait = one.wrong_at + pace.seconds(one.wrong) - now
        if pace is GUARDED and origin.wide:
            left = self._found(lock, f"all of {origin.wide}").left(WIDE_TRIES_A_DAY, now)
            each = DAY_SECONDS / WIDE_TRIES_A_DAY
            wait = max(wait, (left - WIDE_TRIES_A_DAY + 1) * each)
        return math.ceil(max(0, wait))

    def wrong(self, lock: str, origin: Origin) -> None:
        now = self._clock()
        one = self._entry(lock, origin.network)
        pace = self._pace_of(lock, one, now)
        one.wrong, one.wrong_at = min(one.left(pace.free, now) + 1, pace.most), now
        self._count(lock, "", GUARDED_AFTER, now)
        if origin.wide:
            self._count(lock, origin.wide, WIDE_TRIES_A_DAY, now)

    def right(self, lock: str, origin: Origin) -> None:
        """A right word gives a wrong try of its network back: of a thousand guests behind one
        address some mistype."""
        one = self._entry(lock, origin.network)
        one.right_at = self._clock()
        one.wrong = max(0, one.wrong - 1)

    def _pace_of(self, lock: str, one: _Entry, now: float) -> Pace:
        """Of a network that tries now."""
        if now - one.right_at < KNOWN_SECONDS:
            return self._known
        tried = self._found(lock, "all of ").left(GUARDED_AFTER, now)
        return GUARDED if self._guards and tried > GUARDED_AFTER - 1 else self._pace

    def _count(self, lock: str, part: str, a_day: int, now: float) -> None:
        whole = self._entry(lock, f"all of {part}")
        whole.wrong, whole.wrong_at = whole.left(a_day, now) + 1, now

    def _found(self, lock: str, part: str) -> _Entry:
        """To read alone: an entry without tries is not kept."""
        return self._entries.get(self._name(lock, part)) or _Entry()

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
