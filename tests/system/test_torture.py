"""Faults below the process and around it: the newer scenarios of `footfall torture`, shortened."""

from pathlib import Path

import pytest

from footfall.cli.torture import crowds, damage, report
from footfall.cli.torture.disk_faults import ROWS, disk_faults
from footfall.cli.torture.mounted import mounted_disk
from footfall.cli.torture.plan import SCENARIOS
from footfall.cli.torture.power_cuts import power_cuts
from tests.support import programs
from tests.support.running import footfall
from tests.support.tortured import assert_balanced, skipped_with_its_reason

IN_SUITE = (
    "journal: fsync fails",
    "journal: an fsync stalls",
    "store: fsync fails",
    "catalog: writes fail",
)
LONG_SECONDS = 20.0
"""More than any machine of tests needs, and less than a disk stalls here."""


@pytest.fixture(autouse=True)
def with_fuse() -> None:
    programs.fuse()


def test_power_cuts_lose_and_double_nothing(tmp_path: Path) -> None:
    with skipped_with_its_reason():
        books = power_cuts(tmp_path / "cuts", times=3, scans=1_500)
    assert_balanced(books)
    assert not books.note.startswith("0 files"), "nothing was unsynced: the cuts are none"


def test_a_disk_that_fails_loses_nothing_and_is_told_of(tmp_path: Path) -> None:
    rows = tuple(row for row in ROWS if row.name in IN_SUITE)
    with skipped_with_its_reason():
        books = list(disk_faults(tmp_path / "faults", rows, LONG_SECONDS))
    assert [one.scenario for one in books] == [*IN_SUITE, "disk faults, all"]
    for one in books:
        assert not one.wrong, one
        assert_balanced(one)
    unrecorded = {one.scenario: one.unrecorded for one in books}
    assert unrecorded["journal: fsync fails"] > 0
    assert unrecorded["store: fsync fails"] == 0
    assert (
        sum(one.pending for one in books[:-1]) == books[-1].pending == books[-1].pending_stored > 0
    )


def test_a_journal_restored_from_an_older_copy_loses_no_new_event(tmp_path: Path) -> None:
    assert_balanced(damage.restored_journal(tmp_path / "restored"))


def test_rotted_parts_are_told_of_and_new_events_are_stored_beside_them(tmp_path: Path) -> None:
    with skipped_with_its_reason():
        books = damage.rotted_parts(tmp_path / "rotted")
    assert not books.wrong, books
    assert_balanced(books)


def test_half_bodies_hold_up_no_stop_and_nobody(tmp_path: Path) -> None:
    with skipped_with_its_reason():
        books = crowds.half_bodies_at_stop(tmp_path / "half", 60, LONG_SECONDS)
    assert_balanced(books)


def test_nothing_stays_mounted_when_the_torture_ends(tmp_path: Path) -> None:
    with skipped_with_its_reason(), mounted_disk(tmp_path / "disk") as disk:
        (disk.directory / "file").write_text("data")
        assert disk.directory.is_mount()
    assert not disk.directory.is_mount()
    assert not list(disk.directory.iterdir())


def test_the_scenarios_are_listed_and_chosen_by_name() -> None:
    shown = footfall("torture", "--list").stdout
    assert all(one.name in shown for one in SCENARIOS)
    assert [one.name for one in report.chosen(["clock"])] == ["clock"]
    refused = footfall("torture", "--only", "party")
    assert refused.returncode == 1
    assert "party is not a scenario" in refused.stdout
