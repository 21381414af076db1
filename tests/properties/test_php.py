"""PHP's casts and its reading of queries, against a real PHP, and what `http_build_query` makes."""

import json
import subprocess
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from footfall.dialects.copernica import php
from footfall.dialects.copernica.list_queries import Comparison, read_comparisons
from tests.support.programs import php as php_program

ANSWER = """
$asked = json_decode(file_get_contents('php://stdin'), true);
$parse = function ($query) {
    parse_str($query, $found);
    return json_encode($found, JSON_FORCE_OBJECT | JSON_INVALID_UTF8_SUBSTITUTE);
};
echo json_encode([
    'cast' => array_map(fn($text) => (int)$text, $asked['cast'] ?? []),
    'numeric' => array_map('is_numeric', $asked['cast'] ?? []),
    'parse' => array_map($parse, $asked['parse'] ?? []),
    'build' => array_map('http_build_query', $asked['build'] ?? []),
]);
"""

numbers = some.text("0123456789+-eE. x\t\n", max_size=9)
long_numbers = some.from_regex(r"-?0{0,9}[0-9]{17,25}(e[0-9]{1,3})?", fullmatch=True)
pieces = some.sampled_from(
    [*"ab01_=&+.[]", "[]", "[a]", "[0]", "fields", "%5B", "%5D", "%20", "%00", "%26", "%C3%A9", " "]
)
queries = some.lists(pieces, max_size=16).map("".join)


def ask_php(**asked: Any) -> dict[str, Any]:
    done = subprocess.run(
        [php_program(), "-d", "error_reporting=0", "-r", ANSWER],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered


# One PHP takes 30 ms to start: it is asked of many texts at once.
many = settings(max_examples=25, deadline=None)


@many
@given(some.lists(numbers | long_numbers, min_size=20, max_size=200))
def test_texts_become_the_numbers_that_php_casts_them_to(texts: list[str]) -> None:
    answered = ask_php(cast=texts)
    assert [php.to_int(text, -7) for text in texts] == answered["cast"]
    assert [php.is_numeric(text) for text in texts] == answered["numeric"]


@many
@given(some.lists(queries, min_size=20, max_size=200))
def test_queries_become_the_arrays_that_php_reads(texts: list[str]) -> None:
    answered = ask_php(parse=texts)
    for text, expected in zip(texts, answered["parse"], strict=True):
        assert php.parse(text.encode()) == json.loads(expected), text


def test_numbers_of_any_length_are_cast() -> None:
    texts = [
        "0" * 6000 + "5",
        "9" * 6000,
        "-" + "9" * 300,
        "." + "9" * 6000,
        "1" + "0" * 6000 + "x",
    ]
    assert [php.to_int(text, -7) for text in texts] == ask_php(cast=texts)["cast"]


def test_what_is_nested_deeper_than_php_allows_is_left_out() -> None:
    texts = ["a" + "[b]" * depth + "=1" for depth in (62, 63, 64, 65, 200)]
    answered = ask_php(parse=texts)
    assert [bool(php.parse(text.encode())) for text in texts] == [
        json.loads(expected) != {} for expected in answered["parse"]
    ]


def test_limits_and_the_numbers_of_arrays_are_those_of_php() -> None:
    deep = "a" + "[b]" * 65 + "=1"
    texts = [
        "a[]&" * 2000,
        "&=5" * 998 + "&&b=1&c=1&d=1",
        f"a=1&{deep}&c=2",
        f"a[x]=1&{deep}",
        "a[007]=1&a[]=2",
        "a[-5]=1&a[]=2&a[]=3",
        "a[5]=1&a[2]=2&a[][]=3&a[]=4",
        "a[9223372036854775807]=1&a[]=2&a[][]=2&a[0]=3",
        "a[9223372036854775808]=1&a[]=2",
        "a[999999999999999999]=1&a[]=2",
    ]
    for text, expected in zip(texts, ask_php(parse=texts)["parse"], strict=True):
        assert php.parse(text.encode()) == json.loads(expected), text


names = some.sampled_from(["ID", "id", "timestamp", "Timestamp", "email"])
operators = some.sampled_from(["==", "!=", "<>", "<", ">", "<=", ">=", "=~", "!~"])
values = some.text("0123456789-: %_&+=<>é[]a", max_size=12)
comparisons = some.lists(some.tuples(names, operators, values), max_size=5)


@many
@given(some.lists(comparisons, min_size=10, max_size=60))
def test_comparisons_are_read_as_http_build_query_writes_them(
    lists: list[list[tuple[str, str, str]]],
) -> None:
    parameters = [
        {"access_token": "t", "limit": 10, "fields": ["".join(parts) for parts in one]}
        for one in lists
    ]
    for one, query in zip(lists, ask_php(build=parameters)["build"], strict=True):
        read = read_comparisons(php.parse(query.encode()))
        assert read == [_expected(*parts) for parts in one], query


def _expected(name: str, operator: str, value: str) -> Comparison:
    # An operator is as long as it can be: `ID<` with the value `=5` says `ID<=5`.
    text = operator + value
    longest = next(
        one for one in ("==", "!=", "<>", "<=", ">=", "=~", "!~", "<", ">") if text.startswith(one)
    )
    value = text[len(longest) :].strip()
    return Comparison(name.lower(), "!=" if longest == "<>" else longest, value)


@given(some.integers(), some.booleans())
def test_a_number_is_true_from_one_on(number: int, default: bool) -> None:
    assert php.to_bool(str(number), default) is (number != 0)
    assert php.to_bool(f"{number}.9", default) is (number != 0)
    assert php.to_bool(None, default) is default
