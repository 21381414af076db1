"""What must hold inside one transaction, and in the pure parts of the Vantio dialect."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Account, Privacy
from footfall.core.errors import InvalidRequest
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.queries import Page
from footfall.dialects.vantio import campaigns, commissions, funnel, impressions, records
from footfall.dialects.vantio.page_ends import Ends
from footfall.dialects.vantio.queries import ImpressionsQuery
from tests.support.catalogs import new_catalog

NOW = 1_800_000_000_000
LANDING = "https://example.org/join"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqlCatalog]:
    catalog = new_catalog(tmp_path, lambda: NOW)
    yield catalog
    catalog.close()


@pytest.fixture
def account(catalog: SqlCatalog) -> Account:
    return catalog.create_account("Owner", "owner@example.org", Privacy.TRUNCATED)[0]


def place_posters(catalog: SqlCatalog, account: Account, *slugs: str) -> list[records.PosterRow]:
    drawn = iter(slugs)
    with catalog.writing() as session:
        program = records.create(
            session,
            records.ProgramRow,
            account.id,
            NOW,
            name="Spring",
            landing_url=LANDING,
            description=None,
            commission={"type": "flat", "amount": 0},
            payout_schedule="manual",
            minimum_payout=5000,
            currency="USD",
        )
        student = campaigns.create_user(
            session,
            account.id,
            NOW,
            program.id,
            first_name="Sam",
            last_name="Lee",
            email="sam@example.edu",
        )
        return [
            campaigns.create_poster(
                session,
                account.id,
                NOW,
                program_id=program.id,
                student_id=student.id,
                location="Gym",
                details={},
                draw_slug=lambda: next(drawn),
            )
            for _ in range(len(set(slugs)))
        ]


def test_a_slug_that_is_taken_is_drawn_again(catalog: SqlCatalog, account: Account) -> None:
    first, second = place_posters(catalog, account, "first", "first", "second")
    assert (first.tracker.slug, second.tracker.slug) == ("first", "second")


def test_a_poster_stands_on_a_tracker_of_the_accounts_own_privacy(
    catalog: SqlCatalog, account: Account
) -> None:
    (poster,) = place_posters(catalog, account, "poster")
    tracker = catalog.tracker("poster")
    assert tracker is not None
    assert tracker.privacy is Privacy.TRUNCATED
    assert tracker.destination == LANDING
    assert tracker.event_id_parameter == "impression_id=imp_"
    assert msgspec.json.decode(tracker.metadata) == {"location": "Gym"}
    assert tracker.references == {
        "program": poster.program_id,
        "poster": poster.id,
        "ambassador": poster.student_id,
    }


def test_a_change_that_fails_moves_no_poster(catalog: SqlCatalog, account: Account) -> None:
    (poster,) = place_posters(catalog, account, "poster")

    def move_and_fail() -> None:
        with catalog.writing() as session:
            program = records.find(session, records.ProgramRow, account.id, poster.program_id)
            campaigns.change_program(session, program, NOW, landing_url="https://example.com/")
            raise InvalidRequest("and then something is wrong")

    with pytest.raises(InvalidRequest):
        move_and_fail()
    tracker = catalog.tracker("poster")
    assert tracker is not None
    assert tracker.destination == LANDING


@pytest.mark.parametrize("steps", [commissions.REFERRAL_STEPS, commissions.EARNING_STEPS])
def test_every_status_leads_to_known_ones(steps: dict[str, tuple[str, ...]]) -> None:
    assert {status for following in steps.values() for status in following} <= set(steps)
    assert next(iter(steps)) == "pending"


# ── pure parts ────────────────────────────────────────────────────────────────────────────────


def test_a_funnel_adds_up() -> None:
    total, groups = funnel.add_up(
        scans=[("b", 4), ("a", 10)],
        referrals=[("a", 3, 2), ("c", 1, 0)],
        earnings=[("a", "USD", 2, 300, 100), ("a", "EUR", 1, 50, 0), ("c", "USD", 1, 7, 7)],
    )
    assert [one.id for one in groups] == ["a", "b", "c"]
    assert (total.scans, total.referrals, total.converted) == (14, 4, 2)
    assert total.earnings == funnel.Money(
        count=4, amounts={"USD": 307, "EUR": 50}, paid={"USD": 107, "EUR": 0}
    )
    assert groups[1] == funnel.Stage(id="b", scans=4)


def test_an_impressions_id_leads_back_to_its_event() -> None:
    for event_id in (0, 1, 268_435_456_789, (1 << 63) - 1):
        assert impressions.read_impression_id(impressions.impression_id(event_id)) == event_id
    for text in ("", "imp_", "0000000000000", "imp_000000000000U", "imp_00000000000000"):
        assert impressions.read_impression_id(text) is None


def page(*ids: int) -> Page:
    return Page(
        [
            Event(id=id, account=1, kind=EventKind.SCAN, source="vantio", verdict=Verdict.COUNTED)
            for id in ids
        ],
        None,
    )


def test_an_export_goes_on_by_the_id_that_its_last_page_ended_with() -> None:
    ends = Ends()
    first = impressions.query_of(
        1, ImpressionsQuery(program_id="prog_aaaaaaaaaaaa", limit=2), None, 100
    )
    assert ends.shorten(first) == first
    ends.remember(first, page(5, 7))
    second = msgspec.structs.replace(first, offset=2, limit=50)
    shortened = ends.shorten(second)
    assert (shortened.cursor, shortened.offset, shortened.limit) == (7, 0, 50)
    ends.remember(second, page(8))
    assert ends.shorten(msgspec.structs.replace(first, offset=3)).cursor == 8
    changes: list[dict[str, Any]] = [
        {"account": 2},
        {"values": {}},
        {"tracker": 4},
        {"since": 9},
        {"cursor": 5},
    ]
    for change in changes:
        other = msgspec.structs.replace(second, **change)
        assert ends.shorten(other) == other, "another list"


def test_only_so_many_ends_are_remembered_and_the_oldest_go() -> None:
    ends = Ends(ends_max=2)
    query = impressions.query_of(1, ImpressionsQuery(), None, 100)
    for start, id in ((0, 10), (1, 11), (2, 12)):
        ends.remember(msgspec.structs.replace(query, offset=start), page(id))
    found = [ends.shorten(msgspec.structs.replace(query, offset=n)).cursor for n in (1, 2, 3)]
    assert found == [None, 11, 12]
