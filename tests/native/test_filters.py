"""Every filter of the native API, by the events that it finds."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from footfall.dialects.native.filters import FILTERED
from tests.native.places import refused, stranger_of
from tests.support.running import RunningServer

FIRST, SECOND, THIRD = "198.51.100.4", "203.0.113.9", "2001:db8::1"


@pytest.fixture(scope="module")
def client(place: RunningServer) -> Iterator[httpx.Client]:
    """An account with four events: at three addresses, and one without."""
    with stranger_of(place) as client:
        body = {"kind": "open", "name": "addresses", "privacy": "full"}
        tracker = int(client.post("/trackers", json=body).json()["id"])
        addresses = [{"ip": one} for one in (FIRST, SECOND, THIRD)]
        ingest(client, [{"tracker": tracker, **one} for one in [*addresses, {}]])
        yield client


def ingest(client: httpx.Client, events: list[dict[str, Any]]) -> None:
    response = client.post("/events", json=[{"kind": "open", **one} for one in events])
    assert response.json()["stored"] == len(events), response.text


def found(client: httpx.Client, column: str, **filters: Any) -> list[Any]:
    """The column's value in each event that the list finds, oldest first."""
    response = client.get("/events", params={"order": "oldest", **filters})
    assert response.status_code == 200, response.text
    return [one.get(column, "") for one in response.json()["events"]]


BY_ADDRESS: list[tuple[dict[str, Any], list[str]]] = [
    ({"ip": FIRST}, [FIRST]),
    ({"ip": [FIRST, "2001:DB8:0::1"]}, [FIRST, THIRD]),
    ({"ip": "::ffff:198.51.100.4"}, [FIRST]),
    ({"ip": ""}, [""]),
    ({"ip.is": SECOND}, [SECOND]),
    ({"ip.not": FIRST}, [SECOND, THIRD, ""]),
    ({"ip.present": "true"}, [FIRST, SECOND, THIRD]),
    ({"ip.present": "false"}, [""]),
    ({"ip.prefix": "198.51."}, [FIRST]),
    ({"ip.contains": "113"}, [SECOND]),
    ({"ip.from": FIRST}, [FIRST, SECOND, THIRD]),
    ({"ip.to": SECOND}, [FIRST]),
    ({"ip.from": "203.0.0.0", "ip.to": "203.1.0.0"}, [SECOND]),
]


@pytest.mark.parametrize(("filters", "addresses"), BY_ADDRESS)
def test_an_address_is_found_by_every_test_and_everywhere(
    client: httpx.Client, filters: dict[str, Any], addresses: list[str]
) -> None:
    assert found(client, "ip", **filters) == addresses
    lines = client.get("/events", params={**filters, "format": "ndjson", "order": "oldest"}).text
    assert [json.loads(line)["ip"] for line in lines.splitlines()] == addresses
    body = {"filters": filters, "dimensions": ["ip"], "metrics": ["events"]}
    report = client.post("/reports", json=body).json()
    assert sorted(row["ip"] for row in report["rows"]) == sorted(addresses)


@pytest.mark.parametrize("filters", [{"ip": SECOND}, {"ip.not": FIRST}])
def test_a_stream_of_an_address_gives_its_events(
    client: httpx.Client, filters: dict[str, Any]
) -> None:
    addresses = found(client, "ip", **filters)
    with client.stream("GET", "/events/live", params={**filters, "after": "0"}) as stream:
        data = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert [json.loads(next(data)[5:]).get("ip", "") for _ in addresses] == addresses


@pytest.mark.parametrize("name", ["ip", "ip.not", "ip.from", "ip.to"])
def test_what_is_no_address_is_refused_as_one(client: httpx.Client, name: str) -> None:
    assert "no address" in refused(client.get("/events", params={name: "198.51.100.400"}))


@pytest.mark.parametrize("column", FILTERED)
def test_every_column_is_filtered_and_shown_at_once(client: httpx.Client, column: str) -> None:
    everything = found(client, column)
    for present in ("true", "false"):
        some = found(client, column, **{f"{column}.present": present, "fields": column})
        assert some == [one for one in everything if (one != "") == (present == "true")]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T18:59:60.5-05:00", "2017-01-01T00:00:00.500Z"),
        ("2017-02-03t14:05:09z", "2017-02-03T14:05:09.000Z"),
        ("2017-02-04 14:05+0200", "2017-02-04T12:05:00.000Z"),
        ("2017-02-05T14:05:09,25+02", "2017-02-05T12:05:09.250Z"),
        ("1486303509123", "2017-02-05T14:05:09.123Z"),
    ],
)
def test_every_request_reads_times_alike(client: httpx.Client, text: str, moment: str) -> None:
    ingest(client, [{"occurred_at": text}])
    until = moment.replace("Z", "9Z")  # cut off at milliseconds: the window would be empty
    assert "until" in refused(client.get("/events", params={"since": text, "until": until}))
    until = f"{moment[:11]}23:59Z"
    for since, end in (("since", "until"), ("occurred_at.from", "occurred_at.to")):
        assert found(client, "occurred_at", **{since: text, end: until}) == [moment]
    body = {"since": text, "until": until}
    assert client.post("/reports", json=body).json()["totals"] == {"counted": 1}
    assert client.get("/integrity", params={"since": text}).status_code == 200


@pytest.mark.parametrize("text", ["2017-02-03T24:00Z", "2017-02-03T12:00:60Z", "20170203T1405Z"])
def test_every_request_refuses_what_is_no_time(client: httpx.Client, text: str) -> None:
    for response in (
        client.post("/events", json={"kind": "open", "occurred_at": text}),
        client.get("/events", params={"since": text}),
        client.get("/events", params={"received_at.to": text}),
        client.get("/integrity", params={"until": text}),
        client.post("/reports", json={"since": text}),
        client.post("/keys", json={"name": "late", "scopes": ["read"], "expires_at": text}),
    ):
        assert response.status_code == 400
        assert "is not a time. Write 2026-07-03T14:05:09+02:00" in response.json()["error"]


def test_a_window_given_by_filters_alone_holds_in_lists_exports_and_streams(
    client: httpx.Client,
) -> None:
    times = [f"2018-05-0{day}T12:00:00.000Z" for day in (1, 2, 3)]
    ingest(client, [{"occurred_at": one, "unique": "window"} for one in times])
    filters = {"occurred_at.from": times[1], "occurred_at.to": "2018-05-03"}
    assert found(client, "occurred_at", **filters) == times[1:2]
    assert found(client, "occurred_at", **{"occurred_at.to": "2018-05-03"})[-2:] == times[:2]
    export = client.post("/exports", json={"filters": filters}).json()
    while export["state"] in ("queued", "running"):
        export = client.get(f"/exports/{export['id']}").json()
    lines = client.get(export["file"]).text.splitlines()
    assert [json.loads(line)["occurred_at"] for line in lines] == times[1:2]
    with client.stream("GET", "/events/live", params={**filters, "after": "0"}) as stream:
        data = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert json.loads(next(data)[5:])["occurred_at"] == times[1]


METADATA: list[dict[str, Any]] = [
    {"price": 19},
    {"price": 19.0},
    {"price": "19"},
    {"price": 19.5, "big": 9007199254740993},
    {"price": None, "note": ""},
    {"price": "", "big": 9007199254740992},
    {"price": True, "from": "Rome", "to": 3, "not": "a", "is": "b", "present": "c", "": "d"},
    {"prefix": "e", "contains": "f", "utm.source": "x", "utm": {"source": "y", 'a"b': {"to": 5}}},
    {"price": -0.0, "trip": {"from": "Oslo", "not": 1e25}},
]


@pytest.fixture(scope="module")
def with_metadata(place: RunningServer) -> Iterator[httpx.Client]:
    with stranger_of(place) as client:
        ingest(client, [{"metadata": {**one, "number": at}} for at, one in enumerate(METADATA)])
        yield client


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"metadata.price": "19"}, [0, 1, 2]),
        ({"metadata.price": "19.0"}, [0, 1]),
        ({"metadata.price": "1.9e1"}, [0, 1]),
        ({"metadata.price": ["190E-1", "19.50"]}, [0, 1, 3]),
        ({"metadata.price.not": "19.0"}, [2, 3, 4, 5, 6, 7, 8]),
        ({"metadata.price": "0"}, [8]),
        ({"metadata.price": "019"}, []),
        ({"metadata.price": "1e999"}, []),
        ({"metadata.price": "1e99999999999999999999"}, []),
        ({"metadata.trip.not.from": "1e19"}, [8]),
        ({"metadata.price.from": "1.9e1", "metadata.price.to": "19.5"}, [0, 1, 2]),
        ({"metadata.big": "9007199254740993"}, [3]),
        ({"metadata.big": "9007199254740992.0"}, [5]),
        ({"metadata.trip.not.is": "10000000000000000000000000"}, [8]),
        ({"metadata.price.present": "true"}, [0, 1, 2, 3, 5, 6, 8]),
        ({"metadata.price.present": "false"}, [4, 7]),
        ({"metadata.note.present": "true"}, [4]),
        ({"metadata.price": "null"}, [4]),
        ({"metadata.price": "true"}, [6]),
        ({"metadata.from": "Rome"}, [6]),
        ({"metadata.to": "3.0"}, [6]),
        ({"metadata.to.to": "4"}, [6]),
        ({"metadata.not": "a", "metadata.is": "b", "metadata.present": "c"}, [6]),
        ({'metadata.""': "d"}, [6]),
        ({"metadata.prefix": "e", "metadata.contains.contains": "f"}, [7]),
        ({'metadata."utm.source"': "x"}, [7]),
        ({'metadata."utm.source".prefix': "x"}, [7]),
        ({"metadata.utm.source": "y"}, [7]),
        ({'metadata.utm."a\\"b"."to"': "5.0"}, [7]),
        ({'metadata.utm.a"b.to.is': "5"}, [7]),
        ({"metadata.trip.from.is": "Oslo"}, [8]),
        ({'metadata."trip"."from"': "Oslo"}, [8]),
    ],
)
def test_any_value_in_the_metadata_is_found_and_numbers_as_numbers(
    with_metadata: httpx.Client, filters: dict[str, Any], numbers: list[int]
) -> None:
    assert [one["number"] for one in found(with_metadata, "metadata", **filters)] == numbers
    body = {"filters": filters, "metrics": ["events"]}
    assert with_metadata.post("/reports", json=body).json()["totals"]["events"] == len(numbers)


def test_a_number_in_a_json_filter_is_compared_as_one(with_metadata: httpx.Client) -> None:
    for price, counted in ((19, 3), (19.0, 2)):
        body = {"filters": {"metadata.price": price}, "dimensions": ["metadata.price"]}
        report = with_metadata.post("/reports", json=body).json()
        assert report["rows"] == [{"metadata.price": "19", "counted": counted}]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("metadata.trip.from", "Oslo", "write metadata.trip.from.is"),
        ("metadata.trip.present", "yes", "write metadata.trip.present.is"),
        ("metadata.", "x", 'metadata."utm.source"'),
        ("metadata.a..b", "x", "is not a path"),
        ('metadata."a', "x", "is not a path"),
        ('metadata."a"b', "x", "is not a path"),
        ("metadata.a.b.c.d.e.f.g.h.i", "x", "up to 8 keys"),
        ("metadata", "x", "metadata.KEY"),
    ],
)
def test_what_is_no_path_is_refused_with_how_it_is_written(
    client: httpx.Client, name: str, value: str, advice: str
) -> None:
    assert advice in refused(client.get("/events", params={name: value}))


@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        ({"kind": "scans"}, "scan, impression, open"),
        ({"verdict.not": "Counted"}, "counted, bot"),
        ({"device": "phone"}, "desktop, mobile, tablet, or empty for unknown"),
        ({"device": ["mobile", "Tablet"]}, "desktop, mobile, tablet"),
        ({"country": "nl"}, "two capital letters of ISO 3166-1, such as NL"),
        ({"country.is": "Netherlands"}, "two capital letters"),
        ({"country.not": "NLD"}, "two capital letters"),
        ({"country": "N\n"}, "two capital letters"),
        ({"country.prefix": "n"}, "two capital letters of ISO 3166-1, such as NL"),
        ({"device.contains": "Tab"}, "desktop, mobile, tablet"),
        ({"kind.prefix": ["open", "scans"]}, "scan, impression, open"),
        ({"verdict.from": "1"}, "not compared by size"),
    ],
)
def test_a_value_that_no_event_can_have_is_refused_with_those_it_can(
    client: httpx.Client, filters: dict[str, Any], allowed: str
) -> None:
    lists = client.get("/events", params=filters)
    live = client.get("/events/live", params=filters)
    body = {"filters": filters}
    asked = [client.post(path, json=body) for path in ("/reports", "/counts/explain", "/exports")]
    for response in (lists, live, *asked):
        assert allowed in refused(response)


def test_values_of_closed_sets_are_accepted_and_unknown_is_one(client: httpx.Client) -> None:
    for name, value in (("device", "mobile"), ("country", "NL"), ("country", "XK")):
        assert found(client, "id", **{name: value}) == []
    for name in ("device", "country"):
        assert found(client, "id", **{name: ""})
        assert found(client, "id", **{f"{name}.prefix": ""})
    for name, part in (("device.contains", "tab"), ("country.prefix", "N"), ("kind.prefix", "o")):
        client.get("/events", params={name: part}).raise_for_status()


@pytest.fixture(scope="module")
def paid(place: RunningServer) -> Iterator[httpx.Client]:
    """An account with an event, which has no money, and an autonomous system."""
    with stranger_of(place) as client:
        ingest(client, [{"unique": "paid"}])
        yield client


@pytest.mark.parametrize(
    ("filters", "events"),
    [
        ({"payout_micros": "0"}, 1),
        ({"payout_micros": ["-1", "0e5"]}, 1),
        ({"revenue_micros.not": "-19"}, 1),
        ({"sale_micros.from": "-1.0", "sale_micros.to": "1e6"}, 1),
        ({"sale_micros.from": "1"}, 0),
        ({"asn": "0.0"}, 1),
        ({"asn.from": "1e2"}, 0),
        ({"tracker": "00"}, 1),
    ],
)
def test_whole_numbers_are_compared_however_they_are_written(
    paid: httpx.Client, filters: dict[str, Any], events: int
) -> None:
    assert len(found(paid, "id", **filters)) == events
    body = {"filters": filters, "metrics": ["events"]}
    assert paid.post("/reports", json=body).json()["totals"]["events"] == events


@pytest.mark.parametrize("column", ["asn", "id", "payout_micros", "metadata.price"])
@pytest.mark.parametrize("value", ["1_000", "\u0661", " 1", "0x10", "nan", "inf", "1e99999999999"])
def test_what_is_no_number_is_refused_as_one(client: httpx.Client, column: str, value: str) -> None:
    for test in ("from", "to"):
        params = {f"{column}.{test}": value}
        assert "number" in refused(client.get("/events", params=params))


@pytest.mark.parametrize(
    "filters",
    [
        *({"payout_micros": value} for value in ("1.5", "", "x", "-9223372036854775808")),
        *({column: f"{'0' * 20}{'9' * 20}"} for column in ("id", "tracker", "asn", "visitor")),
        {"asn": "-1"},
        {"visitor": "\u00b2"},
    ],
)
def test_a_number_that_no_event_can_have_is_refused(
    client: httpx.Client, filters: dict[str, Any]
) -> None:
    assert "number" in refused(client.get("/events", params=filters))


UNKNOWN: list[tuple[dict[str, Any], list[str]]] = [
    ({"code": "{label}"}, ["code: nothing known has the id '{label}'. It is the name of a code"]),
    ({"tracker": "999999"}, ["tracker: nothing known has the id '999999'."]),
    ({"campaign": "xmas"}, ["campaign: nothing known has the id 'xmas'."]),
    ({"pass_template": "t1", "reader": "r"}, ["pass_template: nothing", "reader: nothing"]),
    ({"profile": "p9"}, ["profile: nothing known has the id 'p9'."]),
    ({"campaign": ["summer", "xmas"]}, ["campaign: nothing known has the id 'xmas'."]),
    ({"tracker": ["{tracker}", "999999"]}, ["tracker: nothing known has the id '999999'."]),
    ({"code": "{code}"}, []),
    ({"tracker": "{tracker}"}, []),
    ({"campaign": "summer"}, []),
    ({"profile": "p1"}, []),
    ({"campaign": "summer", "city": "Nowhere"}, []),
    ({"campaign.not": "xmas"}, []),
]


@pytest.fixture(scope="module")
def known(place: RunningServer) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    """An account with a code that nobody scanned, and an event with a campaign and a profile."""
    with stranger_of(place) as client:
        body = {"destination": "https://example.org", "label": "Menu at the Door"}
        code = client.post("/v1/dynamic", json=body).json()
        tracker = client.post("/trackers", json={"kind": "open", "name": "t"}).json()["id"]
        ingest(client, [{"references": {"campaign": "summer", "profile": "p1"}}])
        yield client, {"label": "menu at the door", "code": code["id"], "tracker": str(tracker)}


def notes_of_stream(client: httpx.Client, filters: dict[str, list[str]]) -> list[str]:
    """An event of its own, before all others."""
    params: Any = {**filters, "after": "1"}
    with client.stream("GET", "/events/live", params=params) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry: ")
        assert next(lines) == ": following"
        assert next(lines) == ""
        assert next(lines) == "event: notes"
        found: list[str] = json.loads(next(lines).removeprefix("data: "))
    return found


@pytest.mark.parametrize(("filters", "notes"), UNKNOWN)
def test_ids_that_match_nothing_known_are_named(
    known: tuple[httpx.Client, dict[str, str]], filters: dict[str, Any], notes: list[str]
) -> None:
    client, names = known
    given = {
        name: [one.format(**names) for one in ([value] if isinstance(value, str) else value)]
        for name, value in filters.items()
    }
    listed = client.get("/events", params=given).json()["notes"]
    reported = client.post("/reports", json={"filters": given, "since": "2024-01-01"}).json()
    explained = client.post("/counts/explain", json={"filters": given}).json()["notes"]
    exported = client.post("/exports", json={"filters": given}).json()["notes"]
    file = client.get("/events", params={**given, "format": "csv", "limit": 1})
    in_file = json.loads(file.headers.get("footfall-notes", "[]"))
    followed = notes_of_stream(client, given) if notes else []
    for said in (listed, reported["notes"], explained, exported, in_file, followed):
        assert len(said) == len(notes), said
        for sentence, beginning in zip(sorted(said), sorted(notes), strict=True):
            assert sentence.startswith(beginning.format(**names)), sentence


def test_a_trackers_name_in_the_place_of_its_id_is_refused_with_advice(
    client: httpx.Client,
) -> None:
    assert "GET /trackers?search=" in refused(client.get("/events?tracker=addresses"))


def test_a_part_of_a_referrer_host_is_found_in_any_spelling(client: httpx.Client) -> None:
    ingest(client, [{"referrer": "https://www.MÜLLER.example/x"}])
    for part in ("müller", "MÜLLER", "xn--m", "EXAMPLE", "www.müller.ex"):
        assert len(found(client, "id", **{"referrer_host.contains": part})) == 1, part
