"""What every dialect has to keep."""

import inspect

import httpx
import pytest

from footfall.api.errors import STATUS as SHARED
from footfall.core import errors
from footfall.dialects.copernica.dialect import COPERNICA
from tests.support.running import RunningServer

DIALECTS = {
    "copernica": {code: (COPERNICA.status(status), "") for code, status in SHARED.items()},
    "everflow": {code: (status, "") for code, status in SHARED.items()},
    "openqr": {code: (status, "") for code, status in SHARED.items()},
    "native": {code: (status, "") for code, status in SHARED.items()},
    "passentry": {code: (status, "") for code, status in SHARED.items()},
    "vantio": {code: (status, "") for code, status in SHARED.items()},
}


def test_every_core_error_is_answered_on_purpose() -> None:
    kinds = {
        kind.code: kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.FootfallError) and kind is not errors.FootfallError
    }
    for name, table in DIALECTS.items():
        assert set(kinds) <= set(table), f"{name} has no answer for {set(kinds) - set(table)}"
        for code, kind in kinds.items():
            status, _ = table[code]
            ours = {errors.StoreDefect: (500,), errors.Unavailable: (503,)}
            wanted = next((ours[one] for one in kind.__mro__ if one in ours), range(400, 500))
            assert status in wanted, f"{name}: {code}"


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        *(("/events", "Bearer"), ("/v1/dynamic", "Bearer"), ("/api/v1/programs", "Bearer")),
        *(("/api/v1/passes", "Bearer"), ("/v1/networks/offers", "ApiKey")),
    ],
)
def test_who_sends_no_key_is_told_how_to(server: RunningServer, path: str, scheme: str) -> None:
    """RFC 9110, section 15.5.2: a 401 has a challenge."""
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"X-Eflow-API-Key": "wrong"}):
        answer = httpx.get(f"{server.url}{path}", headers=headers)
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"].partition(" ")[0] == scheme


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_who_asks_from_elsewhere_without_a_key_is_told_how_to(
    server: RunningServer, path: str
) -> None:
    answer = httpx.get(f"{server.url}{path}", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
