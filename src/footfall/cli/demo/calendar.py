"""When they scan: hours with the curves of days and weeks, and campaigns that peak and decay."""

import math
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import Final

from footfall.cli.demo.generate import Slot
from footfall.core.calendar import DAY_MS, HOUR_MS

MINUTE_MS: Final = 60_000

HOURS: Final = (
    3,
    2,
    1,
    1,
    1,
    2,
    5,
    12,
    22,
    30,
    38,
    52,
    70,
    66,
    48,
    44,
    50,
    62,
    74,
    70,
    52,
    36,
    20,
    9,
)
"""Scans by hour (UTC): little by night, peaks at lunch and after work."""

WEEKDAYS: Final = (0.85, 0.88, 0.94, 1.02, 1.22, 1.35, 0.74)
"""Monday to Sunday."""

CAMPAIGN_DAYS: Final = 14
CAMPAIGN_HALVES_DAYS: Final = 3.0
CAMPAIGN_PEAK: Final = 1.4
"""A campaign begins with this many times the scans of all others together."""


def slots(events: int, days: int, until: int, subjects: int) -> list[Slot]:
    """The hours of `days` days before `until` (milliseconds since 1970), with so many events in
    all, the last of them minutes before. Every fortnight the campaign is another subject's."""
    last = until - until % MINUTE_MS
    begins = range(last - days * DAY_MS, last, HOUR_MS)
    bursts = [_burst((begin - begins[0]) / DAY_MS) for begin in begins]
    weights = [_usual(begin) * (1 + burst) for begin, burst in zip(begins, bursts, strict=True)]
    made: list[Slot] = []
    done, so_far, total = 0, 0.0, sum(weights)
    for begin, burst, weight in zip(begins, bursts, weights, strict=True):
        so_far += weight
        upto = events if begin == begins[-1] else round(events * so_far / total)
        fortnight = (begin - begins[0]) // (CAMPAIGN_DAYS * DAY_MS)
        made.append(Slot(begin, upto - done, 5 * (fortnight + 1) % subjects, burst / (1 + burst)))
        done = upto
    return made


def moments(draw: Random, events: int, begin: int, until: int) -> list[int]:
    """So many times in [begin, until), with the curves of days and weeks, in their order."""
    hours = range(begin, until, HOUR_MS)
    weights = list(accumulate(map(_usual, hours)))
    drawn = draw.choices(hours, cum_weights=weights, k=events)
    spans = ((hour, min(HOUR_MS, until - hour)) for hour in drawn)
    return sorted(hour + int(draw.random() * span) for hour, span in spans)


def _usual(begin: int) -> float:
    moment = datetime.fromtimestamp(begin // 1000, UTC)
    return HOURS[moment.hour] * WEEKDAYS[moment.weekday()]


def _burst(day: float) -> float:
    """How many times the usual scans the campaign adds at this day of all."""
    return CAMPAIGN_PEAK * math.exp2(-(day % CAMPAIGN_DAYS) / CAMPAIGN_HALVES_DAYS)
