"""Everflow's API: every operation, at the vendor's own paths below `/v1/networks`, `/v1/affiliates`
and `/v1/meta`.

https://developers.everflow.io; docs/dialects/everflow.md says what is served, and what was chosen
where the vendor does not say.
"""

from pathlib import Path
from typing import Any, Final

from litestar import Router

from footfall.api import openapi
from footfall.api.operations import operations_of
from footfall.api.parts import Parts
from footfall.api.router import router_of
from footfall.dialects.everflow import (
    affiliates,
    dashboard,
    extracts,
    links,
    meta,
    networks,
    offer_table,
    raw_rows,
    reports,
    resources,
)
from footfall.dialects.everflow.dialect import EVERFLOW, Everflow
from footfall.dialects.everflow.index import Index

OPERATIONS: Final = operations_of(
    *(resources, networks, meta, offer_table, links),
    *(raw_rows, dashboard, reports, affiliates, extracts),
)


def router(parts: Parts, index: Index) -> Router:
    """All routes of this dialect. `index` is what the hot paths ask too."""
    return router_of(EVERFLOW, OPERATIONS, Everflow(parts, index))


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    return openapi.document_of(EVERFLOW, OPERATIONS, Path(__file__).with_name("examples.json"))
