"""Coupons in memory are those of the catalog, in whatever order changes are committed and shown."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall.catalog.catalog import SqlCatalog
from footfall.dialects.everflow.index import Index
from footfall.dialects.everflow.records import ACTIVE, CouponRow

COUPONS = range(1, 3)
NAMES = "abc"
FIRST = (
    "INSERT INTO everflow_coupons"
    " (id, account_id, name, folded, status, offer_id, created_at, updated_at)"
    " VALUES (?1, 1, ?2, ?2, 'active', 1, 0, 0)"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("coupons") / "catalog.db"


@pytest.fixture(scope="module")
def catalog(database: Path) -> Iterator[SqlCatalog]:
    opened = SqlCatalog(f"sqlite:///{database}", lambda: 0)
    yield opened
    opened.close()


changes = st.tuples(st.sampled_from(COUPONS), st.sampled_from(NAMES), st.booleans())
steps = st.lists(st.one_of(changes, st.integers(0, 5)), max_size=14)


@given(steps=steps)
@example(steps=[(1, "c", True), (2, "a", True), 1, 0])
def test_coupons_in_memory_are_those_that_were_committed(
    catalog: SqlCatalog, database: Path, steps: list[tuple[int, str, bool] | int]
) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DELETE FROM everflow_coupons")
        for id in COUPONS:
            connection.execute(FIRST, (id, NAMES[id - 1]))
        index = Index(catalog)
        committed: list[int] = []  # and not shown yet
        for step in [*steps, *[0] * len(steps)]:
            if isinstance(step, int):
                if committed:
                    index.refresh(CouponRow(id=committed.pop(step % len(committed))))
                continue
            id, name, active = step
            try:
                connection.execute(
                    "UPDATE everflow_coupons SET name = ?1, folded = ?1, status = ?2 WHERE id = ?3",
                    (name, ACTIVE if active else "paused", id),
                )
            except sqlite3.IntegrityError:
                continue  # another coupon has that name
            committed.append(id)
        rows = connection.execute(
            "SELECT folded, id FROM everflow_coupons WHERE status = ?", (ACTIVE,)
        )
        wanted = dict(rows.fetchall())
    found = {name: index.coupon(name) for name in NAMES}
    assert {name: one.id for name, one in found.items() if one} == wanted
