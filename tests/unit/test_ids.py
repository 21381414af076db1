"""Ids: strictly increasing, whatever the clock does."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.capture.id_generator import IdGenerator
from footfall.core.ids import (
    EPOCH_MS,
    ID_MAX,
    TEXT_LENGTH,
    first_id_at,
    from_text,
    received_at,
    to_text,
)

NOON = EPOCH_MS + 1_000_000_000


def test_an_id_tells_when_it_was_given() -> None:
    assert received_at(IdGenerator(lambda: NOON).next()) == NOON


def test_ids_go_on_increasing_when_the_clock_steps_back() -> None:
    times = iter([NOON, NOON - 3_600_000, NOON - 3_600_000, NOON + 1])
    ids = IdGenerator(lambda: next(times))
    given = [ids.next() for _ in range(4)]
    assert given == sorted(set(given))
    assert received_at(given[2]) == NOON


def test_ids_go_on_after_a_restart_with_the_clock_set_back() -> None:
    last = IdGenerator(lambda: NOON).next()
    assert IdGenerator(lambda: NOON - 86_400_000, last=last).next() > last


@given(behind=some.integers(1, 86_400_000), late=some.integers(0, 60_000 << 22))
def test_ids_are_above_all_that_were_given_after_a_restart_with_the_clock_set_back(
    behind: int, late: int
) -> None:
    """Also above the end of a page that was read, which is no event's id, and was given up to a
    minute after the last that is known."""
    given = IdGenerator(lambda: NOON).next()
    ids = IdGenerator(lambda: NOON - behind, last=given - (1 << 40), given=given)
    assert ids.next() > given + late


@given(
    behind=some.lists(some.integers(1, 3_600_000), min_size=2, max_size=20),
    late=some.integers(0, 1_000 << 22),
)
def test_restarts_while_the_clock_is_behind_do_not_carry_ids_away_from_it(
    behind: list[int], late: int
) -> None:
    """One minute once, and less for each restart than it takes: ids count up meanwhile. They are
    above those that were given after the last that is known all the same."""
    newest, ahead = IdGenerator(lambda: NOON).next(), 0
    for milliseconds in behind:
        ids = IdGenerator(lambda: NOON - milliseconds, given=newest, ahead=ahead)  # noqa: B023
        first = ids.next()
        assert first > newest + (late if ahead else 60_000 << 22)
        newest, ahead = ids.take(100)[-1], ids.ahead
    assert received_at(newest) <= NOON + 60_000 + 1_001 * len(behind)


def test_ids_that_followed_the_clock_again_are_not_counted_after_it_is_set_back_again() -> None:
    ahead = first_id_at(NOON)
    known = first_id_at(NOON + 5_000)  # the clock overtook `ahead`
    ids = IdGenerator(lambda: NOON - 1, given=known, ahead=ahead)
    assert ids.next() > known + (60_000 << 22)


def test_ids_follow_the_clock_after_a_restart_when_it_went_on() -> None:
    given = IdGenerator(lambda: NOON).next()
    assert received_at(IdGenerator(lambda: NOON + 1, given=given).next()) == NOON + 1


def test_ids_go_on_from_an_id_of_somebody_else() -> None:
    ids = IdGenerator(lambda: NOON)
    other = first_id_at(NOON + 5_000) + 77
    ids.go_on_from(other)
    assert ids.next() > other
    before = ids.next()
    ids.go_on_from(other)
    assert ids.next() > before


def test_more_than_4096_ids_in_a_millisecond_run_into_the_next() -> None:
    ids = IdGenerator(lambda: NOON)
    given = [ids.next() for _ in range(5000)]
    assert given == sorted(set(given))
    assert received_at(given[-1]) == NOON + 1


def test_nodes_never_give_the_same_id() -> None:
    first, second = (IdGenerator(lambda: NOON, node=node) for node in (0, 1023))
    assert not {first.next() for _ in range(100)} & {second.next() for _ in range(100)}


def test_ids_fit_a_signed_64_bit_integer_until_2094() -> None:
    in_2094 = EPOCH_MS + (1 << 41) - 1
    assert IdGenerator(lambda: in_2094, node=1023).next() <= ID_MAX


def test_a_node_beyond_1023_is_refused() -> None:
    with pytest.raises(ValueError, match="1023"):
        IdGenerator(lambda: NOON, node=1024)


def test_the_first_id_at_a_time_separates_before_from_after() -> None:
    before, at = IdGenerator(lambda: NOON - 1), IdGenerator(lambda: NOON)
    assert before.next() < first_id_at(NOON) <= at.next()
    assert first_id_at(0) == 0


@given(event_id=some.integers(0, ID_MAX))
def test_the_text_of_an_id_leads_back_to_it(event_id: int) -> None:
    text = to_text(event_id)
    assert len(text) == TEXT_LENGTH
    assert from_text(text) == event_id


@given(first=some.integers(0, ID_MAX), second=some.integers(0, ID_MAX))
def test_texts_sort_as_their_ids_do(first: int, second: int) -> None:
    assert (to_text(first) < to_text(second)) == (first < second)


@given(text=some.text(max_size=16) | some.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=13))
def test_only_the_text_of_an_id_is_one(text: str) -> None:
    event_id = from_text(text)
    assert event_id is None or to_text(event_id) == text
