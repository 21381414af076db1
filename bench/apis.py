"""Lists over a store of e-mail opens and ad impressions: Copernica's pages, near and far, and
Everflow's raw stream and reports, as their clients ask for them.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
from httpx import Response

from bench.measures import Measure, at_most
from bench.mixed import AFFILIATES
from bench.prepared import server_on
from bench.reading import size
from bench.sample import Asked, Rate, Times, sample
from footfall.cli.demo.generate import Subject
from tests.support.running import RunningServer

SUBJECT: Final = "apis"
OFFERS: Final = 20
DAYS: Final = 13
FAR: Final = 1_000_000
TIMES: Final = 9

Advance = Callable[[int], None]


def measure(directory: Path, events: int, advance: Advance) -> list[Measure]:
    directory.mkdir(parents=True, exist_ok=True)
    with closing(server_on(directory)) as server:
        server.start()
        subjects = make_resources(server)
        server.stop()
        asked = Asked(
            kind="mix", directory=str(directory), events=events, days=DAYS, subjects=subjects
        )
        sample(asked, Rate, lambda line: advance(int(line)) if line.isdigit() else None)
        server.start()
        pages = ask_pages(server)
        ads = ask_ads(server, [subject.tracker for subject in subjects[1:]])
        server.stop()
    bare = sample(msgspec.structs.replace(asked, kind="stream"), Times).milliseconds["stream"]
    return report(size(events), pages, ads, bare)


def make_resources(server: RunningServer) -> list[Subject]:
    """An emailing, and offers and affiliates."""

    def post(path: str, body: Any) -> Any:
        headers = {"X-Eflow-API-Key": server.key}
        response = server.client.post(path, json=body, headers=headers)
        assert response.is_success, response.text
        return response

    made = post("/v4/publisher/emailings", {"subject": "Spring"})
    emailing = made.headers["x-created"]
    shown = server.client.get(f"/v4/publisher/emailing/{emailing}").json()
    maker = post("/v1/networks/advertisers", {"name": "Maker"}).json()["network_advertiser_id"]
    for number in range(AFFILIATES):
        post("/v1/networks/affiliates", {"name": f"Affiliate {number}"})
    offers = []
    for number in range(OFFERS):
        body = {
            "name": f"Offer {number}",
            "network_advertiser_id": maker,
            "destination_url": "https://example.org/",
        }
        offers.append(post("/v1/networks/offers", body).json()["network_offer_id"])
    return [Subject(int(shown["tracker"]), emailing), *(Subject(offer, "") for offer in offers)]


def timed(ask: Callable[[], Response]) -> tuple[float, Any]:
    """The median in milliseconds after one that warms up, until the whole answer is there, and the
    last answer, read."""
    taken = []
    answer = ask()
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    return median(taken), answer.json()


def ask_pages(server: RunningServer) -> dict[str, float]:
    path = "/v4/publisher/impressions"

    def ask(**query: Any) -> tuple[float, Any]:
        return timed(lambda: server.client.get(path, params={"limit": 1000, **query}))

    first, _ = ask(start=0)
    far, answer = ask(start=FAR)
    found = {"first": first, "far": far}
    if answer["data"]:
        last = int(answer["data"][0]["ID"]) - 1
        found["by id"], by_id = ask(**{"fields[]": f"ID>{last}"})
        assert by_id["data"] == answer["data"]
    found["first, without a total"], _ = ask(start=0, total="false")
    found["far, without a total"], _ = ask(start=FAR, total="false")
    return found


def ask_ads(server: RunningServer, offers: list[int]) -> dict[str, float]:
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    body = {
        "from": f"{until - timedelta(days=DAYS):%Y-%m-%d %H:%M:%S}",
        "to": f"{until:%Y-%m-%d %H:%M:%S}",
        "timezone_id": 67,
        "query": {
            "filters": [
                {"resource_type": "offer", "filter_id_value": str(offers[3])},
                {"resource_type": "offer", "filter_id_value": str(offers[4])},
                {"resource_type": "country_code", "filter_id_value": "NL"},
            ],
            "exclusions": [{"resource_type": "affiliate", "filter_id_value": "7"}],
        },
    }
    headers = {"X-Eflow-API-Key": server.key}

    def ask(path: str, **more: Any) -> tuple[float, Any]:
        url = f"/v1/networks/reporting/{path}"
        return timed(lambda: server.client.post(url, json={**body, **more}, headers=headers))

    found = {}
    found["stream"], answer = ask("impressions/stream")
    assert len(answer["impressions"]) == min(10_000, answer["total_count"])
    found["rows"] = float(len(answer["impressions"]))
    columns = [{"column": "offer"}, {"column": "country"}]
    found["report"], _ = ask("entity/table", columns=columns, currency_id="USD")
    return found


def report(name: str, pages: dict[str, float], ads: dict[str, float], bare: float) -> list[Measure]:
    first = pages["first"]
    measures = [
        Measure(
            SUBJECT,
            f"Copernica's page at start=1 000 000 / its first, {name}",
            pages["far"] / first,
            target=at_most(3),
            note=f"1,000 rows: {pages['far']:.0f} ms / {first:.0f} ms",
        ),
        Measure(
            SUBJECT,
            f"the same page by fields[]=ID>… / the first, {name}",
            pages["by id"] / first if "by id" in pages else None,
            target=at_most(1.2),
            note="" if "by id" in pages else "the store is smaller than that",
        ),
        Measure(
            SUBJECT,
            f"Everflow's raw stream / the engine's own query, {name}",
            ads["stream"] / bare,
            target=at_most(2),
            note=f"{ads['rows']:,.0f} rows, three filters: {ads['stream']:.0f} ms / {bare:.0f} ms",
        ),
        Measure(SUBJECT, f"Everflow's report by offer and country, {name}", ads["report"], "ms"),
    ]
    for what in ("first, without a total", "far, without a total"):
        measures.append(Measure(SUBJECT, f"Copernica's page, {what}, {name}", pages[what], "ms"))
    return measures
