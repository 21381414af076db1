"""OpenQR's API: every operation, at the vendor's own paths below `/v1`.

https://openqr.uk/openapi.json; docs/dialects/openqr.md says what is served, and what was chosen
where the vendor does not say.
"""

from pathlib import Path
from typing import Any, Final

from litestar import Router

from footfall.api import openapi
from footfall.api.operations import operation, operations_of
from footfall.api.parts import Parts
from footfall.api.router import router_of
from footfall.dialects.openqr import answers, codes, history, images, themes
from footfall.dialects.openqr.dialect import OPENQR, Call, OpenQR


@operation("GET /", "What is here", answer=answers.Index, keyless=True, inline=True)
def discover(_: Call) -> answers.Index:
    return INDEX


OPERATIONS: Final = (discover, *operations_of(images, codes, history, themes))

INDEX: Final = answers.Index(
    name="OpenQR API, served by Footfall",
    version="v1",
    authentication="Authorization: Bearer oqr_…",
    endpoints={f"{one.method} {one.path}": one.summary for one in OPENQR.described(OPERATIONS)},
)


def router(parts: Parts) -> Router:
    """All routes of this dialect."""
    return router_of(OPENQR, OPERATIONS, OpenQR(parts))


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    return openapi.document_of(OPENQR, OPERATIONS, Path(__file__).with_name("examples.json"))
