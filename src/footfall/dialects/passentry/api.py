"""PassEntry's API: every operation, at the vendor's own paths below `/api/v1`, and the page of a
pass.

https://docs.passentry.com/api-reference/v1; docs/dialects/passentry.md says what is served, and
what was chosen where the vendor does not say.
"""

from pathlib import Path
from typing import Any, Final

from litestar import Router
from msgspec.structs import replace

from footfall.api import openapi
from footfall.api.operations import operations_of, with_examples
from footfall.api.parts import Parts
from footfall.api.router import route_handler, router_of
from footfall.dialects.passentry import (
    configuration,
    entities,
    events,
    loyalty,
    offline,
    page,
    passes,
    readers,
    scan_list,
    scans,
    templates,
    webhooks,
)
from footfall.dialects.passentry.dialect import PASSENTRY, PassEntry

OPERATIONS: Final = (
    *operations_of(entities, configuration, events, readers, templates, passes, loyalty),
    *operations_of(scans, scan_list, offline, webhooks),
    # The vendor's plugin for WooCommerce writes this path with an underscore.
    *(
        replace(one, path=one.path.replace("pass-templates", "pass_templates"))
        for one in operations_of(templates)
    ),
)
DESCRIBED: Final = (*PASSENTRY.described(OPERATIONS), page.show_page)
"""With their whole paths."""


def routers(parts: Parts) -> tuple[Router, Router]:
    """All routes of this dialect: below `/api/v1`, and the page that holders of a pass see."""
    api = PassEntry(parts)
    shown = route_handler(PASSENTRY, page.show_page, api, PASSENTRY.limit(parts.settings))
    return router_of(PASSENTRY, OPERATIONS, api), Router(path="/", route_handlers=[shown])


def document() -> dict[str, Any]:
    """Its OpenAPI document."""
    examples = Path(__file__).with_name("examples.json")
    return openapi.document(PASSENTRY.title, PASSENTRY.error, with_examples(DESCRIBED, examples))
