"""How the server ends: by a signal, within a bound, whatever is under way.

    first signal   no new connections; answers under way have the grace; what is left is cut off
    second signal  the kernel ends the process at once: what was answered is on disk

SIGINT, SIGTERM and SIGHUP mean the same; a SIGHUP that `nohup` has us ignore stays ignored.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable
from typing import Final

CLOSE_SECONDS_MAX: Final = 4.5
"""From the end of the grace to the end of the process, in any case."""

EXIT_SECONDS_MAX: Final = 1.0
"""For what is left when all is closed: threads whose work nobody waits for, and the interpreter."""

log = logging.getLogger(__name__)


class Stopping:
    """`requested` is set by the first signal. `complete` is false once something did not end in
    its time."""

    def __init__(self, grace_seconds: float) -> None:
        self.requested = asyncio.Event()
        self.complete = True
        self._grace_seconds = grace_seconds
        hang_up = signal.getsignal(signal.SIGHUP)
        self._signals = [signal.SIGINT, signal.SIGTERM]
        if hang_up is not signal.SIG_IGN:
            self._signals.append(signal.SIGHUP)

    def listen(self) -> None:
        """Call on the event loop."""
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.add_signal_handler(number, self._begin)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        _exit_after(self._grace_seconds + CLOSE_SECONDS_MAX, 1, "The stop took too long.")
        self.requested.set()

    async def within(self, seconds: float, what: str, work: Awaitable[object]) -> bool:
        """Whether it ended in time. What did not is left to itself, and a failure is logged: the
        next step of the stop comes all the same."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            self.complete = False
            log.warning("Stopping: %s did not end within %.1f s.", what, seconds)
        elif not task.cancelled() and (error := task.exception()) is not None:
            log.error("Stopping: %s failed", what, exc_info=error)
        return bool(done)

    def finish(self) -> None:
        """When all is closed: threads that still work are not waited for."""
        if self.requested.is_set():
            _exit_after(EXIT_SECONDS_MAX if self.complete else 0, 0)


def _exit_after(seconds: float, code: int, text: str = "") -> None:
    def end() -> None:
        if text:
            print(text, file=sys.stderr)  # noqa: T201 (nothing else may work any more)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    if seconds:
        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
    else:
        end()
