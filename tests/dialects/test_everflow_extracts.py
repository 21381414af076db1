"""Large extracts: files that have what the raw stream shows, row for row."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from tests.conftest import StartServer, in_words
from tests.dialects.everflow import Network, refused, today
from tests.support.running import PHONE, RunningServer, output_of, wait_for

EXPORTS = "/v1/networks/reporting/impressions/export"
FORMATS = ("csv", "ndjson", "parquet")
SAME = {
    "transaction_id": "transaction_id",
    "unix_timestamp": "unix_timestamp",
    "source_id": "source_id",
    **{f"sub{n}": f"sub{n}" for n in range(1, 6)},
    "user_ip": "user_ip",
    "url": "url",
    "referer": "referer",
    "coupon_code": "coupon_code",
    "project_id": "project_id",
}
"""Columns of a file → fields of the stream's rows that say the same."""


def create(network: Network, **body: Any) -> dict[str, Any]:
    span = {"from": "2025-01-01", "to": today(1), "timezone_id": 67}
    answer = network.client.post(EXPORTS, json={**span, **body})
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{EXPORTS}/{made['id']}"
    return made


def finished(network: Network, id: str) -> dict[str, Any]:
    """Asked until it is over."""

    def over() -> dict[str, Any] | None:
        shown: dict[str, Any] = network.call("GET", f"{EXPORTS}/{id}")
        return None if shown["status"] in ("queued", "running") else shown

    return wait_for(over)


def download(network: Network, id: str, **headers: str) -> httpx.Response:
    return network.client.get(f"{EXPORTS}/{id}/download", headers=headers)


def export(network: Network, **body: Any) -> bytes:
    id = create(network, **body)["id"]
    shown = finished(network, id)
    assert (shown["status"], shown["progress"]) == ("done", 1.0)
    content = download(network, id).content
    assert shown["size_bytes"] == len(content)
    return content


def rows_of(content: bytes, format: str) -> list[dict[str, Any]]:
    if format == "csv":
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    if format == "ndjson":
        return [json.loads(line) for line in content.splitlines()]
    return pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def shown(server: RunningServer) -> Iterator[Network]:
    """A network with impressions that say much, at two offers."""
    network = Network(server)
    hats = network.make_offer("Hats", project_id="spring")
    odd = ["", "a,b", 'say "hi"', "line\nend", "it's", "ü ☃", "{}"]
    for number in range(21):
        network.impression(
            oid=hats if number % 3 else network.offer,
            sub1=odd[number % 7],
            sub2=odd[number % 5],
            sub7=f"seven {number}",
            adv3=odd[number % 4],
            source_id="google",
            headers={"Referer": f"https://site.example/page?{number}", "User-Agent": PHONE},
        )
    network.fire("/sdk/click", oid=hats, affid="", **{"async": "json"})
    network.fire(oid=hats, headers={"User-Agent": "Googlebot/2.1"})
    network.ingest({"occurred_at": f"{today(-300)}T12:00:00Z", "ip": "192.0.2.7"})
    yield network
    network.close()


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_equals_the_stream_row_for_row(shown: Network, format: str) -> None:
    streamed = shown.stream()[::-1]
    assert len(streamed) == 21
    found = rows_of(export(shown, format=format, **{"from": today(-1)}), format)
    assert [{column: str(row[column]) for column in SAME} for row in found] == [
        {column: str(row[field]) for column, field in SAME.items()} for row in streamed
    ]
    for row, seen in zip(found, streamed, strict=True):
        related = seen["relationship"]
        assert row["network_offer_id"] == str(related["offer"]["network_offer_id"])
        assert row["country_code"] == related["geolocation"]["country_code"]
        assert row["browser"] == related["device_information"]["browser_name"]
        assert json.loads(row["details"])["query"] == related["query_parameters"]
        assert row["sub7"] == related["query_parameters"]["sub7"]
        at = row["occurred_at"]
        at = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        assert int(at.timestamp()) == seen["unix_timestamp"]
        assert at.astimezone(UTC).tzinfo is UTC


@pytest.mark.parametrize("format", FORMATS)
def test_filters_are_the_streams_and_time_has_no_limit(shown: Network, format: str) -> None:
    query = {"filters": [{"resource_type": "offer", "filter_id_value": "Hats"}]}
    streamed = [row["transaction_id"] for row in shown.stream(query=query)][::-1]
    found = rows_of(export(shown, format=format, query=query), format)
    assert [row["transaction_id"] for row in found] == streamed
    assert len(rows_of(export(shown, format=format), format)) == 22
    nothing = {"filters": [{"resource_type": "offer", "filter_id_value": "none such"}]}
    assert rows_of(export(shown, format=format, query=nothing), format) == []
    impossible = {**query, "exclusions": query["filters"]}
    assert rows_of(export(shown, format=format, query=impossible), format) == []


def test_an_answer_tells_how_far_it_is(shown: Network) -> None:
    made = create(shown)
    assert made["status"] == "queued"
    assert (made["rows"], made["rows_total"], made["download_url"]) == (0, None, "")
    done = finished(shown, made["id"])
    assert (done["rows"], done["rows_total"], done["problem"]) == (22, 22, "")
    assert done["time_expires"] - done["time_ended"] == 86_400
    assert done["format"] == "csv"
    path = done["download_url"].partition(f":{shown.server.port}")[2]
    assert shown.client.get(path).status_code == 200


def test_a_broken_download_goes_on_where_it_was(shown: Network) -> None:
    id = create(shown, format="ndjson")["id"]
    size = finished(shown, id)["size_bytes"]
    whole = download(shown, id)
    assert whole.headers["content-type"] == "application/x-ndjson"
    assert whole.headers["content-length"] == str(size)
    assert whole.headers["accept-ranges"] == "bytes"
    assert f"impressions-{id}.ndjson" in whole.headers["content-disposition"]
    tag = whole.headers["etag"]

    def part(asked: str, **headers: str) -> tuple[int, bytes, str]:
        answer = download(shown, id, Range=asked, **headers)
        return answer.status_code, answer.content, answer.headers.get("content-range", "")

    rest = (206, whole.content[100:], f"bytes 100-{size - 1}/{size}")
    assert part("bytes=100-") == rest
    assert part("bytes=100-", **{"If-Range": tag}) == rest
    assert part("bytes=5-9") == (206, whole.content[5:10], f"bytes 5-9/{size}")
    assert part("bytes=-7") == (206, whole.content[-7:], f"bytes {size - 7}-{size - 1}/{size}")
    assert part(f"bytes=5-{size * 9}") == (206, whole.content[5:], f"bytes 5-{size - 1}/{size}")
    assert part(f"bytes={size}-") == (416, b"", f"bytes */{size}")
    for ignored in ("bytes=9-5", "bytes=-", "bytes=1-2,5-6", "lines=1-2", "bytes=x-"):
        assert part(ignored) == (200, whole.content, ""), ignored
    assert part("bytes=5-9", **{"If-Range": '"another"'}) == (200, whole.content, "")


def test_a_deleted_export_is_gone(shown: Network) -> None:
    id = create(shown)["id"]
    finished(shown, id)
    assert shown.client.delete(f"{EXPORTS}/{id}").status_code == 204
    for answer in (download(shown, id), shown.client.get(f"{EXPORTS}/{id}")):
        assert "no such export" in refused(answer, 404)
    assert not list((shown.server.data / "exports").glob(f"{id}*"))


def test_nobody_else_sees_an_export(shown: Network, network: Network) -> None:
    id = create(shown)["id"]
    finished(shown, id)
    refused(network.client.get(f"{EXPORTS}/{id}"), 404)
    refused(download(network, id), 404)
    refused(network.client.delete(f"{EXPORTS}/{id}"), 404)
    refused(httpx.get(f"{shown.server.url}{EXPORTS}/{id}/download"), 401)
    assert rows_of(export(network), "csv") == []
    assert download(shown, id).status_code == 200


def test_a_key_that_may_read_may_export_and_one_that_may_not_may_not(network: Network) -> None:
    catalog = open_catalog(Settings(data=str(network.server.data)))
    keys = {
        scope: catalog.create_key(network.account, "test", frozenset({scope}))[0]
        for scope in (Scope.READ, Scope.CAPTURE)
    }
    catalog.close()
    body = {"from": today(), "to": today(), "timezone_id": 67}
    answers = {
        scope: network.client.post(EXPORTS, json=body, headers={"X-Eflow-API-Key": key})
        for scope, key in keys.items()
    }
    assert answers[Scope.READ].status_code == 202
    refused(answers[Scope.CAPTURE], 403)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"format": "xlsx"}, "format"),
        ({"from": "soon"}, "'from'"),
        ({"timezone_id": 1000}, "timezone_id"),
        ({"query": {"filters": [{"resource_type": "x", "filter_id_value": 1}]}}, "'x'"),
    ],
    ids=in_words,
)
def test_what_must_change_is_said(network: Network, body: dict[str, Any], text: str) -> None:
    asked = {"from": today(), "to": today(), "timezone_id": 67, **body}
    assert text in refused(network.client.post(EXPORTS, json=asked), 400)


def test_without_the_impression_package_there_is_no_export(network: Network) -> None:
    network.call("PUT", "/v1/networks/info", json={"impression_package": False})
    body = {"from": today(), "to": today(), "timezone_id": 67}
    assert "package" in refused(network.client.post(EXPORTS, json=body), 403)


def rows_beyond(network: Network, id: str, least: int) -> int | None:
    """How many rows are written, once there are so many and before there are all."""
    shown = network.call("GET", f"{EXPORTS}/{id}")
    assert shown["status"] in ("queued", "running")
    return int(shown["rows"]) if shown["rows"] >= least else None


FILL = """
import sys
from footfall.store.store import ClickHouseStore
data, account, offer, count = sys.argv[1], *map(int, sys.argv[2:])
store = ClickHouseStore(f"chdb://{data}/store", 400_000_000)
store.open()
with store._engine.inserting() as client:
    for first in range(0, count, 50_000):
        client.command(
            "INSERT INTO incoming_ads (id, account, tracker, kind, source, verdict, offer, sub1)"
            f" SELECT bitShiftLeft(30000000000 + number, 22), {account}, {offer}, 'impression',"
            f" 'everflow', 'counted', '{offer}', toString(number) FROM numbers({first}, 50000)"
            " SETTINGS log_comment = '', max_threads = 1, max_insert_block_size = 50000"
        )
store.close()
"""


@pytest.mark.parametrize(("format", "kills"), [("ndjson", (1, 150_000)), ("parquet", (1,))])
def test_a_kill_in_mid_export_leaves_each_row_in_the_file_once(
    start_server: StartServer, format: str, kills: tuple[int, ...]
) -> None:
    server = start_server(requests_per_minute=1_000_000)
    network = Network(server)
    server.stop()
    count = 250_000
    output_of(FILL, server.data, network.account, network.offer, count)
    server.start()
    id = create(network, format=format)["id"]
    killed_at = []
    for least in kills:
        killed_at.append(wait_for(partial(rows_beyond, network, id, least)))
        server.kill()
        server.start()
    assert killed_at == sorted(set(killed_at))
    assert 0 < killed_at[0] <= killed_at[-1] < count
    done = finished(network, id)
    assert (done["status"], done["rows"], done["rows_total"]) == ("done", count, count)
    content = download(network, id).content
    if format == "ndjson":
        found = [json.loads(line)["sub1"] for line in content.splitlines()]
    else:
        found = pyarrow.parquet.read_table(io.BytesIO(content), columns=["sub1"])[
            "sub1"
        ].to_pylist()
    assert found == [str(number) for number in range(count)]
    assert list((server.data / "exports").iterdir()) == [server.data / "exports" / f"{id}.{format}"]
    network.close()
