"""A value outside a closed set is refused with the values of the set, in each API's own form."""

from typing import Any

import msgspec
import pytest

from footfall.core.events import EventKind
from footfall.dialects.native.filters import SOURCES
from footfall.parsing.invalid_values import describe
from tests.mcp.joining import connected, refusal
from tests.support.running import RunningServer

KINDS = "scan, impression, open, click, delivery, bounce, unsubscribe, complaint, conversion"
NO_SUCH: list[tuple[str, str, Any, str]] = [
    ("POST", "/trackers", {"kind": "scam", "name": "x"}, "scan, impression, open, click"),
    ("POST", "/keys", {"name": "x", "scopes": ["read", "rite"]}, "read, write, capture, admin"),
    ("POST", "/members", {"email": "a@b.example", "role": "boss"}, "owner, editor, viewer"),
    ("POST", "/reports", {"dimensions": [{"time": "fortnight"}]}, "hour, day, week"),
    ("POST", "/reports", {"compare": "last"}, "previous"),
    ("POST", "/exports", {"format": "xls"}, "csv, ndjson, parquet"),
    ("POST", "/reports", {"filters": {"source": "openqq"}}, ", ".join(SOURCES)),
    ("GET", "/events?source=openqq", None, ", ".join(SOURCES)),
    ("GET", "/events?source.not=qr", None, ", ".join(SOURCES)),
    ("GET", "/events?scan_status=ok", None, "successful, failed"),
    ("GET", "/events?scan_medium=qr", None, "nfc, barcode"),
    ("GET", "/events?validation=none", None, "internalValidation, externalValidation"),
    ("GET", "/events?device=phone", None, "desktop, mobile, tablet"),
    ("GET", "/events?verdict=human", None, "counted, bot"),
    ("GET", "/events?country=nl", None, "such as NL"),
    ("GET", "/events?country=UK", None, "such as GB"),
    ("GET", "/events?country=Germny", None, "such as DE"),
    ("GET", "/events?country=ZZ", None, "ISO 3166-1"),
    ("PUT", "/retention", {"rules": [{"source": "openqq", "raw_days": 9}]}, "*, openqr, vantio"),
    ("POST", "/retention/preview", {"rules": [{"source": "qr"}]}, "*, openqr, vantio"),
    ("POST", "/counts/explain", {"filters": {"source": "qr"}}, "openqr, vantio"),
    ("POST", "/erasures", {"reference": {"kampagne": "x"}}, "campaign, coupon"),
    ("GET", "/api/v1/scans?status=ok", None, "successful, failed"),
    ("GET", "/api/v1/passes?status=ok", None, "issued, active, removed, deactivated"),
    ("GET", "/api/v1/referrals?status=donee", None, "pending, converted"),
    ("GET", "/trackers?source=openqq", None, "native, openqr"),
    ("GET", "/events/live?country=ZZ", None, "ISO 3166-1"),
    ("PATCH", "/v1/dynamic/{code}", {"status": "off"}, "active, paused"),
    ("GET", "/v1/dynamic?status=off", None, "'active' or 'paused'"),
]


@pytest.fixture(scope="module")
def code(server: RunningServer) -> str:
    return str(server.create_code()["id"])


@pytest.mark.parametrize(("method", "path", "body", "values"), NO_SUCH)
def test_the_values_are_in_the_refusal(
    server: RunningServer, code: str, method: str, path: str, body: Any, values: str
) -> None:
    answer = server.client.request(method, path.format(code=code), json=body)
    assert answer.status_code == 400, answer.text
    assert values in answer.text


def test_each_refused_event_says_the_values(server: RunningServer) -> None:
    answer = server.client.post("/events", json=[{"kind": "scam"}, {"kind": "scan"}])
    assert KINDS in answer.text


@pytest.mark.parametrize("code", ["NL", "XK", "TW", ""])
def test_a_country_of_the_list_is_taken(server: RunningServer, code: str) -> None:
    assert server.client.get(f"/events?country={code}").status_code == 200


async def test_a_tool_says_the_values(server: RunningServer) -> None:
    async with connected(server) as client:
        for arguments, said in (
            ({"order": "random"}, "newest, oldest"),
            ({"filters": {"source": "qr"}}, "everflow"),
        ):
            answer = await refusal(client, "list_events", **arguments)
            assert said in str(answer), answer


class _Inner(msgspec.Struct):
    kind: EventKind | None = None


class _Outer(msgspec.Struct, rename="camel"):
    my_kind: EventKind = EventKind.SCAN
    many: list[_Inner] = []
    by_name: dict[str, EventKind] = {}
    by_kind: dict[EventKind, int] = {}
    pair: tuple[int, EventKind] = (1, EventKind.SCAN)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"myKind": "x"}, "myKind"),
        ({"many": [{}, {"kind": "x"}]}, "many[1].kind"),
        ({"byName": {"a": "x"}}, "byName[...]"),
        ({"byKind": {"x": 1}}, "byKind"),
        ({"pair": [1, "x"]}, "pair[1]"),
    ],
)
def test_a_set_is_found_wherever_it_stands(body: Any, where: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        msgspec.convert(body, _Outer)
    assert describe(refusal.value, _Outer) == f"{where}: 'x' is not one of its values: {KINDS}."
