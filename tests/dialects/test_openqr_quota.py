"""How many codes a key and an account may create in an hour."""

import httpx

from tests.conftest import StartServer
from tests.support.running import RunningServer

CODE = {"destination": "https://example.org"}


def create(server: RunningServer, secret: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.post(f"{server.url}/v1/dynamic", json=CODE, headers=headers)


def make_key(server: RunningServer, creations_per_hour: int | None) -> str:
    body = {"name": "k", "scopes": ["read", "write"], "creations_per_hour": creations_per_hour}
    made = server.client.post("/keys", json=body).json()
    assert made["creations_per_hour"] == creations_per_hour
    return str(made["secret"])


def test_a_key_with_a_limit_of_its_own_is_counted_by_itself(start_server: StartServer) -> None:
    server = start_server(creations_per_hour=2)
    own, plain, other = make_key(server, 3), make_key(server, None), make_key(server, None)
    taken = [create(server, secret).status_code for secret in (plain, other, plain, own, own, own)]
    assert taken == [201, 201, 429, 201, 201, 201]
    refused = create(server, own)
    assert (refused.status_code, refused.headers["X-RateLimit-Limit"]) == (429, "3")
    assert create(server, plain).headers["X-RateLimit-Limit"] == "2"


def test_the_refusal_names_the_settings(start_server: StartServer) -> None:
    server = start_server(creations_per_hour=1)
    secret = make_key(server, None)
    create(server, secret)
    error = create(server, secret).json()["error"]
    assert "FOOTFALL_CREATIONS_PER_HOUR" in error
    assert "footfall keys create --creations-per-hour" in error


def test_a_limit_of_a_key_that_is_not_positive_is_refused(server: RunningServer) -> None:
    body = {"name": "k", "scopes": ["read"], "creations_per_hour": 0}
    assert "creations_per_hour" in server.client.post("/keys", json=body).json()["error"]
