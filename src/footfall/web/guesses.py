"""What compares passwords and PINs, with its numbers for Prometheus."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.members.attempts import Attempts
from footfall.members.passwords import Lanes
from footfall.web.unlocking import Locks


class Guesses(Collector):
    """Everything that compares passwords. `key` signs the tokens of known browsers."""

    def __init__(self, key: bytes, per_second: int) -> None:
        self.attempts = Attempts(key)
        self.lanes = Lanes(per_second)
        self.locks = Locks(self.lanes.unlock)

    def collect(self) -> Iterable[Metric]:
        checked = CounterMetricFamily(
            "footfall_password_checks", "Passwords that were compared.", labels=["lane"]
        )
        busy = CounterMetricFamily(
            "footfall_password_checks_refused",
            "Passwords that were not compared: too many at once.",
            labels=["lane"],
        )
        for name, lane in vars(self.lanes).items():
            checked.add_metric([name], lane.checked)
            busy.add_metric([name], lane.refused)
        yield checked
        yield busy
        yield CounterMetricFamily(
            "footfall_sign_ins_refused",
            "Sign-ins that were refused after too many wrong passwords.",
            value=self.attempts.refused,
        )
        unlocks = CounterMetricFamily(
            "footfall_unlocks_refused",
            "Visitors that a locked code refused: a wrong word, a network that has to wait, or "
            "too many at once.",
            labels=["reason"],
        )
        for reason, count in self.locks.refused.items():
            unlocks.add_metric([reason], count)
        yield unlocks
