"""The connections of this server: how many there are, and which are closed when they are too many.

The HTTP server shows none of its sockets, and accepts no more than `limit`. They are descriptors of
this process. While there are more than half of the limit, every half second:

    an address with more than its share   → what it has too many is closed, longest silent first
    still more than half                  → the longest silent of all are closed

A connection whose request is being answered is kept. So who connects and asks at once is answered,
whoever else holds connections: the other half of the limit is room for what comes in between.
"""

import contextlib
import ipaddress
import logging
import os
import resource
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from footfall.capture.enrichment import plain_address
from footfall.capture.request_context import Scope
from footfall.runtime.background import Background
from footfall.runtime.periodic import PeriodicTask

LOOK_SECONDS: Final = 0.5
LOOK_SHARE_MAX: Final = 1 / 6
"""Of a core: to look at 10,000 connections takes 0.1 s."""

CROWDED_SHARE: Final = 1 / 2
RELIEVED_SHARE: Final = 3 / 8
"""Of the limit: from where connections are closed, and how many are left then."""

SILENT_MS_MIN: Final = 1_000
"""Beyond what a person may be held up by the disk. A connection that was silent for less may be of
somebody whose request is on its way, or whose scan waits for its commit."""

DESCRIPTORS: Final = "/dev/fd"
OTHER_DESCRIPTORS: Final = 1_024
"""What the engine, SQLite and requests outwards need beside connections."""

_SILENT: Final = struct.Struct("=44xI4xI")
"""`tcpi_last_data_sent` and `tcpi_last_data_recv` of Linux's `struct tcp_info`, milliseconds."""

log = logging.getLogger(__name__)

Peer = tuple[str, int]


class Connection(msgspec.Struct, frozen=True):
    """`peer` is the address and port of its other end; `silent_ms`: since when neither end sent,
    0 where the system does not say."""

    descriptor: int
    peer: Peer
    silent_ms: int


def peer_of(scope: Scope) -> Peer:
    """The other end of a request's connection."""
    address, port = scope["client"]
    return address, int(port)  # the HTTP server gives it as text


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that a subscriber of IPv6 has."""
    address = plain_address(address)
    return str(ipaddress.ip_network((address, 64), strict=False)) if ":" in address else address


def raise_descriptor_limit(connections_max: int) -> int:
    """How many connections this process may have, after its limit of descriptors is raised as far
    as it may be: at most `connections_max`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections_max + OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return connections_max
    return min(connections_max, max(soft - OTHER_DESCRIPTORS, soft // 2))


class Connections:
    """`refused` counts connections that were closed, by reason: `address_connections` (too many of
    one address) and `connections` (the longest silent, when there was no room)."""

    def __init__(
        self,
        port: int,
        limit: int,
        per_address_max: int | None,
        working: Callable[[], set[Peer]],
        held_ms_max: int = 0,
    ) -> None:
        """`per_address_max` None: all connections come from a proxy. `working` names the peers
        whose requests are being answered, but for scans, which may take `held_ms_max`."""
        self.limit = limit
        self.refused: Counter[str] = Counter({"address_connections": 0, "connections": 0})
        self._port = port
        self._per_address_max = per_address_max
        self._working = working
        self._silent_ms_min = SILENT_MS_MIN + held_ms_max
        self._ended: set[Peer] = set()
        self._background = Background(1)

    async def run(self) -> None:
        """For ever, also when a look fails: without a free descriptor none can be made."""
        await PeriodicTask("Looks at connections", log, LOOK_SECONDS).run(self._look)

    async def _look(self) -> float:
        began = time.monotonic()
        ended, self._ended = self._ended, set()
        try:
            if ended or len(_descriptors()) > self.limit * CROWDED_SHARE:
                await self._background.run(self.relieve, self._working(), ended)
        except BaseException:
            self._ended |= ended
            raise
        return max(LOOK_SECONDS, (time.monotonic() - began) / LOOK_SHARE_MAX)

    def close_soon(self, peer: Peer) -> None:
        """Within about half a second, so that what was sent last arrives."""
        self._ended.add(peer)

    def count(self) -> int:
        """To count takes 10 µs a descriptor: not on the event loop."""
        return len(self._open())

    def relieve(self, working: set[Peer], ended: set[Peer]) -> None:
        """Close what is too many, and those that are to end."""
        found = self._open()
        if ended:
            self._close([one for one in found if one.peer in ended])
            found = [one for one in found if one.peer not in ended]
        if len(found) <= self.limit * CROWDED_SHARE:
            return
        found.sort(key=lambda one: one.silent_ms, reverse=True)
        spared = [one for one in found if one.peer not in working]
        kept = spared if self._per_address_max is None else self._close_excess(spared)
        left = len(found) - len(spared) + len(kept)
        if left > self.limit * CROWDED_SHARE:
            silent = [one for one in kept if one.silent_ms >= self._silent_ms_min]
            excess = silent[: left - int(self.limit * RELIEVED_SHARE)]
            self.refused["connections"] += self._close(excess)

    def _close_excess(self, longest_silent_first: Sequence[Connection]) -> list[Connection]:
        """Those that are left."""
        assert self._per_address_max is not None
        left = Counter(network_of(one.peer[0]) for one in longest_silent_first)
        kept, excess = [], []
        for one in longest_silent_first:
            network = network_of(one.peer[0])
            if left[network] > self._per_address_max:
                left[network] -= 1
                excess.append(one)
            else:
                kept.append(one)
        self.refused["address_connections"] += self._close(excess)
        return kept

    def close_all(self) -> int:
        return self._close(self._open())

    def _open(self) -> list[Connection]:
        """The accepted ones, in no order."""
        found = []
        for descriptor in _descriptors():
            with contextlib.suppress(OSError):
                found += _look(descriptor, self._port)
        return found

    def _close(self, connections: Sequence[Connection]) -> int:
        """How many were closed. A descriptor may be another's by now: a copy of it cannot become
        one, and is looked at once more."""
        closed = 0
        for connection in connections:
            with contextlib.suppress(OSError):
                copy = os.dup(connection.descriptor)
                with socket.socket(fileno=copy) as one:
                    if [connection.peer] == [now.peer for now in _look(copy, self._port)]:
                        one.shutdown(socket.SHUT_RDWR)
                        closed += 1
        return closed


def _descriptors() -> list[int]:
    with os.scandir(DESCRIPTORS) as entries:
        return [int(entry.name) for entry in entries]


def _look(descriptor: int, port: int) -> list[Connection]:
    """The connection to this port that a descriptor is, if it is one.

    Raises OSError when it is no socket or not connected.
    """
    # The family matters for the room of an address alone: IPv4's fits into IPv6's.
    one = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 0, fileno=descriptor)
    try:
        end = one.getsockname()
        if not isinstance(end, tuple) or end[1] != port:
            return []
        peer = one.getpeername()
        silent_ms = 0
        if hasattr(socket, "TCP_INFO"):
            times = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SILENT.size)
            silent_ms = min(_SILENT.unpack(times))
        return [Connection(descriptor, (peer[0], peer[1]), silent_ms)]
    finally:
        one.detach()  # it is somebody else's to close
