"""The APIs promise what is recorded, byte for byte. See the package for how to record a change."""

from pathlib import Path

import pytest

from footfall.dialects.registry import APIS, documents
from tests.golden import DIRECTORY, ROUTES, changed, lines, served


def test_every_api_has_a_record_and_no_other_is_there() -> None:
    assert {file.stem for file in DIRECTORY.glob("*.jsonl")} == set(APIS)


@pytest.mark.parametrize("name", APIS)
def test_a_document_is_the_recorded_one(name: str) -> None:
    recorded = (DIRECTORY / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert changed(recorded, lines(documents()[name])) == []


async def test_the_served_routes_are_the_recorded_ones(tmp_path: Path) -> None:
    recorded = set(ROUTES.read_text(encoding="utf-8").splitlines())
    now = set(await served(tmp_path / "data"))
    assert (now - recorded, recorded - now) == (set(), set())
