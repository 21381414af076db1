"""What holds for every operation of the Vantio dialect: it is described, its accounts are apart."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from footfall.api.openapi import Operation
from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.dialects.vantio.api import OPERATIONS as ROWS
from footfall.dialects.vantio.api import document
from footfall.dialects.vantio.dialect import VANTIO
from tests.dialects.routes import described_routes, served_routes
from tests.dialects.vantio import Campaign, call, refused
from tests.support.running import RunningServer

OPERATIONS = VANTIO.described(ROWS)

Names = dict[str, str]


async def test_every_route_is_described_and_every_description_has_a_route(tmp_path: Path) -> None:
    assert described_routes(document()) == await served_routes(tmp_path, "Vantio")


# ── accounts apart ────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def ours(server: RunningServer) -> Names:
    """What the first account has: ids by resource."""
    campaign = Campaign(server)
    impression = campaign.scan()
    referral = campaign.refer(impression)["id"]
    campaign.convert(referral)
    hook = call(server, "POST", "/webhooks", json={"url": "https://example.org/hook"})
    return {
        "programs": campaign.program,
        "users": campaign.student,
        "posters": campaign.poster["id"],
        "impressions": impression,
        "referrals": referral,
        "earnings": campaign.earn(referral)["id"],
        "webhooks": hook["id"],
    }


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> Iterator[httpx.Client]:
    """The admin of a second account, with nothing in it."""
    catalog = open_catalog(Settings(data=str(server.data)))
    _, secret = catalog.create_account("Second", "second@example.org")
    catalog.close()
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        yield client


BODIES = {
    "/api/v1/users": {
        "program_id": "programs",
        "first_name": "=Kim",
        "last_name": "=Park",
        "email": "=kim@example.edu",
    },
    "/api/v1/posters": {"program_id": "programs", "student_id": "users"},
    "/api/v1/referrals": {
        "impression_id": "impressions",
        "first_name": "=Ana",
        "last_name": "=Diaz",
        "email": "=ana@example.com",
    },
    "/api/v1/earnings": {"referral_id": "referrals", "amount": "=5"},
}
"""What names something of another account: the resource, or after `=` a text."""


def body_of(one: Operation, ours: Names) -> dict[str, object]:
    named = BODIES.get(one.path, {}) if one.method == "POST" else {}
    texts = {name: ours.get(value, value.removeprefix("=")) for name, value in named.items()}
    return {name: int(text) if name == "amount" else text for name, text in texts.items()}


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_no_account_sees_or_touches_anothers(
    server: RunningServer, stranger: httpx.Client, ours: Names, one: Operation
) -> None:
    resource = one.path.split("/")[3]
    path = one.path.replace("{id}", ours.get(resource, "")).replace("{number}", "1")
    if one.keyless:
        assert httpx.get(server.url + path).status_code == 200, "as public as the poster"
        return
    makes_its_own = one.method == "POST" and one.path in ("/api/v1/programs", "/api/v1/webhooks")
    if makes_its_own:
        return
    before = shown(server, ours)
    body = {"json": body_of(one, ours)} if one.body is not None else {}
    response = stranger.request(one.method, path, **body)  # type: ignore[arg-type]
    if "{id}" in one.path or one.method == "POST":
        refused(response, 404)
    elif resource == "funnel":
        assert response.json()["groups"] == []
    else:
        assert response.json() == {resource: []}
        assert filtered(stranger, path, ours) == [{resource: []}] * len(FILTERS)
    assert shown(server, ours) == before


FILTERS = {
    "programId": "programs",
    "posterId": "posters",
    "studentId": "users",
    "impression_id": "impressions",
    "referral_id": "referrals",
}


def filtered(client: httpx.Client, path: str, ours: Names) -> list[object]:
    return [
        client.get(path, params={name: ours[resource]}).json() for name, resource in FILTERS.items()
    ]


def shown(server: RunningServer, ours: Names) -> list[object]:
    return [call(server, "GET", f"/{resource}/{id}") for resource, id in ours.items()]


def test_a_strangers_row_is_no_cursor(stranger: httpx.Client, ours: Names) -> None:
    for resource in ("programs", "users", "posters", "referrals", "earnings"):
        response = stranger.get(f"/api/v1/{resource}", params={"cursor": ours[resource]})
        assert "cursor" in refused(response, 400)
