"""Who may remove the file of an export."""

import httpx

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from tests.support.running import RunningServer


def test_a_key_that_may_only_read_makes_an_export_and_removes_none(place: RunningServer) -> None:
    export = place.client.post("/exports", json={"format": "csv"}).json()["id"]
    catalog = open_catalog(Settings(data=str(place.data)))
    reading, _ = catalog.create_key(1, "reads", frozenset({Scope.READ}))
    writing, _ = catalog.create_key(1, "writes", frozenset({Scope.WRITE}))
    catalog.close()
    path = f"{place.url}/exports/{export}"
    refused = httpx.delete(path, headers={"Authorization": f"Bearer {reading}"})
    assert refused.status_code == 403
    assert place.client.get(f"/exports/{export}").status_code == 200
    removed = httpx.delete(path, headers={"Authorization": f"Bearer {writing}"})
    assert removed.status_code == 204


def test_the_same_of_everflow(place: RunningServer) -> None:
    catalog = open_catalog(Settings(data=str(place.data)))
    reading, _ = catalog.create_key(1, "reads", frozenset({Scope.READ}))
    writing, _ = catalog.create_key(1, "writes", frozenset({Scope.WRITE}))
    catalog.close()
    path = f"{place.url}/v1/networks/reporting/impressions/export"
    asked = {"from": "2026-07-01", "to": "2026-07-02", "timezone_id": 67, "format": "csv"}
    reads, writes = {"X-Eflow-API-Key": reading}, {"X-Eflow-API-Key": writing}
    made = httpx.post(path, json=asked, headers=reads)
    assert made.status_code == 202, made.text
    export = f"{place.url}{made.headers['location']}"
    assert httpx.delete(export, headers=reads).status_code == 403
    assert httpx.get(export, headers=reads).status_code == 200
    assert httpx.delete(export, headers=writes).status_code == 204
    assert httpx.get(export, headers=reads).status_code == 404
