"""Every line of a CSV is a row, or in one: none disappears."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as some

from footfall.cli.import_.files import read_records

TEXT = some.text(some.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ANY = TEXT | some.sampled_from(['a "quoted" one', "two\nlines", ",", '"', "cr\rlf\r\n"])
PLAIN = TEXT.filter(lambda text: not {*text} & {'"', ","})
ENDS = some.sampled_from(["\n", "\r\n", "\r"])


def lines_of(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


@given(some.lists(some.lists(ANY, min_size=2, max_size=3), max_size=8), ENDS)
def test_what_a_program_writes_is_read(rows: list[list[str]], end: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    found = list(read_records(iter(lines_of(text.getvalue())), ","))
    assert [values for values, problem, _ in found if not problem] == rows


@given(
    some.lists(some.lists(PLAIN, min_size=2, max_size=3), min_size=1, max_size=8),
    some.integers(min_value=0),
    PLAIN,
    ENDS,
)
def test_a_quote_that_is_not_closed_costs_one_row(
    rows: list[list[str]], place: int, value: str, end: str
) -> None:
    lines = [",".join(row) + end for row in rows]
    place %= len(lines) + 1
    lines.insert(place, f'x,"{value}{end}')
    found = list(read_records(iter(lines), ","))
    assert [number for number, (_, problem, _) in enumerate(found) if problem] == [place]
    assert [values for values, problem, _ in found if not problem] == rows


@given(some.text('a",;\r\n ', max_size=60))
def test_every_character_is_in_a_row(text: str) -> None:
    lines = lines_of(text)
    found = list(read_records(iter(lines), ","))
    kept = "".join("".join(values) if not problem else text for values, problem, text in found)
    for letter in "a; ":
        assert kept.count(letter) == text.count(letter)


def test_many_quotes_that_are_not_closed_are_read_in_a_bounded_time() -> None:
    lines = [f'{number},"a\n' if number % 2 else f"{number},a\n" for number in range(3_000)]
    found = list(read_records(iter(lines), ","))
    assert len(found) == 3_000 - sum(not problem and "\n" in text for _, problem, text in found)
