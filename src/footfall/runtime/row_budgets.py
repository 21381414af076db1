"""How many rows a caller may have read: no report keeps the machine from the scans."""

import contextlib
import time
from typing import Final

import msgspec

from footfall.core.errors import RateLimited, TooLarge
from footfall.core.reports import Report, ReportQuery
from footfall.runtime.quotas import Quota
from footfall.runtime.reader import Reader

SECONDS: Final = 60


class Budgets:
    """`rows_per_minute` for each caller."""

    def __init__(self, rows_per_minute: int) -> None:
        self._rows = rows_per_minute
        self._quota = Quota(rows_per_minute, SECONDS)

    async def report(self, caller: str, reader: Reader, query: ReportQuery) -> Report:
        """Raises TooLarge when the report would read more than a minute's rows, and RateLimited
        when it would read more than is left of them."""
        left = self._quota.look(caller)
        rows_left = left.remaining
        bounded = msgspec.structs.replace(query, reads_max=rows_left)
        try:
            report = await reader.report(bounded)
        except TooLarge as error:
            if not rows_left < error.rows <= self._rows:
                raise
            wait_seconds = left.reset_unix_seconds - int(time.time())
            wait_seconds = max(1, min(SECONDS, wait_seconds))
            raise RateLimited(
                f"This report would read {error.rows:,} rows; {rows_left:,} is left of"
                f" {self._rows:,} rows a minute. Try again in {wait_seconds} seconds.",
                wait_seconds,
            ) from None
        with contextlib.suppress(RateLimited):  # another was faster: this one is read already
            self._quota.take(caller, min(report.cost.rows, self._quota.look(caller).remaining))
        return report
