"""What several contracts are tried on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.store.store import ClickHouseStore
from tests.contract.exports import Place


@pytest.fixture(scope="module")
def store_of_exports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('exports')}", 400_000_000)
    yield opened
    opened.close()


@pytest.fixture
def place(tmp_path: Path, store_of_exports: ClickHouseStore) -> Iterator[Place]:
    made = Place(tmp_path, store_of_exports)
    yield made
    made.close()
