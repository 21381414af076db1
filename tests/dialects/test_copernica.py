"""The Copernica dialect on the wire, against a real server process: what its users count on."""

import json
import time
from typing import Any

import httpx
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Privacy
from footfall.dialects.copernica.dialect import UNAVAILABLE
from tests.conftest import StartServer
from tests.dialects.conftest import OpenMailing
from tests.dialects.copernica import BOT, EVENTS, GMAIL, SALE, Mailing, refused
from tests.support.running import PHONE, RunningServer

APPLE = "Mozilla/5.0"


# ── capture ───────────────────────────────────────────────────────────────────────────────────


def test_an_open_is_in_every_list_that_is_of_it_at_once(mailing: Mailing) -> None:
    (made,) = mailing.address([{}])["data"]
    answer = mailing.fetch(made["pixel"], Referer="https://mail.example.net/")
    assert (answer.status_code, len(answer.content)) == (200, 43)
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-footfall"] == "recorded"
    for path in (
        "publisher/impressions",
        f"publisher/emailing/{mailing.emailing}/impressions",
        f"publisher/destination/{made['destination']}/impressions",
    ):
        (row,) = mailing.rows(path)
        assert row["destination"] == made["destination"]
        assert row["device"] == "mobile"
        assert row["referer"] == "https://mail.example.net/"


def test_a_click_is_redirected_and_listed_with_its_link(mailing: Mailing) -> None:
    made = mailing.address([{}], [SALE, {"url": "https://example.org/shop", "title": "Shop"}])
    (links,) = [one["links"] for one in made["data"]]
    for url, landing in zip(links, (SALE, "https://example.org/shop"), strict=True):
        answer = mailing.fetch(url)
        assert (answer.status_code, answer.headers["location"]) == (302, landing)
        assert answer.headers["x-footfall"] == "recorded"
    first, second = mailing.rows("publisher/clicks")
    assert (first["link"], first["link_title"]) == (SALE, None)
    assert (second["link"], second["link_title"]) == ("https://example.org/shop", "Shop")
    assert [first["link_id"], second["link_id"]] == [one["id"] for one in made["links"]]
    assert mailing.rows("publisher/impressions") == []


def test_mail_proxies_are_listed_and_bots_are_not(mailing: Mailing) -> None:
    (made,) = mailing.address([{}])["data"]
    outcomes = [
        mailing.fetch(made["pixel"], agent).headers["x-footfall"] for agent in (GMAIL, APPLE, BOT)
    ]
    assert outcomes == ["machine_open", "machine_open", "bot"]
    agents = [row["useragent"] for row in mailing.rows("publisher/impressions")]
    assert agents == [GMAIL, APPLE]
    found = mailing.get(f"publisher/emailing/{mailing.emailing}/statistics")
    assert found["impressions"] == {"total": 2, "unique": 1}
    assert mailing.get(f"publisher/emailing/{mailing.emailing}")["impressions"] == "2"


def test_a_pixel_that_was_changed_is_an_image_and_no_open(mailing: Mailing) -> None:
    made = mailing.address([{}], [SALE])["data"][0]
    text = made["pixel"].removesuffix(".gif")
    for url in (text[:-3] + "AAA.gif", text.replace("/p/", "/p/x") + ".gif"):
        answer = mailing.fetch(url)
        assert (answer.status_code, len(answer.content)) == (200, 43)
        assert answer.headers["x-footfall"] == "invalid"
    assert mailing.fetch(made["links"][0][:-3] + "AAA").status_code == 404
    assert mailing.get("publisher/impressions")["total"] == 0
    assert mailing.get("publisher/clicks")["total"] == 0


def test_a_deleted_emailing_takes_its_events_with_it(mailing: Mailing) -> None:
    made = mailing.address([{}], [SALE])["data"][0]
    mailing.fetch(made["pixel"])
    assert mailing.get("publisher/impressions")["total"] == 1
    assert mailing.client.delete(f"/v4/publisher/emailing/{mailing.emailing}").status_code == 204
    for path in (
        f"publisher/emailing/{mailing.emailing}/impressions",
        f"publisher/destination/{made['destination']}",
    ):
        assert refused(mailing.client.get(f"/v4/{path}")) == "No entity with supplied ID"
    assert mailing.get("publisher/destinations")["total"] == 0
    late = mailing.fetch(made["pixel"])
    assert (late.status_code, late.headers["x-footfall"]) == (200, "orphan")
    soon = time.monotonic() + 20  # by itself the upkeep comes once a minute
    while mailing.get("publisher/impressions")["total"]:
        assert time.monotonic() < soon


# ── the call of a mailing tool ────────────────────────────────────────────────────────────────


def test_ten_thousand_destinations_get_their_urls_in_one_call(mailing: Mailing) -> None:
    profile = mailing.create("profiles", {"fields": {"email": "a@example.org"}})
    asked: list[dict[str, Any]] = [{"profile": profile}, *[{}] * 9_999]
    made = mailing.address(asked, [SALE])
    assert made["count"] == len(made["data"]) == 10_000
    numbers = [int(one["destination"]) for one in made["data"]]
    assert numbers == sorted(set(numbers))
    assert len({one["pixel"] for one in made["data"]}) == 10_000
    assert made["data"][0]["profile"] == profile
    assert mailing.get(f"ms/emailing/{mailing.emailing}")["destinations"] == 10_000
    for place in (0, 5_000, 9_999):
        mailing.fetch(made["data"][place]["pixel"])
        mailing.fetch(made["data"][place]["links"][0])
    for path in ("publisher/impressions", "publisher/clicks"):
        opened = [int(row["destination"]) for row in mailing.rows(path)]
        assert opened == [numbers[0], numbers[5_000], numbers[9_999]]
    assert mailing.rows("publisher/impressions")[0]["profile"] == profile


def test_more_than_ten_thousand_are_refused_and_nothing_is_made(mailing: Mailing) -> None:
    path = f"/v4/publisher/emailing/{mailing.emailing}/links"
    response = mailing.client.post(path, json={"destinations": [{}] * 10_001})
    assert "1 to 10000 in one call, not 10001" in refused(response)
    many = {"destinations": [{}] * 10_000, "links": [f"{SALE}/{place}" for place in range(20)]}
    assert "more than 200000 URLs" in refused(mailing.client.post(path, json=many))
    body = {"destinations": [{}] * 3 + [{"profile": "99999999"}], "links": [SALE]}
    assert "profile 99999999" in refused(mailing.client.post(path, json=body))
    body = {"destinations": [{}] * 3, "links": ["http://10.0.0.1/"]}
    assert "private" in refused(mailing.client.post(path, json=body))
    assert mailing.get("publisher/destinations")["total"] == 0
    assert mailing.rows(f"publisher/emailing/{mailing.emailing}/links") == []
    assert mailing.get(f"ms/emailing/{mailing.emailing}")["destinations"] == 0


def test_a_first_mail_needs_one_call(mailing: Mailing) -> None:
    body = {"subject": "First", "destinations": [{}], "links": [SALE]}
    made = mailing.client.post("/v1/links", json=body).json()
    assert mailing.get(f"publisher/emailing/{made['emailing']}")["subject"] == "First"
    assert mailing.fetch(made["data"][0]["pixel"]).headers["x-footfall"] == "recorded"
    assert mailing.get(f"publisher/emailing/{made['emailing']}/impressions")["total"] == 1
    wrong = mailing.client.post("/v4/ms/links", json={"destinations": []})
    assert "1 to 10000" in refused(wrong)
    assert mailing.get("ms/emailings")["total"] == 2


def test_a_destination_that_is_there_keeps_its_urls(mailing: Mailing) -> None:
    first = mailing.address([{}, {}], [SALE])
    names = [{"destination": one["destination"]} for one in reversed(first["data"])]
    again = mailing.address([*names, {}], [SALE])
    assert again["data"][:2] == first["data"][::-1]
    assert again["links"] == first["links"]
    assert mailing.get("publisher/destinations")["total"] == 3


def test_a_destination_of_another_emailing_is_refused(mailing: Mailing) -> None:
    (made,) = mailing.address([{}])["data"]
    other = mailing.create("publisher/emailings", {})
    body = {"destinations": [{"destination": made["destination"]}]}
    response = mailing.client.post(f"/v4/publisher/emailing/{other}/links", json=body)
    assert "of this emailing" in refused(response)


def test_a_subprofile_of_another_profile_is_refused(mailing: Mailing) -> None:
    first, second = (mailing.create("profiles", {}) for _ in range(2))
    subprofile = mailing.create(f"profile/{first}/subprofiles/1", {})
    response = mailing.client.post(
        f"/v4/publisher/emailing/{mailing.emailing}/destinations",
        json={"profile": second, "subprofile": subprofile},
    )
    assert "belongs to the profile" in refused(response)


# ── statistics ────────────────────────────────────────────────────────────────────────────────


def test_statistics_count_each_destination_once(mailing: Mailing) -> None:
    made = mailing.address([{}] * 6, [SALE])["data"]
    opened, clicked, bounced, complained, delivered, _ = (one["destination"] for one in made)
    mailing.ingest(
        *(
            {"kind": kind, "unique": one, "references": {"destination": one}, "metadata": {}}
            for kind, one in [
                *[("delivery", one) for one in (opened, clicked, complained, delivered)],
                ("bounce", bounced),
                ("bounce", bounced),
                ("complaint", complained),
                ("unsubscribe", complained),
            ]
        )
    )
    for _ in range(3):
        mailing.fetch(made[0]["pixel"])
    mailing.fetch(made[1]["pixel"])
    mailing.fetch(made[1]["links"][0])
    mailing.fetch(made[1]["links"][0])
    assert mailing.get(f"publisher/emailing/{mailing.emailing}/statistics") == {
        "destinations": 6,
        "deliveries": {"total": 4},
        "errors": {"total": 2, "unique": 1},
        "impressions": {"total": 4, "unique": 2},
        "clicks": {"total": 2, "unique": 1},
        "unsubscribes": {"total": 1, "unique": 1},
        "abuses": {"total": 1, "unique": 1},
        "unknown": {"total": 1},
        "dominant_results": {
            "destinations": 6,
            "errors": 1,
            "abuses": 1,
            "unsubscribes": 0,
            "clicks": 1,
            "impressions": 1,
            "deliveries": 1,
        },
    }
    found = mailing.get(f"ms/destination/{clicked}/statistics")
    assert (found["impressions"], found["clicks"]) == ({"total": 1}, {"total": 2})


def test_statistics_of_a_window_count_its_quarter_hours(mailing: Mailing) -> None:
    (made,) = mailing.address([{}])["data"]
    who = {"unique": made["destination"], "references": {"destination": made["destination"]}}
    for clock in ("08:59:59", "09:00:00", "09:14:59", "09:15:00", "10:00:00"):
        mailing.ingest({"kind": "open", "occurred_at": f"2026-03-02T{clock}Z", **who})

    def count(**window: str) -> int:
        path = f"publisher/emailing/{mailing.emailing}/statistics"
        return int(mailing.get(path, **window)["impressions"]["total"])

    assert count() == 5
    assert count(begintime="2026-03-02 10:00:00") == 4
    assert count(begintime="2026-03-02 10:00:00", endtime="2026-03-02 10:15:00") == 2
    assert count(begintime="2026-03-02 10:14:00", endtime="2026-03-02 10:14:30") == 2
    assert count(endtime="2026-03-02 10:00:00") == 1
    assert count(begintime="9999-01-01") == 0
    assert count(endtime="0001-01-01") == 0


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def test_pages_by_offset_and_by_id_read_each_row_once_while_mails_are_opened(
    mailing: Mailing,
) -> None:
    made = mailing.address([{}] * 7)["data"]
    for one in made[:5]:
        mailing.fetch(one["pixel"])
    by_offset, by_id, next_id = [], [], 0
    for start in range(0, 8, 2):
        page = mailing.get("publisher/impressions", start=start, limit=2)
        assert page["start"] + page["count"] <= page["total"]
        by_offset += [row["destination"] for row in page["data"]]
        page = mailing.get("publisher/impressions", limit=2, **{"fields[]": f"ID>={next_id}"})
        next_id = page.get("nextid", next_id)
        by_id += [row["destination"] for row in page["data"]]
        if start < 4:
            mailing.fetch(made[5 + start // 2]["pixel"])
    assert by_offset == by_id == [one["destination"] for one in made]


def test_the_zone_of_times_is_a_setting(
    start_server: StartServer, open_mailing: OpenMailing
) -> None:
    mailing = open_mailing(start_server(copernica_zone="America/New_York"))
    mailing.ingest({"kind": "open", "occurred_at": "2026-07-01T12:00:00Z"})
    (row,) = mailing.rows("publisher/impressions")
    assert row["timestamp"] == "2026-07-01 08:00:00"
    fields = {"fields[]": "timestamp==2026-07-01 08:00:00"}
    assert mailing.get("publisher/impressions", **fields)["total"] == 1


def test_the_hour_that_comes_twice_is_shown_twice_and_not_lost(mailing: Mailing) -> None:
    times = ["00:30", "01:30"]  # both 02:30 in Amsterdam
    mailing.ingest(*({"kind": "open", "occurred_at": f"2025-10-26T{time}:00Z"} for time in times))
    for comparison, count in (
        ("==2025-10-26 02:30:00", 2),
        ("!=2025-10-26 02:30:00", 0),
        (">=2025-10-26 02:30:00", 2),
        (">2025-10-26 02:30:00", 1),
        ("<2025-10-26 02:30:00", 1),
        ("<=2025-10-26 02:30:00", 2),
        ("==2025-10-26 02:30:01", 0),
        ("==2026-03-29 02:30:00", 0),
        ("<2026-03-29 02:30:00", 2),
    ):
        query = {"fields[]": f"timestamp{comparison}"}
        assert mailing.get("publisher/impressions", **query)["total"] == count, comparison


@pytest.mark.parametrize("metadata", [{}, {"attempt": -1}, {"attempt": [1]}, {"report": 5}])
def test_particulars_that_are_not_told_are_empty(
    mailing: Mailing, metadata: dict[str, Any]
) -> None:
    for kind in ("delivery", "bounce", "complaint", "unsubscribe"):
        mailing.ingest({"kind": kind, "metadata": metadata})
    (delivery,) = mailing.rows("publisher/deliveries")
    assert (delivery["attempt"], delivery["smtp-response"]) == ("0", None)
    assert mailing.rows("ms/deliveries")[0]["attempts"] == 1
    assert mailing.rows("publisher/errors")[0]["errorcode"] is None
    assert mailing.rows("ms/abuses")[0]["report"] == {}
    assert mailing.rows("publisher/unsubscribes")[0]["success"] is True


def test_a_coarse_account_shows_no_person(mailing: Mailing) -> None:
    catalog = open_catalog(Settings(data=str(mailing.server.data)))
    catalog.change_account(int(mailing.account), privacy=Privacy.COARSE)
    catalog.close()
    mailing.get("identity")  # the server notices
    (made,) = mailing.address([{}])["data"]
    mailing.fetch(made["pixel"])
    (row,) = mailing.rows("publisher/impressions")
    assert (row["ip"], row["useragent"], row["referer"]) == (None, None, None)
    assert (row["device"], row["destination"]) == ("mobile", made["destination"])


# ── the door ──────────────────────────────────────────────────────────────────────────────────


def test_the_limit_of_requests_is_told_with_when_to_come_back(start_server: StartServer) -> None:
    server = start_server(requests_per_minute=2)
    for path in ("/v4/identity", "/impressions"):
        assert server.client.get(path).status_code == 200
    response = server.client.get("/v2/ms/impressions")
    assert "Try again" in refused(response, 429)
    assert 1 <= int(response.headers["retry-after"]) <= 60


def test_lists_of_events_are_answered_503_while_their_store_is_away(
    start_server: StartServer,
) -> None:
    server = start_server(store_url="clickhouse://127.0.0.1:9/default", read_wait_seconds=0.1)
    client = server.client
    emailing = client.post("/v4/ms/emailings", json={}).headers["x-created"]
    made = client.post(f"/v4/ms/emailing/{emailing}/links", json={"destinations": [{}]}).json()
    pixel = httpx.URL(made["data"][0]["pixel"]).raw_path.decode()
    assert client.get(pixel, headers={"User-Agent": PHONE}).headers["x-footfall"] == "recorded"
    paths = [f"/v4/publisher/{name}" for name in EVENTS]
    paths += ["/impressions", "/v2/ms/clicks", "/v4/publisher/emailings"]
    paths += [f"/v4/ms/emailing/{emailing}/statistics", "/v4/ms/destination/1/statistics"]
    for path in paths:
        response = client.get(path)
        assert refused(response, 503) == UNAVAILABLE
        assert int(response.headers["retry-after"]) > 0
    assert "GET /v2/ms/clicks: " in server.log.read_text()
    assert client.get("/v4/ms/emailings").json()["count"] == 1


def test_no_token_is_in_the_servers_log(server: RunningServer, mailing: Mailing) -> None:
    for path in ("/impressions", "/v4/publisher/impressions", "/v4/nothing", "/v2/profile/x"):
        mailing.anybody.get(path, params={"access_token": mailing.key})
    mailing.anybody.get("/v4/identity", params={"access_token": "oqr_wrongWrongWrong"})
    log = server.log.read_text()
    assert mailing.key not in log
    assert "oqr_wrongWrong" not in log


def test_answers_are_json_that_names_no_character_set(mailing: Mailing) -> None:
    for path in ("/v4/publisher/impressions", "/v4/nothing", "/v1/identity", "/v3/profile/0"):
        answer = mailing.client.get(path)
        assert answer.headers["content-type"] == "application/json"
        json.loads(answer.content)


def test_a_form_that_would_be_cut_is_refused(mailing: Mailing) -> None:
    form = {f"fields[a{number}]": "x" for number in range(1_001)}
    for count, status in ((1_001, 400), (1_000, 201)):
        some = dict(list(form.items())[:count])
        answered = mailing.client.post("/v4/profiles", data=some)
        assert answered.status_code == status, answered.text
    assert "1000 variables" in mailing.client.post("/v4/profiles", data=form).text
