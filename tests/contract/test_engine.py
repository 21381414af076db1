"""What the engine's answers must never do: stand in the wrong place, or be of no help."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.core.errors import StoreUnavailable
from footfall.store.engine import READERS, Engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = Engine(f"chdb://{tmp_path_factory.mktemp('engine')}", {})
    yield opened
    opened.close()


def answers(engine: Engine) -> list[bytes]:
    """Of every client."""
    found = []
    for _ in range(2 * READERS):
        with engine.reading() as client:
            found.append(client.raw_query("SELECT 5 AS n", fmt="JSONEachRow"))
    return found


def test_what_a_failed_stream_had_written_is_in_no_other_answer(
    engine: Engine, tmp_path: Path
) -> None:
    for _ in range(READERS):
        with pytest.raises(StoreUnavailable):
            list(
                engine.stream(
                    "SELECT * FROM file({path:String}, 'Native', 'a String')",
                    {"path": str(tmp_path / "missing")},
                    "Parquet",
                    local=True,
                )
            )
        assert set(answers(engine)) == {b'{"n":5}\n'}


def test_an_answer_that_fails_half_way_is_in_no_other_answer(engine: Engine) -> None:
    sql = "SELECT number, throwIf(number = 500000) FROM numbers(1000000)"
    with pytest.raises(StoreUnavailable), engine.reading() as client:
        client.raw_query(sql, fmt="JSONEachRow")
    assert set(answers(engine)) == {b'{"n":5}\n'}
    with pytest.raises(StoreUnavailable), engine.altering() as client:
        client.raw_query(sql, fmt="JSONEachRow")
    with engine.altering() as client:
        assert client.raw_query("SELECT 5 AS n", fmt="JSONEachRow") == b'{"n":5}\n'


def test_a_stream_that_nobody_reads_to_its_end_is_in_no_other_answer(engine: Engine) -> None:
    pieces = engine.stream("SELECT repeat('x', 1000) FROM numbers(1000000)", {}, "JSONEachRow")
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert set(answers(engine)) == {b'{"n":5}\n'}


def test_a_question_that_needs_too_much_memory_is_told_what_to_do(engine: Engine) -> None:
    sql = "SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 10000000"
    with (
        pytest.raises(StoreUnavailable, match=r"short of memory.*shorter window"),
        engine.reading() as client,
    ):
        client.raw_query(sql, fmt="JSONEachRow")
