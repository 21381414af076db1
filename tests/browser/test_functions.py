"""What the dashboard reads and writes: amounts, moments, tags, and commands for a shell."""

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from footfall.runtime.extracts import FORMULA
from tests.browser.functions import Functions

PATIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Other processes do the work."""

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.fixture(scope="module")
def money() -> Iterator[Functions]:
    with Functions("money.ts") as functions:
        yield functions


@pytest.fixture(scope="module")
def moments() -> Iterator[Functions]:
    with Functions("moments.ts") as functions:
        yield functions


@pytest.fixture(scope="module")
def tags() -> Iterator[Functions]:
    with Functions("tags.ts") as functions:
        yield functions


@pytest.fixture(scope="module")
def sheets() -> Iterator[Functions]:
    with Functions("csv.ts") as functions:
        yield functions


@pytest.fixture(scope="module")
def shell() -> Iterator[Functions]:
    with Functions("shell.ts") as functions:
        yield functions


# ── amounts ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("12", "EUR", 1200),
        ("12,50", "EUR", 1250),
        ("12.5", "EUR", 1250),
        (" 1 000 ", "EUR", 100_000),
        (f"1{NBSP}000,50", "EUR", 100_050),
        (f"1{NARROW}000", "EUR", 100_000),
        ("1'000.50", "CHF", 100_050),
        ("1.000,50", "EUR", 100_050),
        ("1,000.50", "USD", 100_050),
        ("1,000,000", "USD", 100_000_000),
        ("1.000.000,5", "EUR", 100_000_050),
        (".5", "USD", 50),
        ("0.29", "USD", 29),
        ("1.15", "USD", 115),
        ("007", "USD", 700),
        ("0.500", "KWD", 500),
        ("1234,567", "KWD", 1_234_567),
        ("1 000,500", "KWD", 1_000_500),
        ("500", "JPY", 500),
        ("90071992547409.91", "USD", 9_007_199_254_740_991),
        ("1,000", "USD", "ambiguous"),
        ("12,345", "USD", "ambiguous"),
        ("1.000", "KWD", 1_000),
        ("1.250", "BHD", 1_250),
        (" 12.345 ", "TND", 12_345),
        ("1,250", "JOD", "ambiguous"),
        ("1.25", "OMR", 1_250),
        ("1.000.500", "KWD", 1_000_500_000),
        ("1.250", "CLF", "ambiguous"),
        ("1,000", "JPY", "ambiguous"),
        ("12.345", "EUR", "ambiguous"),
        ("1.2345", "USD", "digits"),
        ("0.123", "USD", "digits"),
        ("12.5", "JPY", "digits"),
        ("90071992547409.92", "USD", "large"),
        ("", "USD", "number"),
        (".", "USD", "number"),
        ("5.", "USD", "number"),
        ("-5", "USD", "number"),
        ("1 00", "USD", "number"),
        ("1,00,000", "USD", "number"),
        ("1.000.50", "USD", "number"),
        ("1,000.000,5", "USD", "number"),
        ("1 000'000", "USD", "number"),
        ("0,000,500", "USD", "number"),
        ("1e3", "USD", "number"),
        ("€12", "EUR", "number"),
        ("١٢", "EUR", "number"),
    ],
)
def test_an_amount_is_read_in_its_only_meaning_or_not_at_all(
    money: Functions, typed: str, currency: str, amount: int | str
) -> None:
    expected = {"value": amount} if isinstance(amount, int) else {"problem": amount}
    assert money("readMoney", typed, currency) == expected


@PATIENT
@given(
    amount=some.integers(0, 2**53 - 1),
    currency=some.sampled_from(["EUR", "JPY", "KWD", "CLF"]),
    group=some.sampled_from(["", " ", NBSP, NARROW, "'", ".", ","]),
    point=some.sampled_from([".", ","]),
)
def test_what_any_country_writes_is_that_amount_or_has_two_meanings(
    money: Functions, amount: int, currency: str, group: str, point: str
) -> None:
    assume(group != point)
    digits = {"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4}[currency]
    whole = f"{amount // 10**digits:,}".replace(",", group)
    written = whole if digits == 0 else f"{whole}{point}{amount % 10**digits:0{digits}}"
    read = money("readMoney", written, currency)
    marks = sum(one in ".," for one in written)
    if read != {"value": amount}:
        # Never another amount: only what has one mark, before three digits.
        assert read == {"problem": "ambiguous"}
        assert (marks, written[-4] in ".,") == (1, True)


@PATIENT
@given(
    amount=some.integers(0, 2**53 - 1) | some.integers(0, 10**7),
    currency=some.sampled_from(["EUR", "JPY", "KWD", "BHD", "JOD", "OMR", "TND", "CLF", "XYZ"]),
)
def test_a_form_reads_the_amount_that_it_filled_in(
    money: Functions, amount: int, currency: str
) -> None:
    filled = money("moneyField", amount, currency)
    assert money("readMoney", filled, currency) == {"value": amount}


@PATIENT
@given(some.floats(0, 100) | some.integers(0, 100_000).map(lambda n: n / 1000))
def test_a_form_reads_the_percentage_that_it_filled_in(money: Functions, percent: float) -> None:
    read = money("readPercent", money("percentField", percent))
    assert abs(float(read["value"]) - percent) <= 1e-14


@pytest.mark.parametrize(
    ("typed", "percent"),
    [
        ("7.125", "7.125"),
        (" 7,125 ", "7.125"),
        ("12.500", "12.500"),
        ("007", "7"),
        (".5", "0.5"),
        ("0", "0"),
        ("1 000", None),
        ("1,000.5", None),
        ("5.", None),
        (".", None),
        ("", None),
        ("-5", None),
        ("5 %", None),
        ("1e1", None),
    ],
)
def test_a_percentage_has_no_thousands(money: Functions, typed: str, percent: str | None) -> None:
    expected = {"problem": "number"} if percent is None else {"value": percent}
    assert money("readPercent", typed) == expected


@PATIENT
@given(some.text("0123456789., '", max_size=12))
def test_no_amount_is_read_from_text_whose_digits_say_another(money: Functions, typed: str) -> None:
    read = money("readMoney", typed, "EUR")
    if "value" in read:
        digits = "".join(one for one in typed if one.isdigit()).lstrip("0")
        assert str(read["value"]).lstrip("0").rstrip("0") == digits.rstrip("0")


# ── moments ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wall", "zone", "moment"),
    [
        ("2031-05-01T10:00", "Europe/Amsterdam", "2031-05-01T08:00:00.000Z"),
        ("2031-05-01T10:00", "America/New_York", "2031-05-01T14:00:00.000Z"),
        ("2031-05-01T10:00", "Asia/Kathmandu", "2031-05-01T04:15:00.000Z"),
        ("2026-03-29T02:30", "Europe/Amsterdam", "2026-03-29T01:30:00.000Z"),
        ("2026-10-25T02:30", "Europe/Amsterdam", "2026-10-25T00:30:00.000Z"),
        ("2026-04-24T00:00", "Africa/Cairo", "2026-04-23T22:00:00.000Z"),
        ("2026-01-01T00:00", "UTC", "2026-01-01T00:00:00.000Z"),
    ],
)
def test_a_typed_time_is_of_the_zone_that_is_shown(
    moments: Functions, wall: str, zone: str, moment: str
) -> None:
    assert moments("momentAt", wall, zone) == moment


@PATIENT
@given(
    minutes=some.integers(0, 40 * 366 * 1440),
    zone=some.sampled_from(
        ["Europe/Amsterdam", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
    ),
)
def test_a_moment_that_clocks_show_once_is_found_again(
    moments: Functions, minutes: int, zone: str
) -> None:
    moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    found = datetime.fromisoformat(moments("momentAt", local.isoformat(timespec="minutes"), zone))
    shown = found.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert shown == local
    assert found <= moment


def test_the_year_of_a_moment_is_that_of_the_zone(moments: Functions) -> None:
    """JSON has no dates: a number is a moment too."""
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp() * 1000
    assert moments("yearIn", "Europe/Amsterdam", eve) == "2027"
    assert moments("yearIn", "America/New_York", eve) == "2026"


# ── tags ──────────────────────────────────────────────────────────────────────────────────────

LETTERS = some.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zs", "Zl", "Zp"))
TAG = some.text(LETTERS | some.sampled_from(' ,"'), max_size=12).map(str.strip).filter(bool)


@PATIENT
@given(some.lists(TAG, max_size=6, unique=True))
def test_tags_are_read_as_they_were_written(tags: Functions, given_tags: list[str]) -> None:
    assert tags("readTags", tags("writeTags", given_tags)) == given_tags


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("wall, north,, wall", ["wall", "north"]),
        ('"north, upper wall", sale', ["north, upper wall", "sale"]),
        ('"say ""hi"""', ['say "hi"']),
        ("", []),
        ('"north, upper', None),
        ('"north" wall', None),
        ('wall "north"', None),
    ],
)
def test_typed_tags_are_between_commas_or_in_quotes(
    tags: Functions, typed: str, read: list[str] | None
) -> None:
    assert tags("readTags", typed) == read


# ── commands ──────────────────────────────────────────────────────────────────────────────────

NASTY = some.text(
    some.sampled_from([*"'\"`$!\\;&|<>(){}[]*?~#%=^ \n\t-@aé\u2028🙂", "\x1b", "\x7f", "\r"])
    | some.characters(codec="utf-8", exclude_characters="\0"),
    max_size=30,
)
SHELLS: Sequence[Sequence[str]] = (
    ["/bin/sh"],
    ["bash", "--norc"],
    # History expansion, as in a terminal: it looks at `!` before anything else.
    ["bash", "--norc", "-o", "history", "-o", "histexpand"],
)


def run(shell: Sequence[str], command: str, folder: Path, key: str = "") -> list[str]:
    """The arguments that `curl` gets when the command is typed into the shell."""
    program = folder / "curl"
    program.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    program.chmod(0o755)
    done = subprocess.run(
        shell,
        input=f"{command}\n".encode(),
        env={"PATH": f"{folder}:{os.environ['PATH']}", "KEY": key, "HISTFILE": ""},
        cwd=folder,
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert [one.name for one in folder.iterdir()] == ["curl"]
    return done.stdout.decode().split("\0")[:-1]


@settings(PATIENT, max_examples=12)
@given(words=some.lists(NASTY, min_size=20, max_size=20))
def test_a_shell_reads_each_word_as_it_is(
    shell: Functions, tmp_path: Path, words: list[str]
) -> None:
    written = " ".join(shell("shellWord", word) for word in words)
    for program in SHELLS:
        assert run(program, f"curl {written}", tmp_path) == words


@settings(PATIENT, max_examples=8)
@given(
    values=some.lists(NASTY, max_size=9), key=some.sampled_from(["oqr_abc", "it's $(id) `id` !!"])
)
def test_a_command_is_the_request_that_the_page_made(
    shell: Functions, tmp_path: Path, values: list[str], key: str
) -> None:
    origin = "http://localhost:3000"
    call = {"path": "/reports", "body": {"filters": {"referrer_host": [*values, "$KEY"]}}}
    for program in SHELLS:
        for given_key in (None, key):
            command = shell("curl", call, origin, given_key)
            found = run(program, command, tmp_path, key="from the environment")
            assert json.loads(found.pop()) == call["body"]
            token = given_key or "from the environment"
            assert found == [
                *("-s", f"{origin}/reports", "-H", f"Authorization: Bearer {token}"),
                *("-H", "Content-Type: application/json", "-d"),
            ]


def test_a_command_may_name_another_header_and_a_file(shell: Functions, tmp_path: Path) -> None:
    call = {"path": "/events?a=b&c=%27", "header": "X-Eflow-API-Key", "file": "it's; a file"}
    command = shell("curl", call, "http://[::1]:3000", None)
    assert run(["/bin/sh"], command, tmp_path, key="k") == [
        *("-s", "http://[::1]:3000/events?a=b&c=%27", "-H", "X-Eflow-API-Key: k"),
        *("-o", "it's; a file"),
    ]


def test_html_is_shown_as_the_text_that_it_is(shell: Functions) -> None:
    assert shell("htmlText", "<b>A & B</b>") == "&lt;b&gt;A &amp; B&lt;/b&gt;"


# ── files for spreadsheets ────────────────────────────────────────────────────────────────────


@PATIENT
@given(
    some.lists(
        some.lists(some.text(some.characters(exclude_categories=["Cs"])), min_size=2, max_size=4),
        max_size=4,
    )
)
def test_a_file_of_any_texts_has_these_cells_and_no_formula(
    sheets: Functions, rows: list[list[str]]
) -> None:
    written = sheets("writeCsv", rows)
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert read == [
        [f"'{cell}" if re.search(FORMULA, cell) else cell for cell in row] for row in rows
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@a", "\t=1", " =1", "＝1", "\r\n"])
def test_a_cell_that_begins_like_a_formula_is_text(sheets: Functions, cell: str) -> None:
    assert f"'{cell}" in sheets("writeCsv", [[cell, "x"]])
