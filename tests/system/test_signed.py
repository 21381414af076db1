"""Signed pixels and links, and events that are told: over HTTP, read back from the files."""

import json
import sqlite3

import httpx
import pytest

from footfall.capture.signed_links import SignedLink, Signer, visitor_of
from footfall.catalog.catalog import SqlCatalog
from footfall.core.accounts import Scope
from footfall.core.events import EventKind
from tests.conftest import StartServer
from tests.support.running import PHONE, RunningServer, output_of

READ = """
import json, sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn=sys.argv[1])
rows = client.query("SELECT kind, verdict, source, tracker, emailing, destination, visitor, url,"
    " delay, metadata, ip, code FROM events WHERE account = 1 ORDER BY id")
print(json.dumps([dict(zip(rows.column_names, map(str, row))) for row in rows.result_rows]))
"""
GIF_BYTES = 43
APPLE = {"User-Agent": "Mozilla/5.0"}


def events(server: RunningServer) -> list[dict[str, str]]:
    """What the store holds; the server is stopped for it."""
    code = server.client.get("/v1/dynamic").json()["codes"][0]
    server.analytics(code["id"])  # which waits until all of them are in the store
    server.stop()
    url = f"chdb://{server.data / 'store'}"
    found: list[dict[str, str]] = json.loads(output_of(READ, url))
    return found


class Mailing:
    """A server with one tracker, as a mailing has it, and the means to sign its links."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.code = server.create_code()
        with sqlite3.connect(server.data / "catalog.db") as catalog:
            ((self.tracker,),) = catalog.execute("SELECT id FROM trackers").fetchall()
        self.signer = Signer(bytes.fromhex((server.data / "link-key").read_text()))

    def link(self, kind: EventKind, landing: str = "", tracker: int | None = None) -> str:
        return self.signer.write(
            SignedLink(
                tracker=tracker or self.tracker,
                kind=kind,
                references={"emailing": "12", "destination": "345"},
                unique="345",
                landing=landing,
            )
        )

    def get(self, path: str, agent: dict[str, str] | None = None) -> httpx.Response:
        with httpx.Client(base_url=self.server.url) as client:
            return client.get(path, headers=agent or {"User-Agent": PHONE})


@pytest.fixture
def mailing(start_server: StartServer) -> Mailing:
    return Mailing(start_server())


def assert_image(response: httpx.Response, outcome: str) -> None:
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/gif"
    assert response.headers["cache-control"] == "no-store"
    assert len(response.content) == GIF_BYTES
    assert response.content.startswith(b"GIF89a")
    assert response.headers["x-footfall"] == outcome


def test_a_pixel_records_an_open_and_a_link_a_click(mailing: Mailing) -> None:
    pixel = f"/p/{mailing.link(EventKind.OPEN)}.gif"
    assert_image(mailing.get(pixel), "recorded")
    assert_image(mailing.get(pixel), "recorded")
    assert_image(mailing.get(pixel, APPLE), "machine_open")
    click = mailing.get(f"/l/{mailing.link(EventKind.CLICK, 'https://example.org/a?b=c')}")
    assert click.status_code == 302
    assert click.headers["location"] == "https://example.org/a?b=c"
    assert click.headers["x-footfall"] == "recorded"

    found = events(mailing.server)
    assert [(one["kind"], one["verdict"]) for one in found] == [
        ("open", "counted"),
        ("open", "counted"),
        ("open", "machine_open"),
        ("click", "counted"),
    ]
    assert {(one["tracker"], one["emailing"], one["destination"]) for one in found} == {
        (str(mailing.tracker), "12", "345")
    }
    assert {one["visitor"] for one in found} == {str(visitor_of(mailing.tracker, "345"))}
    assert {one["delay"] for one in found} == {"0"}
    assert found[3]["url"] == "https://example.org/a?b=c"


def test_whatever_is_asked_for_a_pixel_is_an_image(mailing: Mailing) -> None:
    text = mailing.link(EventKind.OPEN)
    forged = ("A" if text[0] != "A" else "B") + text[1:]
    for path in (f"/p/{forged}.gif", "/p/", "/p/%00.gif", "/p/" + "x" * 9000, "/p/é.gif"):
        assert_image(mailing.get(path), "invalid")
    head = mailing.server.client.head(f"/p/{text}.gif")
    assert (head.status_code, head.headers["x-footfall"]) == (200, "not counted")
    # A click's text is no pixel, and a pixel's no link: nobody is sent to nowhere.
    assert_image(mailing.get(f"/p/{mailing.link(EventKind.CLICK, 'https://a.example')}"), "invalid")
    assert mailing.get(f"/l/{text}").status_code == 404
    assert mailing.get(f"/l/{forged}").status_code == 404
    assert events(mailing.server) == []


def test_a_pixel_says_why_it_was_refused(mailing: Mailing) -> None:
    changed = mailing.server.client.patch(
        f"/v1/dynamic/{mailing.code['id']}", json={"status": "paused"}
    )
    assert changed.status_code == 200, changed.text
    assert_image(mailing.get(f"/p/{mailing.link(EventKind.OPEN)}.gif"), "refused: paused")
    click = mailing.get(f"/l/{mailing.link(EventKind.CLICK, 'https://example.org/')}")
    assert (click.status_code, click.headers["x-footfall"]) == (302, "refused: paused")
    assert {one["verdict"] for one in events(mailing.server)} == {"refused"}


def test_a_pixel_of_a_deleted_tracker_is_an_orphan_and_its_link_still_leads_on(
    mailing: Mailing,
) -> None:
    gone = mailing.link(EventKind.OPEN, tracker=999)
    assert_image(mailing.get(f"/p/{gone}.gif"), "orphan")
    click = mailing.get(f"/l/{mailing.link(EventKind.CLICK, 'https://example.org/', 999)}")
    assert (click.status_code, click.headers["x-footfall"]) == (302, "orphan")
    assert [
        (one["kind"], one["verdict"], one["destination"]) for one in events(mailing.server)
    ] == [
        ("open", "orphan", ""),
        ("click", "orphan", ""),
    ]


# ── events that are told ──────────────────────────────────────────────────────────────────────


def ingest(server: RunningServer, *sent: object) -> httpx.Response:
    return server.client.post("/events", json=list(sent))


def test_told_events_are_stored_with_the_time_at_which_they_happened(mailing: Mailing) -> None:
    server = mailing.server
    response = ingest(
        server,
        {"kind": "delivery", "occurred_at": "2026-01-02T03:04:05.678+02:00", "ip": "203.0.113.9"},
        {
            "kind": "bounce",
            "occurred_at": 1_780_000_000_000,
            "tracker": mailing.tracker,
            "references": {"emailing": "12", "destination": "345"},
            "unique": "345",
            "ip": "203.0.113.9",
            "metadata": {"errorcode": "5.1.2", "odd": "é\n"},
        },
        {"kind": "unsubscribe"},
    )
    assert response.status_code == 200
    answer = response.json()
    assert (answer["stored"], answer["refused"], answer["durable"]) == (3, 0, True)
    delivery, bounce, unsubscribe = events(server)
    assert (delivery["kind"], delivery["source"], delivery["tracker"]) == (
        "delivery",
        "native",
        "0",
    )
    assert int(delivery["delay"]) > 86_400_000
    assert (bounce["kind"], bounce["tracker"]) == ("bounce", str(mailing.tracker))
    assert bounce["visitor"] == str(visitor_of(mailing.tracker, "345"))
    assert json.loads(bounce["metadata"]) == {"errorcode": "5.1.2", "odd": "é\n"}
    assert delivery["ip"] == "::ffff:cb00:7109"  # 203.0.113.9
    assert bounce["ip"] == "::"  # its tracker's privacy mode is coarse
    assert int(unsubscribe["delay"]) < 1000


def test_what_a_machine_tells_counts_and_a_tracker_keeps_its_own_references(
    mailing: Mailing,
) -> None:
    robot = {"user_agent": "python-requests/2.31"}
    code = mailing.code["id"]
    sent = [
        {"kind": "unsubscribe", **robot},
        {"kind": "open", **robot},
        {"kind": "open", "tracker": mailing.tracker, "references": {"code": "x", "link": "7"}},
    ]
    assert ingest(mailing.server, *sent).json()["stored"] == 3
    found = events(mailing.server)
    assert [one["verdict"] for one in found] == ["counted", "bot", "counted"]
    assert [one["code"] for one in found] == ["", "", code]


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({}, "kind"),
        ({"kind": "party"}, "party"),
        ({"kind": "open", "colour": "red"}, "colour"),
        ({"kind": "open", "occurred_at": "2026-01-02T03:04:05"}, "offset"),
        ({"kind": "open", "occurred_at": "yesterday"}, "occurred_at"),
        ({"kind": "open", "occurred_at": 12}, "before 2000"),
        ({"kind": "open", "occurred_at": "2998-01-01T00:00:00Z"}, "future"),
        ({"kind": "open", "occurred_at": "9999-12-31T23:59:59.999999-14:00"}, "future"),
        ({"kind": "open", "tracker": 999}, "tracker"),
        ({"kind": "open", "tracker": 1 << 70}, "tracker"),
        ({"kind": "open", "references": {"ip": "1"}}, "references"),
        ({"kind": "open", "ip": "somewhere"}, "ip"),
        ({"kind": "open", "metadata": {"a": "x" * 9000}}, "metadata"),
        (7, "object"),
    ],
)
def test_an_event_that_cannot_be_stored_is_named_and_the_others_are_stored(
    server: RunningServer, event: object, named: str
) -> None:
    answer = ingest(server, {"kind": "open"}, event, {"kind": "click"}).json()
    assert answer["stored"] == 2
    assert answer["refused"] == 1
    assert named in answer["events"][1]["error"]


def test_what_is_no_list_of_events_is_refused_as_a_whole(server: RunningServer) -> None:
    for body in (b"", b"[", b"\xff", b"[" * 100_000, b"null"):
        response = server.client.post("/events", content=body)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    many = server.client.post("/events", content=b"[" + b"0," * 10_000 + b"0]")
    assert (many.status_code, many.json()["code"]) == (413, "too_large")
    large = server.client.post("/events", content=b"[" + b" " * (17 << 20) + b"]")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")


def test_only_a_key_that_may_capture_tells_and_only_of_its_own_trackers(
    start_server: StartServer,
) -> None:
    server = start_server()
    server.create_code()
    catalog = SqlCatalog(f"sqlite:///{server.data / 'catalog.db'}", lambda: 1_780_000_000_000)
    reader, _ = catalog.create_key(1, "reader", frozenset({Scope.READ}))
    _, other = catalog.create_account("Other", "other@example.org")
    catalog.close()

    def sent(headers: dict[str, str], event: object) -> httpx.Response:
        return httpx.post(f"{server.url}/events", json=[event], headers=headers)

    nobody = sent({}, {"kind": "open"})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthorized")
    refused = sent({"Authorization": f"Bearer {reader}"}, {"kind": "open"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    foreign = sent({"Authorization": f"Bearer {other}"}, {"kind": "open", "tracker": 1}).json()
    assert foreign["stored"] == 0
    assert "tracker" in foreign["events"][0]["error"]
