"""Ids under any clock."""

from hypothesis import given
from hypothesis import strategies as some

from footfall.capture.id_generator import IdGenerator
from footfall.core.ids import EPOCH_MS, ID_MAX, first_id_at, received_at

# After the epoch's own millisecond: 0 is no id.
TIMES = some.integers(EPOCH_MS + 1, EPOCH_MS + (1 << 41) - 10_000)


@given(times=some.lists(TIMES, min_size=1, max_size=200), node=some.integers(0, 1023))
def test_ids_increase_whatever_the_clock_says(times: list[int], node: int) -> None:
    clock = iter(times)
    ids = IdGenerator(lambda: next(clock), node=node)
    given_ids = [ids.next() for _ in times]
    assert given_ids == sorted(set(given_ids))
    assert all(0 < one <= ID_MAX for one in given_ids)


@given(before=some.lists(TIMES, min_size=1), after=some.lists(TIMES, min_size=1))
def test_ids_go_on_increasing_over_a_restart(before: list[int], after: list[int]) -> None:
    first = iter(before)
    ids = IdGenerator(lambda: next(first))
    last = max(ids.next() for _ in before)
    second = iter(after)
    again = IdGenerator(lambda: next(second), last=last)
    assert all(again.next() > last for _ in after)


@given(at=TIMES, node=some.integers(0, 1023))
def test_an_id_tells_the_time_it_was_given_and_bounds_it(at: int, node: int) -> None:
    one = IdGenerator(lambda: at, node=node).next()
    assert received_at(one) == at
    assert first_id_at(at) <= one < first_id_at(at + 1)


@given(
    at=TIMES, node=some.integers(0, 1023), counts=some.lists(some.integers(0, 9_000), max_size=4)
)
def test_ids_that_are_taken_together_are_those_that_come_one_by_one(
    at: int, node: int, counts: list[int]
) -> None:
    together, one_by_one = (IdGenerator(lambda: at, node=node) for _ in range(2))
    for count in counts:
        assert together.take(count) == [one_by_one.next() for _ in range(count)]
        assert together.last == one_by_one.last
