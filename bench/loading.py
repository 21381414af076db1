"""Journal and loader against the engine's bare insert of the same events."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final, Literal

from bench.measures import Measure, at_least
from bench.sample import Asked, Rate, sample

SUBJECT: Final = "load"
Way = Literal["insert", "load", "drain"]


def measure(directory: Path, rounds: int, events: int, say: Callable[[str], None]) -> list[Measure]:
    """Each in a process and a store of its own, in turn."""
    rates: dict[Way, list[float]] = {"insert": [], "load": [], "drain": []}
    for number in range(rounds):
        for kind, made in rates.items():
            say(f"load, round {number + 1} of {rounds}: {kind}")
            place = directory / f"{kind}-{number}"
            asked = Asked(kind=kind, directory=str(place), events=events)
            made.append(sample(asked, Rate).rate)
    bare, through, alone = (median(rates[kind]) for kind in ("insert", "load", "drain"))
    return [
        Measure(
            SUBJECT,
            "append, journal and loader / the engine's bare insert",
            through / bare,
            target=at_least(0.5),
            note=f"{events:,} events, batches of 10 000, both durable",
        ),
        Measure(SUBJECT, "the loader alone / the engine's bare insert", alone / bare),
        Measure(SUBJECT, "append, journal and loader", through, "events/s"),
        Measure(SUBJECT, "the engine's bare insert", bare, "events/s"),
    ]
