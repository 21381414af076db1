"""What is taken for a leap of the clock, and when it is over."""

from pathlib import Path

import pytest

from footfall.core.ids import first_id_at
from footfall.runtime import watched_clock as watched
from footfall.runtime.watched_clock import WatchedClock

DAY_MS = 86_400_000
NOW = 1_790_000_000_000


class Machine:
    """A machine whose clock and uptime are set by the test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.wall = NOW
        self.uptime = 1_000.0
        self.boot = "first"
        self.disciplined = False
        self.start()

    def start(self, newest_id: int = 0) -> None:
        self.watched = WatchedClock(
            self.directory,
            lambda: self.wall,
            newest_id=newest_id,
            uptime=lambda: (self.uptime, self.boot),
            disciplined=lambda: self.disciplined,
        )

    def reboot(self, days: float = 0) -> None:
        self.boot, self.uptime = f"{self.boot}'", 10.0
        self.wall += round(days * DAY_MS)
        self.start()

    def live(self, days: float) -> bool:
        """So many days pass, with a look every minute of the first and last hour."""
        for seconds in (*[60] * 60, days * 86_400 - 7_200, *[60] * 60):
            self.wall += round(seconds * 1_000)
            self.uptime += seconds
            self.watched.look()
        return self.believed()

    def believed(self) -> bool:
        found = self.watched.look()
        assert found in (None, self.wall)
        assert (found is None) == self.watched.leaping == bool(self.watched.warning())
        assert watched.problem_in(self.directory) == self.watched.warning()
        return found is not None


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    assert made.live(30)
    return made


@pytest.mark.parametrize("days", [60, 1.1, -1.1, -400])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_leap_is_seen_and_over_when_the_clock_is_right(
    machine: Machine, days: float, restarted: bool
) -> None:
    machine.wall += round(days * DAY_MS)
    if restarted:
        machine.start()
    assert not machine.believed()
    assert not machine.live(0.5)
    assert f"{abs(days):.1f} days {'ahead' if days > 0 else 'back'}" in machine.watched.warning()
    machine.wall -= round(days * DAY_MS)
    assert machine.believed()


def test_a_clock_that_stays_where_it_leapt_to_is_believed_after_a_day(machine: Machine) -> None:
    machine.wall += 60 * DAY_MS
    assert not machine.live(0.6)
    machine.start()
    assert machine.live(0.6)


def test_a_clock_that_goes_on_leaping_is_not_believed(machine: Machine) -> None:
    for _ in range(5):
        machine.wall += 3 * DAY_MS
        assert not machine.live(0.6)


@pytest.mark.parametrize("days", [0, 60])
def test_a_server_that_was_off_on_a_machine_that_was_on_is_believed(
    machine: Machine, days: int
) -> None:
    machine.wall += days * DAY_MS
    machine.uptime += days * 86_400
    machine.start()
    assert machine.believed()


def test_a_machine_that_was_off_is_believed_where_a_time_server_keeps_its_clock(
    machine: Machine,
) -> None:
    machine.disciplined = True
    machine.reboot(60)
    assert machine.believed()


def test_a_machine_that_was_off_without_a_time_server_is_believed_after_a_day(
    machine: Machine,
) -> None:
    machine.reboot(60)
    assert not machine.believed()
    for _ in range(3):  # it is off at night, and for a weekend
        assert not machine.live(0.3)
        machine.reboot(2.5)
    assert machine.live(0.3)


def test_a_short_time_off_is_no_leap(machine: Machine) -> None:
    machine.reboot(0.9)
    assert machine.believed()


def test_an_owner_may_confirm_the_clock(machine: Machine) -> None:
    machine.wall += 60 * DAY_MS
    assert not machine.believed()
    now = machine.wall, (machine.uptime, machine.boot)
    watched.confirm(machine.directory, lambda: now[0], lambda: now[1])
    assert watched.problem_in(machine.directory) == ""
    assert machine.believed()
    machine.start()
    assert machine.believed()


def test_a_clock_that_was_never_watched_is_held_against_the_newest_event(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.start(newest_id=first_id_at(NOW - 60 * DAY_MS))
    assert not machine.believed()


def test_a_first_start_and_a_damaged_file_are_no_leap(machine: Machine) -> None:
    (machine.directory / watched.NAME).write_bytes(b"{")
    machine.start()
    assert machine.believed()
