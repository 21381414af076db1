"""Ids under any clock."""

from hypothesis import given
from hypothesis import strategies as some

from footfall.core.ids import EPOCH_MS, ID_MAX, IdGenerator, first_id_at, received_at

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
