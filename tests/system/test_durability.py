"""Nothing that was answered is lost, nothing is doubled: the suite of `footfall torture`."""

from pathlib import Path

import httpx
import pytest

from footfall.cli.torture import scenarios
from tests.conftest import StartServer
from tests.support.running import verify
from tests.support.tortured import assert_balanced, skipped_with_its_reason


def test_twenty_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    books = scenarios.kills(tmp_path / "kills", times=20, scans=10_000)
    assert_balanced(books)
    assert books.answered >= 10_000
    # And so say the server's own books, which know nothing of the ledger of this test.
    done = verify(tmp_path / "kills")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{books.stored:,} " in done.stdout


def test_a_death_between_insert_and_mark_doubles_nothing(tmp_path: Path) -> None:
    assert_balanced(scenarios.between_insert_and_mark(tmp_path / "between"))


def test_a_clock_set_back_repeats_no_id_and_loses_nothing(tmp_path: Path) -> None:
    assert_balanced(scenarios.clock_set_back(tmp_path / "clock"))


def test_a_full_disk_redirects_unrecorded_says_so_and_recovers(tmp_path: Path) -> None:
    with skipped_with_its_reason():
        books = scenarios.full_disk(tmp_path / "disk")
    assert_balanced(books)
    assert books.unrecorded > 0
    assert "an API write got 503" in books.note


def test_scans_go_on_while_the_event_store_is_away_and_enter_it_later(
    start_server: StartServer, tmp_path: Path
) -> None:
    data = tmp_path / "away"
    away = start_server(data, store_url="clickhouse://127.0.0.1:9/default", read_wait_seconds=1)
    code = away.create_code()
    for _ in range(20):
        assert away.scan(code["slug"]).headers["x-footfall"] == "recorded"
    answer = away.client.get(f"/v1/dynamic/{code['id']}/scans")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    health = httpx.get(f"{away.url}/health")
    assert health.status_code == 200
    assert (health.json()["live"], health.json()["ready"]) == (True, False)
    assert health.json()["backlog"]["events"] == 20
    away.kill()

    back = start_server(data)
    assert back.analytics(code["id"])["scans"]["total"] == 20


def test_a_second_server_on_the_same_directory_is_refused(start_server: StartServer) -> None:
    first = start_server()
    with pytest.raises(AssertionError, match=r"is\s+used\s+by\s+another\s+Footfall"):
        start_server(first.data)


def test_a_full_backlog_redirects_unrecorded_and_says_so(start_server: StartServer) -> None:
    server = start_server(
        store_url="clickhouse://127.0.0.1:9/default", journal_bytes_max=2_000, read_wait_seconds=1
    )
    code = server.create_code()
    outcomes = [server.scan(code["slug"]) for _ in range(40)]
    assert {one.status_code for one in outcomes} == {302}
    assert outcomes[0].headers["x-footfall"] == "recorded"
    assert outcomes[-1].headers["x-footfall"] == "unrecorded"
    health = httpx.get(f"{server.url}/health")
    assert health.status_code == 503
    unrecorded = sum(one.headers["x-footfall"] == "unrecorded" for one in outcomes)
    assert health.json()["unrecorded"] == unrecorded
