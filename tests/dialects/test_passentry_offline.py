"""Offline readers: whatever the order in which uploads arrive, the result is the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import httpx
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from footfall.capture.id_generator import IdGenerator
from footfall.catalog.catalog import SqlCatalog
from footfall.dialects.passentry.records import entities, offline, passes, readers
from footfall.dialects.passentry.records.tables import AdmissionRow
from tests.dialects.passentry import Venue, refused, refusing_inserts

NOW = 1_790_000_000_000
DOORS = ("north", "south", "west")
WINDOW_SECONDS = 60


# ── the same in any order ─────────────────────────────────────────────────────────────────────


@contextmanager
def empty_catalog() -> Iterator[SqlCatalog]:
    with TemporaryDirectory() as directory:
        catalog = SqlCatalog(f"sqlite:///{Path(directory) / 'catalog.db'}", lambda: NOW)
        yield catalog
        catalog.close()


class Sent(msgspec.Struct, frozen=True):
    """An upload: its door, the skew of its clock, and its scans (second of the day, pass)."""

    door: str
    skew: int
    scans: tuple[tuple[int, str], ...]
    number: int


uploads = st.lists(
    st.builds(
        Sent,
        st.sampled_from(DOORS),
        st.integers(-5_000_000, 5_000_000),
        st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["M-1", "M-2"])), max_size=6).map(
            tuple
        ),
        st.just(0),
    ),
    min_size=1,
    max_size=5,
).map(lambda some: [msgspec.structs.replace(one, number=n) for n, one in enumerate(some)])


def verdicts(sent: Sequence[Sent]) -> list[tuple[str, str, bool, str]]:
    """(reader, nonce, double entry, nonce of the one before) of every admission, when they are
    uploaded in this order."""
    ids = IdGenerator(lambda: NOW)
    with empty_catalog() as catalog:
        account = catalog.create_account("Venue", "")[0].id
        with catalog.writing() as session:
            entity = entities.default_entity(session, account, NOW)
            entities.configuration_of(session, entity).validity_seconds = WINDOW_SECONDS
            for door in DOORS:
                readers.create_reader(session, entity, door, door, NOW, type="PassentryReader")
            template = passes.create_template(session, account, "Gym", "generic", {}, NOW)
            for name in ("M-1", "M-2"):
                passes.create_pass(session, template, name, {}, NOW)
        for one in sent:
            upload = offline.Upload(
                account=account, reader=one.door, sent_at=NOW - one.skew, received_at=NOW
            )
            scans = [
                offline.OfflineScan(
                    sequence=index + 1,
                    nonce=f"{one.number}-{index}",
                    device_at=NOW - one.skew - 1_000_000 + second * 1000,
                    medium="nfc",
                    value=card,
                    wallet_pass="",
                    successful=True,
                    detail="",
                )
                for index, (second, card) in enumerate(one.scans)
            ]
            with catalog.writing() as session:
                offline.take(session, upload, scans, [ids.next() for _ in scans])
        with catalog.reading() as session:
            rows = session.scalars(select(AdmissionRow)).all()
        nonces = {row.event_id: row.nonce for row in rows}
        return sorted(
            (
                row.reader_id,
                row.nonce,
                row.double_of is not None,
                nonces.get(row.double_of or 0, ""),
            )
            for row in rows
        )


@settings(max_examples=25)
@given(uploads, st.data())
def test_double_entries_are_the_same_in_whatever_order_uploads_arrive(
    sent: list[Sent], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sent))
    repeated = data.draw(st.sampled_from(sent))
    assert verdicts([*order, repeated]) == verdicts(sent)


@settings(max_examples=25)
@given(uploads)
def test_of_entries_within_the_window_of_an_admitted_one_none_is_admitted(
    sent: list[Sent],
) -> None:
    at = {
        f"{one.number}-{index}": (card, second)
        for one in sent
        for index, (second, card) in enumerate(one.scans)
    }
    admitted = [at[nonce] for _, nonce, double, _ in verdicts(sent) if not double]
    for card in ("M-1", "M-2"):
        seconds = sorted(second for name, second in admitted if name == card)
        assert all(b - a >= WINDOW_SECONDS for a, b in pairwise(seconds))


# ── over the API ──────────────────────────────────────────────────────────────────────────────


def new_event(number: int, at: str, value: str = "M-1", **more: object) -> dict[str, object]:
    return {
        "sequence": number,
        "nonce": f"n{number}",
        "scannedAt": at,
        "scanType": "barcode",
        "scanValue": value,
        "status": "successful",
        **more,
    }


def test_a_day_of_5000_scans_uploaded_twice_stores_each_once(venue: Venue) -> None:
    venue.card(venue.template(), "M-1")
    venue.reader("gate")
    scans = [new_event(n, "2026-05-01T09:30:00Z", f"visitor-{n}") for n in range(1, 5001)]
    first = venue.upload("gate", "2026-05-01T20:00:00Z", *scans)
    second = venue.upload("gate", "2026-05-01T20:05:00Z", *scans)
    assert first["meta"]["recorded"] == second["meta"]["duplicates"] == 5000
    assert [one["scanId"] for one in first["scans"]] == [one["scanId"] for one in second["scans"]]
    assert venue.scans()["meta"]["totalScans"] == 5000
    report = venue.ask("GET", "/readers/gate/report")["data"]["attributes"]
    assert (report["missingSequences"], report["uploads"]) == ([], 2)


def test_more_than_5000_scans_or_4_megabytes_are_refused(venue: Venue) -> None:
    venue.reader("gate")
    scans = [new_event(n, "2026-05-01T09:30:00Z") for n in range(1, 5002)]
    batch = {"readerId": "gate", "sentAt": "2026-05-01T20:00:00Z", "scans": scans}
    refused(venue.client.post("/scans/batch", json={"batch": batch}), 400)
    refused(venue.client.post("/scans/batch", content=b" " * ((4 << 20) + 1)), 413)


def test_the_time_of_an_offline_scan_is_the_devices_corrected_by_its_skew(venue: Venue) -> None:
    venue.reader("gate")
    sent = datetime(2020, 1, 1, 12, 0, tzinfo=UTC)  # a clock that lost its battery
    made = (sent - timedelta(minutes=30)).isoformat()
    meta = venue.upload("gate", sent.isoformat(), new_event(1, made))["meta"]
    shown = venue.scans()["data"][0]["attributes"]["scannedAt"]
    received = datetime.fromisoformat(meta["receivedAt"])
    apart = received - datetime.fromisoformat(shown)
    assert abs(apart - timedelta(minutes=30)) <= timedelta(seconds=1)
    assert abs(meta["skewMs"] - (received - sent).total_seconds() * 1000) <= 1000


def test_the_devices_verdict_stays_though_the_servers_is_another(venue: Venue) -> None:
    venue.card(venue.template(), "M-1")
    venue.reader("gate")
    venue.validation(validityPeriodSeconds=3600)
    assert venue.scan("gate", "M-1")["validationResponse"]["status"] == "successful"
    now = datetime.now(UTC)
    venue.upload("gate", now.isoformat(), new_event(1, (now - timedelta(minutes=5)).isoformat()))
    assert {one["attributes"]["status"] for one in venue.scans()["data"]} == {"successful"}
    (conflict,) = venue.ask("GET", "/scans/conflicts?passId=M-1")["data"]
    first, second = conflict["attributes"]["first"], conflict["attributes"]["second"]
    # The one at the offline gate was earlier, so the one online is the double entry.
    assert (first["offline"], second["offline"]) == (True, False)
    assert (first["serverVerdict"], second["serverVerdict"]) == ("admitted", "doubleEntry")
    between = quote((now - timedelta(minutes=2)).isoformat())
    for bounds, found in ((f"scannedAfter={between}", 1), (f"scannedBefore={between}", 0)):
        assert venue.ask("GET", f"/scans/conflicts?{bounds}")["meta"]["totalCount"] == found


def test_a_pass_admitted_offline_is_refused_online_within_the_period(venue: Venue) -> None:
    venue.card(venue.template(), "M-1")
    venue.reader("gate")
    venue.validation(validityPeriodSeconds=3600)
    now = datetime.now(UTC)
    venue.upload("gate", now.isoformat(), new_event(1, (now - timedelta(minutes=5)).isoformat()))
    assert venue.scan("gate", "M-1")["validationResponse"]["status"] == "failed"


def test_an_upload_that_failed_half_way_is_completed_under_its_key(venue: Venue) -> None:
    venue.reader("gate")
    scans = [new_event(n, "2026-05-01T09:30:00Z", f"visitor-{n}") for n in range(1, 251)]
    batch = {"readerId": "gate", "sentAt": "2026-05-01T20:00:00Z", "scans": scans}

    def send() -> httpx.Response:
        headers = {"Idempotency-Key": "one upload"}
        return venue.client.post("/scans/batch", json={"batch": batch}, headers=headers)

    mine = f"NEW.account_id = {venue.account} AND NEW.sequence > 200"
    with refusing_inserts(venue.server, "passentry_offline_scans", mine):
        assert send().status_code >= 500
    completed, again = send(), send()
    meta = completed.json()["meta"]
    assert (meta["duplicates"], meta["recorded"]) == (200, 50)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == completed.json()


def test_an_uploaded_scan_is_found_by_its_pass(venue: Venue) -> None:
    card = venue.card(venue.template(), "M-1")
    venue.reader("gate")
    venue.upload(
        "gate", "2026-05-01T20:00:00Z", new_event(1, "2026-05-01T19:00:00Z", "x", passId=card)
    )
    assert venue.scans(passId="M-1")["meta"]["totalScans"] == 1


def test_the_server_says_what_it_would_have_said_of_a_pass(venue: Venue) -> None:
    card = venue.card(venue.template(), "M-1")
    venue.ask("PATCH", f"/passes/{card}", {"pass": {"passAction": "deactivate"}})
    venue.reader("gate")
    now = datetime.now(UTC).isoformat()
    (taken,) = venue.upload("gate", now, new_event(1, now))["scans"]
    assert (taken["serverStatus"], taken["serverStatusDetail"]) == ("failed", "Pass is not active")
    (scan,) = venue.scans()["data"]
    assert scan["attributes"]["status"] == "successful", "what happened at the door stays"
