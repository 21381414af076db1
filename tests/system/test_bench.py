"""The bench makes the stores that it says it measures. Their speed is no test's business."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.sample import Answer, Asked, Kept, Made, Rate, Times, sample
from footfall.cli.demo.generate import Subject
from footfall.core.accounts import Privacy
from tests.support.running import output_of

EVENTS = 20_000
SUBJECTS = [Subject(number, str(number)) for number in range(1, 10)]
STORES = """
import sys
import msgspec
from bench.sample import Asked
from bench.stores import KINDS

asked = msgspec.json.decode(sys.argv[1], type=Asked)
print(msgspec.json.encode(KINDS[asked.kind](asked)).decode())
"""


def asked(directory: Path, kind: Any) -> Asked:
    return Asked(kind=kind, directory=str(directory), events=EVENTS, days=13, subjects=SUBJECTS)


def answer_of(asked: Asked, answer: type[Answer]) -> Answer:
    """As `sample`, in a forked process: it has the program loaded."""
    return msgspec.json.decode(output_of(STORES, msgspec.json.encode(asked).decode()), type=answer)


def kept(directory: Path) -> Kept:
    return answer_of(asked(directory, "count"), Kept)


@pytest.mark.parametrize("privacy", Privacy)
def test_a_store_of_scans_has_each_of_them_once(tmp_path: Path, privacy: Privacy) -> None:
    making = msgspec.structs.replace(asked(tmp_path, "make"), privacy=privacy)
    made = answer_of(making, Made)
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
    assert answer_of(asked(tmp_path, kind), Rate).rate > 0
    assert kept(tmp_path) == Kept(EVENTS, EVENTS)
