"""Different visitors at every size, by the engine, against how many there are."""

from collections.abc import Iterator

import pytest

from footfall.core.events import Verdict
from footfall.core.ids import EPOCH_MS, first_id_at
from footfall.core.reports import Counts, Metric, ReportQuery
from footfall.dialects.native.metrics import ERROR, EXACT_MAX
from footfall.store.store import ClickHouseStore

HOUR_MS = 3_600_000
SIZES = (1, 1_000, 5_000, 20_000, 40_000, 60_000, 170_000)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    """Of each size an account, in one quarter-hour. Visitor numbers are random, as in use."""
    opened = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('visitors')}", 400_000_000)
    with opened.opened().mutations() as client:
        for account, size in enumerate(SIZES, start=1):
            client.command(
                "INSERT INTO incoming (id, account, kind, source, verdict, visitor)"
                f" SELECT {first_id_at(EPOCH_MS + HOUR_MS)} + number, {account}, 'scan', 'test',"
                f" '{Verdict.COUNTED}', toUInt32(cityHash64(number, 'x'))"
                f" FROM numbers({size})"
            )
    yield opened
    opened.close()


def count(store: ClickHouseStore, account: int, until: int) -> tuple[str, Counts]:
    report = store.report(
        ReportQuery(
            account=account,
            occurred_since=EPOCH_MS,
            occurred_until=until,
            metrics=frozenset({Metric.UNIQUES, Metric.WITH_VISITOR}),
        )
    )
    return report.table, report.totals


@pytest.mark.parametrize("account", range(1, len(SIZES) + 1))
def test_the_promised_error_holds_at_every_size(store: ClickHouseStore, account: int) -> None:
    size = SIZES[account - 1]
    answers = [
        count(store, account, until)
        for until in (EPOCH_MS + 2 * HOUR_MS, EPOCH_MS + 2 * HOUR_MS + 1)
    ]
    assert [table for table, _ in answers] == ["rollup_account", "events"]
    for _, totals in answers:
        assert totals.with_visitor == size
        assert totals.uniques <= size
        error = 0 if size <= EXACT_MAX else 3 * ERROR
        assert totals.uniques == pytest.approx(size, rel=error, abs=0)
    assert answers[0][1].uniques == answers[1][1].uniques
