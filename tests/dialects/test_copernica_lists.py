"""The lists of the Copernica dialect: where a page and a window end, the next begins."""

from itertools import pairwise
from typing import Any

import pytest

from footfall.dialects.copernica.api import TABLES
from footfall.dialects.copernica.endpoints import find_endpoint, find_named, read_parts
from footfall.dialects.copernica.statistics import retries_of
from tests.dialects.copernica import EVENTS, SALE, Mailing

OBSERVED = ("delivery", "bounce", "complaint", "unsubscribe")
"""The kinds of events that others observe and send in."""


@pytest.mark.parametrize("version", [3, 4])
def test_lists_of_resources_too_tell_where_the_next_page_begins(
    mailing: Mailing, version: int
) -> None:
    destinations = [
        one["destination"] for one in mailing.address([{}] * 3, [SALE, f"{SALE}/2"])["data"]
    ]
    profiles = [mailing.create("profiles", {}) for _ in range(3)]
    subprofiles = [mailing.create(f"profile/{profiles[0]}/subprofiles/1", {}) for _ in range(3)]
    emailings = [mailing.emailing, *(mailing.create("ms/emailings", {}) for _ in range(2))]
    links = mailing.get(f"ms/emailing/{mailing.emailing}/links")["data"]
    for path, ids in (
        ("publisher/destinations", destinations),
        ("ms/destinations", destinations),
        (f"ms/emailing/{mailing.emailing}/destinations", destinations),
        ("publisher/emailings", emailings),
        ("ms/emailings", emailings),
        ("profiles", profiles),
        ("subprofiles", subprofiles),
        (f"ms/emailing/{mailing.emailing}/links", [one["id"] for one in links]),
    ):
        query: dict[str, Any] = {"limit": len(ids) - 1}
        page = mailing.client.get(f"/v{version}/{path}", params=query).json()
        if version < 4:
            assert "nextid" not in page
            continue
        assert page["nextid"] == int(ids[-2]) + 1, path
        query["fields[]"] = f"ID>={page['nextid']}"
        page = mailing.get(path, **query)
        assert (page["count"], page["nextid"]) == (1, int(ids[-1]) + 1), path
        query["fields[]"] = f"ID>={page['nextid']}"
        assert "nextid" not in mailing.get(path, **query)


def test_windows_that_meet_hold_every_row_once_also_in_the_hour_that_comes_twice(
    mailing: Mailing,
) -> None:
    for hour in ("2025-10-25T23", "2025-10-26T00", "2025-10-26T01", "2025-10-26T02"):
        times = [f"{hour}:{minute}:00Z" for minute in ("00", "15", "30", "45")]
        mailing.ingest(*({"kind": "open", "occurred_at": time} for time in times))
    statistics = f"publisher/emailing/{mailing.emailing}/statistics"
    meeting = ["02:00:00", "02:15:00", "02:30:00", "02:45:00", "03:00:00"]
    ends = ["", *(f"2025-10-26 {time}" for time in meeting), ""]
    listed, counted = [], []
    for begin, end in pairwise(ends):
        window = {"begintime": begin, "endtime": end}
        listed.append(mailing.get("ms/impressions", **window)["total"])
        counted.append(mailing.get(statistics, **window)["impressions"]["total"])
    # Before 03:00 come what is left of the first 02:45 and the whole hour again.
    assert listed == counted == [4, 1, 1, 1, 5, 4]


def test_deliveries_that_vanish_after_they_were_counted_were_not_retried(mailing: Mailing) -> None:
    assert retries_of([]) == 0
    (made,) = mailing.address([{}])["data"]
    who = {"references": {"destination": made["destination"]}}
    for attempt in (1, 3, 2):
        mailing.ingest({"kind": "delivery", "metadata": {"attempt": attempt}, **who})
    found = mailing.get(f"ms/destination/{made['destination']}/statistics")
    assert (found["deliveries"], found["retries"]) == ({"total": 3}, {"total": 3})


def test_titles_and_tags_are_clean_lines(mailing: Mailing) -> None:
    path = f"ms/emailing/{mailing.emailing}"
    mailing.client.put(f"/v4/{path}", json={"tags": [" spring\x07 ", "sale"]})
    assert mailing.get(path)["tags"] == ["spring", "sale"]
    for given, kept in (("\x1bShop ", "Shop"), ("Shop\x00s", "Shops"), ("\x07", "Shops")):
        made = mailing.address([{}], [{"url": SALE, "title": given}])
        assert made["links"][0]["title"] == kept
        assert mailing.rows(f"{path}/links")[0]["title"] == kept


@pytest.mark.parametrize(
    ("path", "list", "id"),
    [
        ("subprofiles/profile/5", "subprofiles", ""),
        ("ms/destinations/emailing/5/x", "ms/destinations", ""),
        ("profile/7/subprofiles/1/subprofile/5", "profile/{id}/subprofiles/{collection}", "7"),
        ("ms/emailing/7/clicks/profile/5", "ms/emailing/{id}/clicks", "7"),
    ],
)
def test_what_follows_the_name_of_a_list_narrows_nothing(path: str, list: str, id: str) -> None:
    parts = read_parts(path)
    endpoint = find_endpoint(TABLES[4], "GET", parts)
    named = find_named(parts[: len(endpoint.path.split("/"))])
    assert (endpoint.path, named[0].id if named else "") == (list, id)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_has_the_lists_without_a_product(mailing: Mailing, version: int) -> None:
    (made,) = mailing.address([{}], [SALE])["data"]
    mailing.fetch(made["pixel"])
    mailing.fetch(made["links"][0])
    person = {"references": {"destination": made["destination"]}}
    mailing.ingest(*({"kind": kind, **person} for kind in OBSERVED))
    for name in EVENTS:
        for path in (name, f"emailing/{mailing.emailing}/{name}"):
            page = mailing.client.get(f"/v{version}/{path}", params={"limit": 999}).json()
            old = mailing.client.get(f"/v1/{path}").json()
            assert page["data"] == old["data"], path
            assert (page["count"], page["limit"], page["total"]) == (1, 999, 1), path
            assert ("nextid" in page) == (version == 4)
