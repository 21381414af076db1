"""`GET /docs`: a page with links to the documents of every API. No key and no script."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from footfall.api import pages
from footfall.web.dashboard import plain

Documents = Callable[[], Mapping[str, Mapping[str, Any]]]


def routes(documents: Documents) -> list[HTTPRouteHandler]:
    """`documents` gives the OpenAPI document of each API by its name."""

    @get("/docs", include_in_schema=False, sync_to_thread=True)
    def docs() -> Response[bytes]:
        items = "".join(
            f'<li><a href="/openapi/{escape(name)}.json">{escape(one["info"]["title"])}</a>:'
            f" {_count(one)} operations</li>"
            for name, one in documents().items()
        )
        return plain(200, pages.documents(items))

    return [docs]


def _count(document: Mapping[str, Any]) -> int:
    return sum(len(operations) for operations in document["paths"].values())
