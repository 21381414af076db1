"""Vantio's routes, at the vendor's own paths below `/api/v1`.

https://docs.vantio.app/api-reference/introduction; docs/dialects/vantio.md says what is served,
and what was chosen where the vendor does not say.
"""

from litestar import Router
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from footfall.dialects import Parts
from footfall.dialects.admission import Connection, tell_limits
from footfall.dialects.vantio import campaign_routes, result_routes, webhook_routes
from footfall.dialects.vantio.face import ERROR_HANDLERS, PREFIX, Face


def router(parts: Parts) -> Router:
    """All routes of this dialect. Another vendor's router has the same path and other routes."""
    face = Face(parts)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        # Litestar copies a router in depth: it leaves functions alone, but would copy the parts
        # that a method is bound to.
        await face.admit(connection)

    return Router(
        path=PREFIX,
        route_handlers=[
            *campaign_routes.ROUTES,
            *result_routes.ROUTES,
            *webhook_routes.ROUTES,
        ],
        dependencies={"face": Provide(lambda: face, sync_to_thread=False)},
        guards=[admit],
        middleware=[tell_limits],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=parts.settings.body_bytes_max,
        tags=["Vantio"],
    )
