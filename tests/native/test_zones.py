"""The list of time zones: today's names, what they were called, and their clocks now."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.support.running import RunningServer


def zones_of(server: RunningServer) -> dict[str, Any]:
    answer = server.client.get("/zones").raise_for_status()
    return {zone["name"]: zone for zone in answer.json()["zones"]}


def test_zones_have_their_names_of_today_and_their_offsets_now(server: RunningServer) -> None:
    zones = zones_of(server)
    assert {"UTC", "Asia/Kolkata", "Europe/Kyiv", "Europe/Amsterdam", "Etc/GMT+5"} <= set(zones)
    assert not {"Asia/Calcutta", "Europe/Kiev", "Etc/UTC", "EST5EDT", "Factory"} & set(zones)
    assert all(one < other for one, other in pairwise(zones))
    assert zones["Asia/Kolkata"] == {
        "name": "Asia/Kolkata",
        "utc_offset": "+05:30",
        "country": "IN",
        "aliases": ["Asia/Calcutta"],
    }
    now = datetime.now(UTC)
    for name, zone in zones.items():
        assert now.astimezone(ZoneInfo(name)).isoformat().endswith(zone["utc_offset"]), name


def test_an_older_name_belongs_to_one_zone_with_the_same_clocks(server: RunningServer) -> None:
    zones = zones_of(server)
    older = [(alias, zone) for zone in zones.values() for alias in zone["aliases"]]
    assert len({alias for alias, _ in older}) == len(older)
    assert not {alias for alias, _ in older} & set(zones)
    for alias, zone in older:
        for month in range(1, 13):
            at = datetime(2026, month, 1, tzinfo=UTC)
            clocks = (at.astimezone(ZoneInfo(one)).utcoffset() for one in (alias, zone["name"]))
            assert len(set(clocks)) == 1, (alias, zone)
    named = {alias: zone["name"] for alias, zone in older}
    assert named["Iceland"] == "Atlantic/Reykjavik"
    assert named["Africa/Asmera"] == "Africa/Asmara"
    assert named["America/Montreal"] == "America/Toronto"


def test_every_zone_that_requests_take_is_listed_or_is_of_no_place(server: RunningServer) -> None:
    zones = zones_of(server)
    listed = {*zones, *(alias for zone in zones.values() for alias in zone["aliases"])}
    left_out = available_timezones() - listed - {"localtime"}
    assert left_out <= {"CST6CDT", "EST5EDT", "MST7MDT", "PST8PDT", "Factory"}


@pytest.mark.parametrize("name", ["Asia/Kolkata", "Asia/Calcutta"])
def test_a_report_takes_a_name_of_today_and_an_older_one(server: RunningServer, name: str) -> None:
    body = {"metrics": ["events"], "dimensions": [{"time": "day"}], "zone": name}
    answer = server.client.post("/reports", json=body)
    assert answer.status_code == 200, answer.text
