"""Copernica's API as scripts in Python ask it, with the library requests."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.clients.campaign import DESTINATIONS, EVENTS, Sent
from tests.dialects.copernica import Mailing


class Script:
    """Asks with the token in the query, or after v4's login with the web token in a header."""

    def __init__(self, mailing: Mailing, version: int, *, login: bool) -> None:
        self.base = f"{mailing.server.url}/v{version}"
        self.session = requests.Session()
        if login:
            form = {"access_token": mailing.key}
            answer = self.session.post(f"{mailing.server.url}/", data=form, timeout=60)
            answer.raise_for_status()
            claims = answer.text.split(".")[1]
            assert json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
            self.session.headers["Authorization"] = f"Bearer {answer.text}"
        else:
            self.session.params = {"access_token": mailing.key}

    def get(self, path: str, **query: Any) -> Any:
        answer = self.session.get(f"{self.base}/{path}", params=query, timeout=60)
        assert answer.headers["content-type"] == "application/json"
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, path: str, limit: int) -> Iterator[dict[str, Any]]:
        """All of them, with the checks of a strict client."""
        start = 0
        while True:
            page = self.get(path, start=start, limit=limit)
            assert (page["start"], page["limit"], page["count"]) == (
                start,
                limit,
                len(page["data"]),
            )
            assert start + page["count"] <= page["total"]
            assert all(row["ID"] for row in page["data"])
            yield from page["data"]
            start += page["count"]
            if start >= page["total"]:
                return

    def rows_by_id(self, path: str, limit: int) -> Iterator[dict[str, Any]]:
        last = "0"
        while page := self.get(path, limit=limit, total="false", **{"fields[]": f"ID>{last}"}):
            assert "total" not in page
            yield from page["data"]
            if page["count"] < limit:
                return
            last = page["data"][-1]["ID"]

    def rows_by_nextid(self, path: str, limit: int) -> Iterator[dict[str, Any]]:
        """As v4 has it."""
        following = 0
        while page := self.get(path, limit=limit, **{"fields[]": f"ID>={following}"}):
            yield from page["data"]
            if page["total"] == page["count"]:
                return
            following = page["nextid"]


@pytest.mark.parametrize(
    ("version", "product", "login"),
    [(1, "", False), (2, "publisher/", False), (3, "publisher/", False), (4, "ms/", True)],
)
def test_a_report_in_python_counts_what_happened(
    sent: Sent, version: int, product: str, login: bool
) -> None:
    mailing = sent.mailing
    script = Script(mailing, version, login=login)
    for name in EVENTS:
        for path in (f"{product}{name}", f"{product}emailing/{mailing.emailing}/{name}"):
            rows = list(script.rows(path, 9))
            assert list(script.rows_by_id(path, 8)) == rows
            if version == 4:
                assert list(script.rows_by_nextid(path, 7)) == rows
            found = Counter(row["destination"] for row in rows)
            assert found == sent.counts[name], path
    for destination in sent.destinations[5:12]:
        counted = script.get(f"{product}destination/{destination}/statistics")
        for name in EVENTS:
            assert counted[name]["total"] == sent.counts[name][destination], name
    statistics = script.get(f"{product}emailing/{mailing.emailing}/statistics")
    for name, numbers in sent.statistics().items():
        wanted = {"total": numbers["total"]} if name == "deliveries" else numbers
        assert statistics[name] == wanted, name
    dominant = statistics["dominant_results"]
    assert dominant["destinations"] == DESTINATIONS
    assert sum(dominant[name] for name in EVENTS) == DESTINATIONS


def test_events_of_a_profile_are_found_by_path_and_by_filter(sent: Sent) -> None:
    script = Script(sent.mailing, 2, login=False)
    for destination, profile in list(sent.profiles.items())[:8]:
        opened = sent.counts["impressions"][destination]
        by_path = script.get(f"profile/{profile}/publisher/impressions")
        by_filter = script.get("publisher/impressions", profile=profile)
        assert by_path["total"] == by_filter["total"] == opened
        assert by_path["data"] == by_filter["data"]


def test_what_a_script_writes_is_what_it_reads(mailing: Mailing) -> None:
    script = Script(mailing, 2, login=False)
    made = script.session.post(
        f"{script.base}/database/1/profiles",
        json={"fields": {"Email": "é@example.org"}},
        timeout=60,
    )
    assert made.status_code == 201
    profile = made.headers["X-Created"]
    # requests follows the 303 of a PUT with a GET, and shows the profile as it is now.
    changed = script.session.put(
        f"{script.base}/profile/{profile}", json={"fields": {"email": "ü@example.org"}}, timeout=60
    )
    assert changed.history[0].status_code == 303
    assert changed.status_code == 400  # the redirect has no token any more: the client says so
    assert script.get(f"profile/{profile}")["fields"] == {"Email": "ü@example.org"}
    form = {"fields[City]": "Málaga", "fields[Email]": ""}
    script.session.put(
        f"{script.base}/profile/{profile}", data=form, allow_redirects=False, timeout=60
    )
    assert script.get(f"profile/{profile}/fields") == {"Email": "", "City": "Málaga"}
