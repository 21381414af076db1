"""The budget that all bodies under way share."""

import asyncio
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.api.request_bodies import ADDRESS_SHARE, Body, BodyBudget, Message, read_body
from footfall.core.errors import InvalidRequest, Overloaded, TooLarge

BUDGET = 10_000_000


def pieces_of(body: bytes, cuts: Sequence[int], *, whole: bool = True) -> list[Message]:
    """A body as a server hands it out; not `whole`: the client leaves before its end."""
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    pieces = [body[a:b] for a, b in pairwise(places)]
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    if whole:
        messages[-1]["more_body"] = False
    return [*messages, {"type": "http.disconnect"}]


def body_of(
    budget: BodyBudget, held: Any, messages: list[Message], declared: int | None = None
) -> Body:
    waiting = iter(messages)

    async def receive() -> Message:
        await asyncio.sleep(0)
        return next(waiting)

    return Body(budget, held, receive, declared)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5), st.booleans())
def test_a_body_is_the_same_however_it_is_cut_and_all_of_it_is_given_back(
    content: bytes, cuts: list[int], declares: bool
) -> None:
    async def read() -> None:
        budget = BodyBudget(BUDGET)
        with budget.hold() as held:
            declared = len(content) if declares else None
            body = body_of(budget, held, pieces_of(content, cuts), declared)
            assert await read_body(body, 300) == content
            assert budget.bytes == len(content)
            assert (await body())["type"] == "http.disconnect"
        assert budget.bytes == 0

    asyncio.run(read())


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_a_body_that_is_cut_off_is_refused_and_given_back(content: bytes, cuts: list[int]) -> None:
    async def read(messages: list[Message], declared: int | None) -> None:
        budget = BodyBudget(BUDGET)
        with budget.hold() as held:
            body = body_of(budget, held, messages, declared)
            with pytest.raises(InvalidRequest, match="cut off"):
                await read_body(body, 300)
        assert budget.bytes == 0

    asyncio.run(read(pieces_of(content, cuts, whole=False), None))
    asyncio.run(read(pieces_of(content, cuts), len(content) + 1))


async def test_a_body_beyond_its_own_limit_is_too_large() -> None:
    budget = BodyBudget(BUDGET)
    with budget.hold() as held, pytest.raises(TooLarge, match="100 bytes"):
        await read_body(body_of(budget, held, pieces_of(b"a" * 101, [50])), 100)


def test_large_bodies_leave_room_for_small_ones() -> None:
    budget = BodyBudget(BUDGET)
    with budget.hold() as large, budget.hold() as another, budget.hold() as small:
        large.add(BUDGET * 3 // 4)
        with pytest.raises(Overloaded):
            another.add(BUDGET // 4)
        small.add(60_000)
        with pytest.raises(Overloaded):
            small.add(BUDGET // 4)
        assert budget.bytes == BUDGET * 3 // 4 + 60_000
    assert budget.bytes == 0
    assert budget.refused["body_bytes"] == 2


def test_a_body_that_is_alone_is_taken_whatever_the_budget() -> None:
    budget = BodyBudget(1_000)
    with budget.hold() as large, budget.hold() as another:
        large.add(900_000)
        large.add(900_000)
        with pytest.raises(Overloaded):
            another.add(1)
    with budget.hold() as another:
        another.add(1)


def test_nothing_of_the_budget_is_lost_between_threads() -> None:
    budget = BodyBudget(1 << 40)

    def work() -> None:
        for _ in range(2_000):
            with budget.hold() as held:
                held.add(3)
                held.add(4)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.bytes == 0


def test_one_address_holds_no_more_than_its_share_and_others_find_room() -> None:
    budget = BodyBudget(BUDGET)
    share = int(BUDGET * ADDRESS_SHARE)
    with budget.hold("192.0.2.1") as first, budget.hold("192.0.2.1") as second:
        first.add(share - 1_000)
        second.add(1_000)
        with pytest.raises(Overloaded):
            second.add(1)
        with budget.hold("192.0.2.2") as other:
            other.add(1_000_000)
    with budget.hold("192.0.2.1") as alone:
        alone.add(share + 1)
    assert budget.bytes == 0
