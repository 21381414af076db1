"""A new API gets its document, errors, limits, scopes and isolation from its rows (`toy.py`)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio

from footfall.api.openapi import document_of
from footfall.core.accounts import Scope
from tests.dialects import toy
from tests.dialects.contract import Contract
from tests.dialects.routes import described_routes
from tests.support.in_process import InProcess, running

LINES_MAX = 120
PER_MINUTE = 100
OCCURRED_AT = 1_790_000_000_000

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcess]:
    data = tmp_path_factory.mktemp("toy") / "data"
    async with running(data, toy.router, requests_per_minute=PER_MINUTE) as app:
        with app.footfall.catalog.writing() as session:
            toy.Base.metadata.create_all(session.connection())
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def owner(app: InProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Of an account of its own."""
    _, key = app.footfall.catalog.create_account("Owner", "owner@example.org")
    async with app.client(key) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def bell(owner: httpx.AsyncClient) -> dict[str, Any]:
    answer = await owner.post("/toy/bells", json={"name": "Front door"})
    assert answer.status_code == 201, answer.text
    bell: dict[str, Any] = answer.json()
    return bell


@pytest.fixture
def contract(owner: httpx.AsyncClient) -> Contract:
    return Contract(toy.TOY, toy.OPERATIONS, owner)


async def test_a_new_api_costs_few_lines() -> None:
    assert len(Path(toy.__file__).read_text().splitlines()) < LINES_MAX


async def test_its_document_describes_every_route() -> None:
    document = document_of(toy.TOY, toy.OPERATIONS)
    described = {(one.method, one.path) for one in toy.OPERATIONS}
    assert {(method, f"/toy{path.replace('{id}', '{}')}") for method, path in described} == (
        described_routes(document)
    )
    changed = document["components"]["schemas"]["BellChange"]
    jsonschema.validate({"name": "Back door"}, changed)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": ""}, changed)


async def test_a_bell_is_put_up_listed_renamed_and_taken_down(
    owner: httpx.AsyncClient, bell: dict[str, Any]
) -> None:
    path = f"/toy/bells/{bell['id']}"
    renamed = await owner.patch(path, json={"name": "Back door"})
    assert renamed.json() == bell | {"name": "Back door"}
    assert (await owner.get("/toy/bells")).json() == [renamed.json()]
    assert (await owner.get(path)).json() == renamed.json()
    assert (await owner.delete(path)).status_code == 204
    assert (await owner.get(path)).json() == {"problem": "No such bell."}


async def test_who_rang_is_listed(
    app: InProcess, owner: httpx.AsyncClient, bell: dict[str, Any]
) -> None:
    tracker = app.footfall.catalog.tracker(bell["id"])
    assert tracker is not None
    event = {"kind": "scan", "tracker": tracker.id, "country": "NL", "occurred_at": OCCURRED_AT}
    assert (await owner.post("/events", json=event)).json()["stored"] == 1
    rings = await owner.get(f"/toy/bells/{bell['id']}/rings", params={"limit": 5})
    assert rings.json() == [{"at": "2026-09-21T14:13:20Z", "country": "NL"}]
    none = await owner.get(f"/toy/bells/{bell['id']}/rings", params={"limit": 0})
    assert (none.status_code, list(none.json())) == (400, ["problem"])


async def test_it_needs_a_key_and_a_scope(app: InProcess, contract: Contract) -> None:
    async with app.client("oqr_unknownUnknownUnknown") as nobody:
        await contract.needs_a_key(nobody)
    async with app.client() as nobody:
        await contract.needs_a_key(nobody)
    account, _ = app.footfall.catalog.create_account("Reader", "reader@example.org")
    key, _ = app.footfall.catalog.create_key(account.id, "read", frozenset({Scope.READ}))
    async with app.client(key) as reader:
        await contract.needs_a_scope(reader)


async def test_what_is_no_json_object_is_refused_in_its_own_form(contract: Contract) -> None:
    await contract.refuses_other_bodies()


async def test_no_account_sees_or_touches_anothers(
    app: InProcess, owner: httpx.AsyncClient, contract: Contract, bell: dict[str, Any]
) -> None:
    _, key = app.footfall.catalog.create_account("Stranger", "stranger@example.org")
    async with app.client(key) as stranger:
        await contract.finds_nothing(stranger, {"name": "Mine"}, id=bell["id"])
        assert (await stranger.get("/toy/bells")).json() == []
    assert (await owner.get("/toy/bells")).json() == [bell]


async def test_a_caller_has_so_many_requests_a_minute(owner: httpx.AsyncClient) -> None:
    answers = [await owner.get("/toy/bells") for _ in range(PER_MINUTE + 1)]
    assert [one.status_code for one in answers] == [200] * PER_MINUTE + [429]
    assert answers[-1].headers["retry-after"]
    assert list(answers[-1].json()) == ["problem"]
