"""Vantio's API: every operation, at the vendor's own paths below `/api/v1`.

https://docs.vantio.app/api-reference/introduction; docs/dialects/vantio.md says what is served,
and what was chosen where the vendor does not say.
"""

from pathlib import Path
from typing import Any, Final

from litestar import Router

from footfall.api import openapi
from footfall.api.operations import operations_of
from footfall.api.parts import Parts
from footfall.api.router import router_of
from footfall.dialects.vantio import impressions, posters, programs, referrals, webhooks
from footfall.dialects.vantio.dialect import VANTIO, Vantio

OPERATIONS: Final = operations_of(programs, posters, impressions, referrals, webhooks)


def router(parts: Parts) -> Router:
    """All routes of this dialect. Another vendor's router has the same path and other routes."""
    return router_of(VANTIO, OPERATIONS, Vantio(parts))


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    return openapi.document_of(VANTIO, OPERATIONS, Path(__file__).with_name("examples.json"))
