"""Everflow's routes, at the vendor's own paths below `/v1/networks`, `/v1/affiliates`, `/v1/meta`.

https://developers.everflow.io; docs/dialects/everflow.md says what is served, and what was chosen
where the vendor does not say.
"""

from litestar import Router
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from footfall.api.auth import Connection, tell_limits
from footfall.api.parts import Parts
from footfall.dialects.everflow import (
    affiliate_routes,
    dashboard,
    extract_routes,
    link_routes,
    meta,
    noun_routes,
    offer_table,
    report_routes,
    stream_routes,
)
from footfall.dialects.everflow.face import (
    ERROR_HANDLERS,
    Face,
)
from footfall.dialects.everflow.index import Index


def router(parts: Parts, index: Index) -> Router:
    """All routes of this dialect. `index` is what the hot path asks too."""
    face = Face(parts, index)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        # Litestar copies a router in depth: it leaves functions alone, but would copy the parts
        # that a method is bound to.
        await face.admit(connection)

    return Router(
        path="/",
        route_handlers=[
            *meta.ROUTES,
            *affiliate_routes.ROUTES,
            *dashboard.ROUTES,
            *offer_table.ROUTES,
            *noun_routes.ROUTES,
            *link_routes.ROUTES,
            *stream_routes.ROUTES,
            *report_routes.ROUTES,
            *extract_routes.ROUTES,
        ],
        dependencies={"face": Provide(lambda: face, sync_to_thread=False)},
        guards=[admit],
        middleware=[tell_limits],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=parts.settings.body_bytes_max,
        tags=["Everflow"],
    )
