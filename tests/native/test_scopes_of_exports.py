"""Who may remove the file of an export."""

import httpx

from footfall.config import Settings
from footfall.core.accounts import Scope
from footfall.opening import open_catalog
from tests.running import RunningServer


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
