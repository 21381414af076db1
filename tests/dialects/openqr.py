"""What the tests of the OpenQR dialect share."""

from typing import Any

import httpx

from tests.support.running import RunningServer

DESTINATION = "https://example.org/menu"


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The answer is OpenQR's error body with this status and code; returns its text."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["access-control-allow-origin"] == "*"
    body = response.json()
    assert set(body) == {"error", "code"}
    assert body["code"] == code
    assert len(body["error"]) > 10
    return str(body["error"])


def change(server: RunningServer, code: str, **fields: Any) -> dict[str, Any]:
    response = server.client.patch(f"/v1/dynamic/{code}", json=fields)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body
