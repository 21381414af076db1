"""What must hold inside one transaction, on a real catalog."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.idempotency import (
    RETENTION_MS,
    Answer,
    KeyedRequest,
    find_answer,
    keep_answer,
)
from footfall.core.accounts import Account, Privacy
from footfall.core.errors import InvalidRequest, NotFound
from footfall.dialects.openqr import listing, records
from tests.support.catalogs import new_catalog

NOW = 1_800_000_000_000
DESTINATION = "https://example.org/menu"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqlCatalog]:
    catalog = new_catalog(tmp_path, lambda: NOW)
    yield catalog
    catalog.close()


@pytest.fixture
def account(catalog: SqlCatalog) -> Account:
    return catalog.create_account("Owner", "owner@example.org")[0]


def test_a_slug_that_is_taken_is_drawn_again(catalog: SqlCatalog, account: Account) -> None:
    drawn = iter(["first", "first", "first", "second"])
    with catalog.writing() as session:
        codes = [
            records.create_dynamic(
                session, account.id, DESTINATION, now=NOW, draw_slug=lambda: next(drawn)
            )
            for _ in range(2)
        ]
        assert [code.tracker.slug for code in codes if code.tracker] == ["first", "second"]


def test_a_code_keeps_nothing_of_a_person(catalog: SqlCatalog, account: Account) -> None:
    with catalog.writing() as session:
        code = records.create_dynamic(session, account.id, DESTINATION, now=NOW)
        assert code.tracker is not None
        slug = code.tracker.slug or ""
    tracker = catalog.tracker(slug)
    assert tracker is not None
    assert tracker.privacy is Privacy.COARSE
    assert tracker.references == {"code": code.id}


def test_a_change_that_fails_leaves_no_half_made_code(
    catalog: SqlCatalog, account: Account
) -> None:
    def make_half() -> None:
        with catalog.writing() as session:
            code = records.create_dynamic(
                session, account.id, DESTINATION, now=NOW, draw_slug=lambda: "half"
            )
            records.change_code(session, code, {"label": "x", "folder_id": "f_none"}, NOW)

    with pytest.raises(InvalidRequest):
        make_half()
    assert catalog.tracker("half") is None
    with catalog.reading() as session:
        assert listing.list_codes(session, account.id, listing.Filter(), limit=10) == ([], None)


def test_a_code_goes_with_its_tracker(catalog: SqlCatalog, account: Account) -> None:
    with catalog.writing() as session:
        code = records.create_dynamic(session, account.id, DESTINATION, now=NOW)
        tracker = code.tracker_id or 0
    catalog.forget(tracker)
    with catalog.reading() as session, pytest.raises(NotFound):
        records.find_code(session, account.id, code.id)


def test_an_answer_is_kept_for_a_day(catalog: SqlCatalog, account: Account) -> None:
    request = KeyedRequest(account=account.id, key="k", name="POST /x", content={"a": 1, "b": 2})
    same = KeyedRequest(account=account.id, key="k", name="POST /x", content={"b": 2, "a": 1})
    other = KeyedRequest(account=account.id, key="k", name="POST /x", content={"a": 2})
    with catalog.writing() as session:
        assert find_answer(session, request, NOW) is None
        keep_answer(session, request, Answer(201, "{}"), NOW)
    with catalog.reading() as session:
        assert find_answer(session, same, NOW + RETENTION_MS - 1) == Answer(201, "{}")
        assert find_answer(session, same, NOW + RETENTION_MS) is None
        with pytest.raises(InvalidRequest):
            find_answer(session, other, NOW)
    with catalog.writing() as session:
        keep_answer(session, other, Answer(201, "[]"), NOW + RETENTION_MS)
        assert find_answer(session, other, NOW + RETENTION_MS) == Answer(201, "[]")
