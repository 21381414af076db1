"""PassEntry's routes, at the vendor's own paths below `/api/v1`, and the download page of passes.

https://docs.passentry.com/api-reference/v1; docs/dialects/passentry.md says what is served, and
what was chosen where the vendor does not say.
"""

from litestar import Router
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from footfall.api.auth import Connection
from footfall.api.parts import Parts
from footfall.dialects.passentry.api import (
    download,
    entities,
    offline,
    passes,
    readers,
    scans,
    templates,
    webhooks,
)
from footfall.dialects.passentry.face import ERROR_HANDLERS, Face, finish

HANDLERS = (
    *entities.HANDLERS,
    *readers.HANDLERS,
    *templates.HANDLERS,
    *passes.HANDLERS,
    *scans.HANDLERS,
    *offline.HANDLERS,
    *webhooks.HANDLERS,
)


def routers(parts: Parts) -> tuple[Router, Router]:
    """All routes of this dialect: below `/api/v1`, and the page that holders of a pass see."""
    face = Face(parts)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        # Litestar copies a router in depth: it leaves functions alone, but would copy the parts
        # that a method is bound to.
        await face.admit(connection)

    dependencies = {"face": Provide(lambda: face, sync_to_thread=False)}
    api = Router(
        path="/api/v1",
        route_handlers=list(HANDLERS),
        dependencies=dependencies,
        guards=[admit],
        middleware=[finish],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=parts.settings.body_bytes_max,
        tags=["PassEntry"],
    )
    page = Router(path="/", route_handlers=[download.show], dependencies=dependencies)
    return api, page
