"""What one request to the Copernica dialect may cost, counted and not timed."""

import asyncio
import re
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from footfall.api import operations
from footfall.api.errors import error_answer
from footfall.api.router import router_of
from footfall.config import Settings
from footfall.core.errors import (
    CatalogUnavailable,
    InvalidRequest,
    JournalUnavailable,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
)
from footfall.dialects.copernica import dialect, php
from footfall.dialects.copernica.api import answer_any
from footfall.dialects.copernica.dialect import COPERNICA, UNAVAILABLE
from footfall.dialects.copernica.list_queries import COMPARISONS_MAX, read_comparisons
from footfall.dialects.copernica.profiles import ProfileRequest


def steps(run: Callable[[], object]) -> int:
    """How many instructions of the dialect's reading of PHP a call takes."""
    counted = 0

    def count(_: FrameType, event: str, __: Any) -> Any:
        nonlocal counted
        counted += event == "opcode"
        return count

    def enter(frame: FrameType, _: str, __: Any) -> Any:
        if frame.f_code.co_filename != php.__file__:
            return None
        frame.f_trace_opcodes = True
        return count

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        run()
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("pair", [b"a[]&", b"a[b][]=1&", b"a[]=1&b[][]=2&"])
def test_an_array_twice_as_long_costs_twice_as_much(pair: bytes) -> None:
    some, twice = (steps(partial(php.parse, pair * times)) for times in (200, 400))
    assert some < twice < 2.1 * some


def test_variables_beyond_the_thousandth_cost_nothing() -> None:
    assert len(php.parse(b"a[]&" * 1000)["a"]) == 1000
    assert php.parse(b"a[]&" * 10_000) == php.parse(b"a[]&" * 1000)
    most = steps(lambda: php.parse(b"a[]&" * 1000))
    assert steps(lambda: php.parse(b"a[]&" * 10_000)) == most


def test_brackets_beyond_the_deepest_cost_nothing() -> None:
    deep, deeper = (b"a" + b"[b]" * depth for depth in (100, 100_000))
    assert php.parse(deeper) == {}
    assert steps(lambda: php.parse(deeper)) == steps(lambda: php.parse(deep))


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"access_token=a",
        b"access_token=a&x[]=1&access_token=b",
        b"access%5Ftoken=a+b",
        b"+access.token=a",
        b"access_token[]=a",
        b"access_token[=a",
        b"access_token=a&access_token[b]=c",
        b"access_token2=a",
        b"access_toke=a",
        b"x&" * 999 + b"access_token=a",
        b"x&" * 1000 + b"access_token=a",
    ],
)
def test_a_token_is_read_as_with_the_whole_query(query: bytes) -> None:
    expected = php.to_text(php.parse(query).get("access_token"))
    assert php.read_text(query, "access_token") == expected


def test_of_a_long_text_only_the_beginning_is_looked_at_for_a_number() -> None:
    zeros = "0" * php.NUMBER_LENGTH_MAX
    assert php.to_int(zeros[1:] + "5", -7) == 5
    assert php.to_int(zeros + "5", -7) == 0
    assert php.to_int("x" + zeros, -7) == 0
    assert php.is_numeric(zeros)
    assert not php.is_numeric(zeros + "5")
    assert not php.to_bool(zeros + "5", default=True)


def test_zeros_before_a_point_are_read_once() -> None:
    """A pattern that tried each number of zeros would have to look at them a billion times."""
    texts = ["0" * (php.NUMBER_LENGTH_MAX - 2) + ".5"] * 50
    assert [php.to_int(text, -7) for text in texts] == [0] * 50
    patterns = [one.pattern for one in vars(php).values() if isinstance(one, re.Pattern)]
    assert not [pattern for pattern in patterns if "0*" in str(pattern)]


def test_of_a_query_only_the_token_is_read_before_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def parse(_: bytes) -> php.Values:
        raise AssertionError("the query was read")

    monkeypatch.setattr(php, "parse", parse)
    route = SimpleNamespace(opt={})
    query = b"a[]&" * 10_000
    scope = {"query_string": query, "method": "GET", "headers": []}
    anybody: Any = SimpleNamespace(route_handler=route, scope=scope, headers={})
    parts = SimpleNamespace(catalog=None, sessions=None, settings=Settings())
    ours: Any = SimpleNamespace(parts=parts)
    guards: Any = router_of(COPERNICA, (), ours).guards
    with pytest.raises(Unauthorized):
        asyncio.run(guards[0](anybody, route))
    read = steps(lambda: php.read_text(query, "access_token"))
    assert read < 100 * php.VARIABLES_MAX


def test_bodies_are_read_on_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def read_body(_: bytes, __: str, type: type[ProfileRequest]) -> ProfileRequest:
        threads.append(threading.get_ident())
        assert type is ProfileRequest
        raise InvalidRequest("It was read.")

    async def body() -> bytes:
        return b"fields[a]=b"

    monkeypatch.setattr(dialect, "read_body", read_body)
    scope = {"raw_path": b"/v4/profiles", "query_string": b""}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request: Any = SimpleNamespace(scope=scope, method="POST", headers=headers, body=body)
    nothing: Any = None
    handle: Any = answer_any.handle
    with pytest.raises(InvalidRequest, match=r"It was read\."):
        asyncio.run(handle(operations.Call(nothing, request, nothing)))
    assert threading.get_ident() not in threads
    assert len(threads) == 1


def test_so_many_comparisons_are_made_and_no_more() -> None:
    one = b"fields[]=ID=~%25a&"
    assert len(read_comparisons(php.parse(one * COMPARISONS_MAX + b"fields[]=none"))) == 50
    with pytest.raises(InvalidRequest, match="Invalid data provided: fields has at most 50"):
        read_comparisons(php.parse(one * (COMPARISONS_MAX + 1)))


@pytest.mark.parametrize(
    "error", [Unavailable, CatalogUnavailable, JournalUnavailable, StoreUnavailable]
)
def test_what_the_engine_says_of_itself_stays_here(error: type[Unavailable]) -> None:
    status, body = error_answer(COPERNICA, error("Code: 241. Memory limit exceeded, table events"))
    assert (status, body.error.message) == (503, UNAVAILABLE)
