"""What was changed of a code, and setting it back, on a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.dialects.openqr.history import KEPT_MAX, Author, change_kept, list_changes
from footfall.dialects.openqr.records import find_code
from tests.dialects.openqr import change, refused
from tests.support.running import RunningServer

FIRST = "https://example.org/menu"
SECOND = "https://example.org/summer"


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> Iterator[httpx.Client]:
    """Another account's client."""
    catalog = open_catalog(Settings(data=str(server.data)))
    _, secret = catalog.create_account("Stranger", "stranger@example.org")
    catalog.close()
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


def history(server: RunningServer, code: str, **query: Any) -> dict[str, Any]:
    answer = server.client.get(f"/v1/dynamic/{code}/history", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def undo(server: RunningServer, code: str, number: int | str) -> httpx.Response:
    return server.client.post(f"/v1/dynamic/{code}/history/{number}/undo")


def test_a_change_of_destination_is_kept_and_undone(server: RunningServer) -> None:
    code = server.create_code(FIRST)
    assert history(server, code["id"]) == {"changes": [], "next_cursor": None}
    change(server, code["id"], destination=SECOND, label="Menu", tags=["a"])
    (kept,) = history(server, code["id"])["changes"]
    assert kept["fields"] == [{"field": "destination", "from": FIRST, "to": SECOND}]
    assert (kept["number"], kept["by"], kept["by_id"]) == (1, "first", "key-1")
    assert kept["undoes"] is None
    set_back = undo(server, code["id"], 1)
    assert set_back.status_code == 200
    assert set_back.json() == server.client.get(f"/v1/dynamic/{code['id']}").json()
    assert (set_back.json()["destination"], set_back.json()["label"]) == (FIRST, "Menu")
    assert server.scan(code["slug"]).headers["location"] == FIRST
    newest = history(server, code["id"])["changes"][0]
    assert (newest["number"], newest["undoes"]) == (2, 1)
    assert undo(server, code["id"], 2).json()["destination"] == SECOND, "an undoing is undone"


def test_every_kept_field_is_set_back_together(server: RunningServer) -> None:
    code = server.create_code(FIRST)["id"]
    before = server.client.get(f"/v1/dynamic/{code}").json()
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    changed = change(
        server,
        code,
        destination=SECOND,
        ios_destination="https://apple.example.org/",
        android_destination="https://play.example.org/",
        utm={"utm_source": "poster"},
        pause_until=until.isoformat(),
        password="sesame",
        pin="1234",
        lock_hint="the door",
    )
    (kept,) = history(server, code)["changes"]
    fields = {one["field"]: (one["from"], one["to"]) for one in kept["fields"]}
    assert fields["password"] == fields["pin"] == (False, True)
    assert fields["pause_until"] == (None, until.isoformat().replace("+00:00", "Z"))
    assert fields["utm"] == (None, {"utm_source": "poster"})
    text = server.client.get(f"/v1/dynamic/{code}/history").text
    assert "sesame" not in text
    assert "argon2" not in text
    after = undo(server, code, 1).json()
    names = set(before) - {"updated_at"}
    assert {name: after[name] for name in names} == {name: before[name] for name in names}
    refusal = refused(undo(server, code, 2), 400, "invalid_request")
    assert "password" in refusal, "it is not kept, and nothing is set back by halves"
    assert server.client.get(f"/v1/dynamic/{code}").json() == after
    assert changed["has_password"]


def test_a_pause_and_its_end_are_undone(server: RunningServer) -> None:
    code = server.create_code()["id"]
    change(server, code, status="paused")
    assert undo(server, code, 1).json()["status"] == "active"
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0).isoformat()
    change(server, code, pause_until=until)
    change(server, code, status="paused")
    resumed = undo(server, code, 4).json()
    assert (resumed["status"], resumed["pause_until"] is None) == ("paused", False)
    assert undo(server, code, 3).json()["status"] == "active"


def test_what_changes_nothing_is_no_change(server: RunningServer) -> None:
    code = server.create_code(FIRST)["id"]
    change(server, code, destination=FIRST, label="New", status="active")
    assert history(server, code)["changes"] == []
    change(server, code, destination=SECOND)
    undo(server, code, 1).raise_for_status()
    undo(server, code, 1).raise_for_status()
    assert len(history(server, code)["changes"]) == 2


def test_a_history_is_paged_newest_first(server: RunningServer) -> None:
    code = server.create_code()["id"]
    for n in range(5):
        change(server, code, destination=f"https://example.org/{n}")
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = history(server, code, **query)
        seen += [one["number"] for one in page["changes"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [5, 4, 3, 2, 1]
    for bad in ({"cursor": "!"}, {"limit": "x"}):
        answer = server.client.get(f"/v1/dynamic/{code}/history", params=bad)
        refused(answer, 400, "invalid_request")


@pytest.mark.parametrize("number", ["0", "2", "-1", "9" * 30])
def test_an_unknown_change_is_not_undone(server: RunningServer, number: str) -> None:
    code = server.create_code()["id"]
    change(server, code, destination=SECOND)
    assert undo(server, code, number).status_code == 404
    assert server.client.get(f"/v1/dynamic/{code}").json()["destination"] == SECOND


def test_a_history_is_its_accounts_alone_and_goes_with_the_code(
    server: RunningServer, stranger: httpx.Client
) -> None:
    code = server.create_code()["id"]
    change(server, code, destination=SECOND)
    path = f"/v1/dynamic/{code}/history"
    refused(stranger.get(path), 404, "not_found")
    refused(stranger.post(f"{path}/1/undo"), 404, "not_found")
    server.client.delete(f"/v1/dynamic/{code}").raise_for_status()
    refused(server.client.get(path), 404, "not_found")
    catalog = open_catalog(Settings(data=str(server.data)))
    with catalog.reading() as session:
        left = session.connection().exec_driver_sql(
            "SELECT count(*) FROM openqr_changes "
            "WHERE code_number NOT IN (SELECT number FROM openqr_codes)"
        )
        assert left.scalar_one() == 0
    catalog.close()


def test_the_oldest_changes_go_beyond_the_limit(server: RunningServer) -> None:
    code_id = server.create_code()["id"]
    catalog = open_catalog(Settings(data=str(server.data)))
    with catalog.writing() as session:
        code = find_code(session, 1, code_id)
        for n in range(KEPT_MAX + 2):
            changes = {"destination": f"https://example.org/{n}"}
            change_kept(session, code, changes, Author("key-1", "test", catalog.clock()))
        rows, _ = list_changes(session, code, limit=2 * KEPT_MAX, below=None)
        assert [rows[0].number, rows[-1].number, len(rows)] == [KEPT_MAX + 2, 3, KEPT_MAX]
    catalog.close()
