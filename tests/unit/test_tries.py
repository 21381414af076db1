"""Wrong tries at a lock: who waits, for how long, and that nobody makes others wait."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.runtime import attempts
from footfall.runtime.attempts import (
    DAY_SECONDS,
    GUARDED,
    GUARDED_AFTER,
    QUIET,
    Origin,
    WrongTries,
    origin_of,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def network(number: int) -> Origin:
    """Networks of different providers."""
    return Origin(f"network {number}", f"provider {number}")


def guesses_of(origin: Origin, among: WrongTries, clock: Clock, seconds: int) -> int:
    """How many wrong tries somebody gets who never loses a moment."""
    end, made = clock.now + seconds, 0
    while True:
        clock.now += among.seconds_to_wait("lock", origin)
        if clock.now >= end:
            return made
        among.wrong("lock", origin)
        made += 1


def test_waits_grow_from_a_minute_to_a_day() -> None:
    clock = Clock()
    among = WrongTries(clock=clock)
    waits = []
    for _ in range(QUIET.free + 13):
        waits.append(among.seconds_to_wait("lock", network(1)))
        clock.now += waits[-1]
        among.wrong("lock", network(1))
    assert waits[: QUIET.free] == [0] * QUIET.free
    assert waits[QUIET.free : QUIET.free + 4] == [60, 120, 240, 480]
    assert max(waits) <= DAY_SECONDS


def test_a_pin_of_four_digits_outlasts_one_network_for_a_year() -> None:
    clock = Clock()
    assert guesses_of(network(1), WrongTries(clock=clock), clock, 365 * DAY_SECONDS) < 5_000


def test_a_pin_of_four_digits_outlasts_250_networks_for_days() -> None:
    """Each of them tries as soon as it may, for three days, the first hundred in a moment."""
    clock = Clock()
    among = WrongTries(clock=clock)
    networks = [origin_of(f"198.51.{number}.1", 48, 32) for number in range(250)]
    made = 0
    for _ in range(3 * 24 * 6):
        for origin in networks:
            if not among.seconds_to_wait("lock", origin):
                among.wrong("lock", origin)
                made += 1
        clock.now += 600
    assert made < 5_000 / 4


def test_a_stranger_with_many_networks_keeps_nobody_out() -> None:
    clock = Clock()
    among = WrongTries(clock=clock)
    for number in range(20 * GUARDED_AFTER):
        among.wrong("lock", network(number))
    assert among.seconds_to_wait("lock", Origin("a visitor's", "a provider's")) == 0
    assert among.seconds_to_wait("lock", network(1)) == GUARDED.first_seconds
    assert among.seconds_to_wait("another lock", network(1)) == 0


def test_a_try_without_a_wider_network_counts_once_at_its_lock() -> None:
    clock = Clock()
    among = WrongTries(clock=clock)
    for number in range(GUARDED_AFTER - 1):
        among.wrong("lock", Origin(f"browser {number}"))
    assert among.seconds_to_wait("lock", Origin("browser 1")) == 0
    for number in range(GUARDED_AFTER):
        among.wrong("lock", Origin(f"another browser {number}"))
    assert among.seconds_to_wait("lock", Origin("browser 1")) == GUARDED.first_seconds
    clock.now += DAY_SECONDS * 0.9
    among.wrong("lock", Origin("a late browser"))
    assert among.seconds_to_wait("lock", Origin("a late browser")) == GUARDED.first_seconds


def test_networks_that_opened_the_lock_mistype_as_ever_while_it_is_guarded() -> None:
    among = WrongTries(clock=Clock())
    among.right("lock", network(7))
    for number in range(8, 8 + 2 * GUARDED_AFTER):
        among.wrong("lock", network(number))
    among.wrong("lock", network(7))
    assert among.seconds_to_wait("lock", network(7)) == 0


def test_however_many_open_it_some_may_mistype() -> None:
    among = WrongTries(clock=Clock())
    for number in range(1_000):
        assert among.seconds_to_wait("lock", network(1)) == 0
        (among.wrong if number % 3 == 0 else among.right)("lock", network(1))


def test_many_networks_of_one_provider_share_what_a_guarded_lock_allows() -> None:
    clock = Clock()
    among = WrongTries(clock=clock)
    made = 0
    for number in range(5_000):
        origin = origin_of(f"2001:db8:{number:x}::1", 48, 32)
        if not among.seconds_to_wait("lock", origin):
            among.wrong("lock", origin)
            made += 1
    assert made <= attempts.WIDE_TRIES_A_DAY
    assert among.seconds_to_wait("lock", origin_of("2001:db9::1", 48, 32)) == 0


def test_wrong_tries_run_out_within_days() -> None:
    clock = Clock()
    among = WrongTries(clock=clock)
    for number in itertools.chain([1] * 15, range(2 * GUARDED_AFTER)):
        among.wrong("lock", network(number))
    assert among.seconds_to_wait("lock", network(1))
    clock.now += 2 * DAY_SECONDS
    assert among.seconds_to_wait("lock", network(1)) == 0
    among.wrong("lock", network(1))
    assert among.seconds_to_wait("lock", network(1)) == 0


def test_wrong_tries_run_out_one_after_another() -> None:
    """Not all at once after a day without one: who mistypes once a day has as many left."""
    clock = Clock()
    among = WrongTries(clock=clock)
    for _ in range(QUIET.free):
        among.wrong("lock", network(1))
    for _ in range(100):
        clock.now += DAY_SECONDS / QUIET.free
        assert among.seconds_to_wait("lock", network(1)) == 0
        among.wrong("lock", network(1))


def test_a_pin_of_four_digits_outlasts_250_networks_of_250_providers_for_days() -> None:
    clock = Clock()
    among = WrongTries(clock=clock)
    made = 0
    for _ in range(4 * 24):
        for number in range(250):
            if not among.seconds_to_wait("lock", network(number)):
                among.wrong("lock", network(number))
                made += 1
        clock.now += 3_600
    assert made <= 4 * 250 + 3 * 250 + 250


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    among = WrongTries(clock=Clock())
    monkeypatch.setattr(attempts, "ENTRIES_MAX", 500)
    for number in range(1_000):
        among.wrong(f"lock {number}" + "x" * 10_000, network(number))
    assert len(among._entries) == 500
    assert max(map(len, among._entries)) == 16


@given(some.text(), some.lists(some.tuples(some.booleans(), some.text(max_size=3)), max_size=60))
def test_no_network_waits_without_a_wrong_try_of_its_own(
    lock: str, made: list[tuple[bool, str]]
) -> None:
    among = WrongTries(clock=Clock())
    for right, name in made:
        (among.right if right else among.wrong)(lock, Origin(name, "" if right else name))
    wrong = {name for right, name in made if not right}
    for name in {*(name for _, name in made), "fresh"} - wrong:
        assert among.seconds_to_wait(lock, Origin(name)) == 0


@pytest.mark.parametrize(
    ("address", "narrow", "wide"),
    [
        ("192.0.2.77", "192.0.2.0/24", "192.0.0.0/16"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8::/32"),
        ("", "", ""),
        ("nonsense", "", ""),
    ],
)
def test_an_origin_is_a_network_and_its_provider(address: str, narrow: str, wide: str) -> None:
    assert origin_of(address, 48, 32) == Origin(narrow, wide)
