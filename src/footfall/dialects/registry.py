"""The APIs of the server: their routes, their documents, and who answers for other paths."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from litestar import Router
from litestar.handlers import BaseRouteHandler

from footfall.api import openapi
from footfall.api.errors import unmatched_handler
from footfall.api.parts import Parts
from footfall.catalog.catalog import SqlCatalog
from footfall.core.errors import InvalidRequest
from footfall.dialects.copernica import api as copernica
from footfall.dialects.copernica.dialect import COPERNICA, TOKEN
from footfall.dialects.everflow import api as everflow
from footfall.dialects.everflow.dialect import EVERFLOW
from footfall.dialects.everflow.dialect import PREFIXES as EVERFLOWS_PREFIXES
from footfall.dialects.everflow.index import Index
from footfall.dialects.native import api as native
from footfall.dialects.native.dialect import NATIVE
from footfall.dialects.native.unknown_ids import UnknownIds
from footfall.dialects.openqr import api as openqr
from footfall.dialects.openqr.dialect import OPENQR
from footfall.dialects.passentry import api as passentry
from footfall.dialects.vantio import api as vantio
from footfall.dialects.vantio.dialect import answer_unmatched as answer_unmatched_below_api
from footfall.runtime.reader import Reader

UNMATCHED: Final = {
    "/api/v1": answer_unmatched_below_api,
    **dict.fromkeys(copernica.UNMATCHED_PREFIXES, unmatched_handler(COPERNICA)),
    **dict.fromkeys(EVERFLOWS_PREFIXES, unmatched_handler(EVERFLOW)),
    "/v1": unmatched_handler(OPENQR),
    "/": unmatched_handler(NATIVE),
}
"""Who answers for a path that no API has, by prefix."""

UNMATCHED_BY_PARAMETER: Final = {TOKEN: unmatched_handler(COPERNICA)}
"""Who answers for such a path to a request with this query parameter, whatever the prefix is: at
the root and below `/v1` several APIs have paths, and only one has its key in the query."""

APIS: Final = ("native", "openqr", "vantio", "passentry", "copernica", "everflow")


def routers(parts: Parts, index: Index) -> Sequence[Router | BaseRouteHandler]:
    """Of every API, and their documents."""
    return [
        openqr.router(parts),
        vantio.router(parts),
        copernica.router(parts),
        *passentry.routers(parts),
        everflow.router(parts, index),
        native.router(parts),
        *openapi.routes(documents, parts.settings.public_path),
    ]


def unknown_ids(catalog: SqlCatalog, reader: Reader) -> UnknownIds:
    """It knows the resources of every API: see `dialects.Parts.unknown_ids`."""
    return UnknownIds(catalog, reader)


@cache
def documents() -> dict[str, dict[str, Any]]:
    """OpenAPI documents by API. Made when they are first requested: it takes a tenth of a second,
    which nobody should wait for who starts a server."""

    return {
        "native": native.document(),
        "openqr": openqr.document(),
        "vantio": vantio.document(),
        "passentry": passentry.document(),
        "copernica": copernica.document(),
        "everflow": everflow.document(),
    }


def documents_of(api: str) -> dict[str, Any]:
    """Of one API, or of all when it is "". Raises InvalidRequest."""
    if api and api not in APIS:
        raise InvalidRequest(f"There is no API {api}: one of {', '.join(APIS)}.")
    return {api: documents()[api]} if api else documents()
