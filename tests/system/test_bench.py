"""The bench makes the stores that it says it measures. Their speed is no test's business."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.sample import Asked, Kept, Made, Rate, Times, sample
from footfall.cli.demo.generate import Subject
from footfall.core.accounts import Privacy

EVENTS = 20_000
SUBJECTS = [Subject(number, str(number)) for number in range(1, 10)]


def asked(directory: Path, kind: Any) -> Asked:
    return Asked(kind=kind, directory=str(directory), events=EVENTS, days=13, subjects=SUBJECTS)


def kept(directory: Path) -> Kept:
    return sample(asked(directory, "count"), Kept)


@pytest.mark.parametrize("privacy", Privacy)
def test_a_store_of_scans_has_each_of_them_once(tmp_path: Path, privacy: Privacy) -> None:
    making = msgspec.structs.replace(asked(tmp_path, "make"), privacy=privacy)
    made = sample(making, Made)
    assert made.events == EVENTS
    assert kept(tmp_path) == Kept(EVENTS, EVENTS)
    assert made.bytes_by_table["events_by_tracker"] > EVENTS
    assert {"rollup", "rollup_account", "events_by_quarter_hour"} <= made.bytes_by_table.keys()


def test_a_store_of_opens_and_ads_has_each_of_them_once_and_the_stream_is_asked(
    tmp_path: Path,
) -> None:
    assert sample(asked(tmp_path, "mix"), Rate).rate > 0
    assert kept(tmp_path) == Kept(EVENTS, EVENTS)
    assert sample(asked(tmp_path, "stream"), Times).milliseconds["stream"] > 0


@pytest.mark.parametrize("kind", ["insert", "load", "drain"])
def test_what_the_loading_is_measured_with_is_stored_once(tmp_path: Path, kind: str) -> None:
    assert sample(asked(tmp_path, kind), Rate).rate > 0
    assert kept(tmp_path) == Kept(EVENTS, EVENTS)
