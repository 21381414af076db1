"""Batches are folded while no events are being removed: a deletion would wait for it."""

from pathlib import Path

import pytest

from footfall.capture.event_counts import EventCounts
from footfall.integrity.audit import Audit
from footfall.runtime.background import Background
from footfall.store.maintenance.audit import ClickHouseComparer
from footfall.store.maintenance.ledger import FOLDED_MIN, ClickHouseBooks
from footfall.store.store import ClickHouseStore


class Folding(ClickHouseBooks):
    """Counts how often its batches are folded."""

    folds = 0

    def fold_runs(self, batches_min: int = FOLDED_MIN) -> None:
        self.folds += 1
        super().fold_runs(batches_min)


@pytest.mark.parametrize(("changing", "folds"), [({1}, 0), (set(), 1)])
async def test_batches_are_folded_unless_events_are_being_removed(
    tmp_path: Path, changing: set[int], folds: int
) -> None:
    store = ClickHouseStore(f"chdb://{tmp_path / 'store'}", 400_000_000)
    store.open()
    books, background = Folding(store.opened), Background(1)
    audit = Audit(
        *(ClickHouseComparer(store.opened), books, background, tmp_path / "integrity.json"),
        *(lambda: 1_780_000_000_000, (), EventCounts(), lambda: changing),
    )
    await audit._pass()
    assert books.folds == folds
    background.close()
    store.close()
