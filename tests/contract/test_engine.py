"""What the engine's answers must never do: stand in the wrong place, or be of no help."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.core.errors import InvalidRequest, StoreDefect, StoreUnavailable, TooLarge
from footfall.runtime.background import Background
from footfall.runtime.read_queue import Read, ReadLimits
from footfall.store.engine import READERS, Engine
from footfall.store.migrate import migrate
from tests.support.running import output_of, wait_for

ELSEWHERE = """
import sys
from pathlib import Path
from footfall.store import engine

directory = Path(sys.argv[1])
directory.mkdir()
opened = engine.Engine(f"chdb://{directory}", {})
with opened.mutations() as client:
    client.command("CREATE TABLE large (text String) ENGINE = MergeTree ORDER BY tuple()")
    client.command("INSERT INTO large SELECT randomString(1500) FROM numbers(10000)")
    client.command("OPTIMIZE TABLE large FINAL")
    sql = "SELECT default_compression_codec FROM system.parts WHERE active AND table = 'large'"
    print(client.query(sql).result_rows)
opened.close()
"""


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
    with pytest.raises(StoreDefect), engine.reading() as client:
        client.raw_query(sql, fmt="JSONEachRow")
    assert set(answers(engine)) == {b'{"n":5}\n'}
    with pytest.raises(StoreDefect), engine.mutations() as client:
        client.raw_query(sql, fmt="JSONEachRow")
    with engine.mutations() as client:
        assert client.raw_query("SELECT 5 AS n", fmt="JSONEachRow") == b'{"n":5}\n'


def test_a_stream_that_nobody_reads_to_its_end_is_in_no_other_answer(engine: Engine) -> None:
    pieces = engine.stream("SELECT repeat('x', 1000) FROM numbers(1000000)", {}, "JSONEachRow")
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert set(answers(engine)) == {b'{"n":5}\n'}


def test_a_question_that_needs_too_much_memory_is_told_what_to_do(engine: Engine) -> None:
    sql = "SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 10000000"
    with (
        pytest.raises(TooLarge, match=r"read_memory_bytes_max.*shorter window"),
        engine.reading() as client,
    ):
        client.raw_query(sql, fmt="JSONEachRow")


DEFECTS = ("SELECT nothing", "SELECT 1 FROM nowhere", "SELEC 1", "SELECT 1 + 'one'")


@pytest.mark.parametrize("sql", DEFECTS)
def test_a_query_that_will_always_be_refused_is_a_defect_and_its_text_stays_in_the_log(
    engine: Engine, sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.reading() as before:
        pass
    with pytest.raises(StoreDefect) as raised, engine.reading() as client:
        client.query(sql)
    id = re.search(r"in its log as ([0-9a-f]{8}):", raised.value.message)
    assert id
    assert f"Defect {id[1]}" in caplog.text
    assert "DB::Exception" in caplog.text
    for word in ("DB::Exception", "Code:", sql):
        assert word not in raised.value.message
    with engine.reading() as client:
        assert client is before  # nothing of an answer was written: it is as good as it was


def test_a_value_that_its_column_cannot_be_is_the_callers_mistake(engine: Engine) -> None:
    with pytest.raises(InvalidRequest), engine.reading() as client:
        client.query("SELECT {n:UInt8}", parameters={"n": "x"})


def test_an_engine_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    away = Engine("clickhouse://127.0.0.1:9/default", {})
    with pytest.raises(StoreUnavailable, match="Try again"), away.reading() as client:
        client.query("SELECT 1")


def test_a_read_ends_at_its_limits_and_says_which(engine: Engine) -> None:
    slow = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(number)"
    large = "SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_threads = 1"

    def ask(sql: str) -> None:
        with engine.reading() as client:
            client.query(sql)

    with pytest.raises(TooLarge, match="read_seconds_max"):
        Read(ReadLimits(seconds_max=1), Background(1)).run(lambda: ask(slow))
    with pytest.raises(TooLarge, match="read_memory_bytes_max"):
        Read(ReadLimits(memory_bytes_max=20_000_000), Background(1)).run(lambda: ask(large))
    assert set(answers(engine)) == {b'{"n":5}\n'}


def test_the_query_of_a_read_is_ended_when_it_is_cancelled(engine: Engine) -> None:
    read = Read(ReadLimits(seconds_max=600), Background(1))
    ended: list[Exception] = []

    def ask() -> None:
        with engine.reading() as client:
            client.query("SELECT count() FROM numbers(100000000000000) WHERE NOT ignore(number)")

    def run() -> None:
        try:
            read.run(ask)
        except StoreUnavailable as error:
            ended.append(error)

    asking = threading.Thread(target=run)
    asking.start()
    sql = "SELECT 1 FROM system.processes WHERE Settings['log_comment'] = {id:String}"
    with engine.reading() as client:
        wait_for(lambda: client.query(sql, parameters={"id": read.id}).result_rows or None)
    engine.cancel(read.id)
    asking.join(60)
    assert len(ended) == 1
    read.cancelled = True
    with pytest.raises(StoreUnavailable, match="cancelled"):
        read.run(ask)
    assert set(answers(engine)) == {b'{"n":5}\n'}


def test_events_are_compressed_fast_while_a_part_is_small_and_small_once_it_is_large(
    engine: Engine,
) -> None:
    hexadecimal = "hex(randomString(1_500))"  # half of which is found only by a slower codec
    rows, text_bytes = 2_500, 3_000

    def sizes() -> dict[str, tuple[int, int]]:
        sql = (
            "SELECT table, count(), sum(bytes_on_disk) FROM system.parts"
            " WHERE active AND table IN ('events', 'events_by_tracker') GROUP BY table"
        )
        return {table: (parts, size) for table, parts, size in client.query(sql).result_rows}

    with engine.mutations() as client:
        migrate(client)
        for number in range(2):
            client.command(
                "INSERT INTO incoming (id, account, tracker, kind, source, verdict, url)"
                f" SELECT {number} * {rows} + number, 1, 1, 'scan', 'bench', 'counted',"
                f" {hexadecimal} FROM numbers({rows})"
            )
        small = sizes()
        for table in small:
            client.command(f"OPTIMIZE TABLE {table} FINAL")
        large = sizes()
    assert set(small) == {"events", "events_by_tracker"}
    for table, (parts, size) in small.items():
        assert (parts, large[table][0]) == (2, 1)
        assert size > 2 * rows * text_bytes
        assert large[table][1] < 0.6 * size


@pytest.mark.parametrize("name", ["R&D", "a folder", "50%20"])
def test_the_rule_of_compression_is_in_effect_whatever_the_directory_is_called(
    tmp_path: Path, name: str
) -> None:
    assert output_of(ELSEWHERE, tmp_path / name) == "[('ZSTD(1)',)]\n"


@pytest.mark.parametrize("version", [1, 12, 9_999])
def test_an_event_store_of_another_schema_is_refused(engine: Engine, version: int) -> None:
    """Of before the first release, or of a version to come."""
    with engine.mutations() as client:
        client.command("DROP TABLE IF EXISTS migrations SYNC")
        migrate(client)
        client.command("TRUNCATE TABLE migrations")
        client.command(f"ALTER TABLE migrations MODIFY COMMENT '{version}'")
        client.command(f"INSERT INTO migrations (version, name) VALUES ({version}, 'another')")
        with pytest.raises(StoreDefect, match=f"schema {version} is not known to this version"):
            migrate(client)
        assert client.query("SELECT version FROM migrations").result_rows == [(version,)]
