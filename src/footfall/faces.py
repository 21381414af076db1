"""The faces of the server: their routes, their documents, and who answers for other paths."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Router
from litestar.handlers import BaseRouteHandler

from footfall.core.errors import InvalidRequest
from footfall.dialects import Parts, openapi
from footfall.dialects.copernica import api as copernica
from footfall.dialects.copernica import operations as copernica_operations
from footfall.dialects.copernica.face import answer_http_error as answer_copernicas_client
from footfall.dialects.everflow import api as everflow
from footfall.dialects.everflow import face as everflow_face
from footfall.dialects.everflow import operations as everflow_operations
from footfall.dialects.everflow.index import Index
from footfall.dialects.openqr import api as openqr
from footfall.dialects.openqr import operations as openqr_operations
from footfall.dialects.openqr.face import answer_unmatched
from footfall.dialects.passentry import api as passentry
from footfall.dialects.passentry import operations as passentry_operations
from footfall.dialects.vantio import api as vantio
from footfall.dialects.vantio import operations as vantio_operations
from footfall.dialects.vantio.face import answer_unmatched as answer_unmatched_below_api
from footfall.native import api as native
from footfall.native import operations as native_operations

UNMATCHED: Final = {
    "/api/v1": answer_unmatched_below_api,
    **dict.fromkeys(copernica.PREFIXES, answer_copernicas_client),
    "/v1/networks": everflow_face.answer_http_error,
    "/v1/meta": everflow_face.answer_http_error,
    "/v1": answer_unmatched,
    "/": native.answer_http_error,
}
"""Who answers for a path that no face has, by prefix."""

DOCUMENTS: Final = {
    "native": native_operations.DOCUMENT,
    "openqr": openqr_operations.DOCUMENT,
    "vantio": vantio_operations.DOCUMENT,
    "passentry": passentry_operations.DOCUMENT,
    "copernica": copernica_operations.DOCUMENT,
    "everflow": everflow_operations.DOCUMENT,
}
"""OpenAPI documents by face."""


def routers(parts: Parts, index: Index) -> Sequence[Router | BaseRouteHandler]:
    """Of every face, and their documents."""
    return [
        openqr.router(parts),
        vantio.router(parts),
        copernica.router(parts),
        *passentry.routers(parts),
        everflow.router(parts, index),
        native.router(parts),
        *openapi.routes(DOCUMENTS),
    ]


def documents_of(face: str) -> dict[str, Any]:
    """Of one face, or of all when it is "". Raises InvalidRequest."""
    if face and face not in DOCUMENTS:
        raise InvalidRequest(f"There is no face {face}: one of {', '.join(DOCUMENTS)}.")
    return {face: DOCUMENTS[face]} if face else DOCUMENTS
