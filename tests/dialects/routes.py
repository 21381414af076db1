"""The routes of an API, as the application serves them and as its document describes them."""

import re
from pathlib import Path
from typing import Any

from litestar.routes import HTTPRoute

from footfall import bootstrap
from footfall.app import Footfall
from footfall.config import Settings
from footfall.dialects.everflow.index import Index
from footfall.runtime.background import Background

Routes = set[tuple[str, str]]
"""Method and path; parameters have no names."""


async def served_routes(directory: Path, tag: str) -> Routes:
    """Of the API whose routes have this tag. `directory` is a new data directory."""
    return await _routes(directory, tag)


async def framework_routes(directory: Path) -> Routes:
    """Every route of the framework. `directory` is a new data directory."""
    return await _routes(directory, "")


async def _routes(directory: Path, tag: str) -> Routes:
    settings = Settings(data=str(directory))
    catalog = bootstrap.open_catalog(settings)
    footfall = Footfall(
        settings, catalog, bootstrap.open_store(settings), Background(1), bootstrap.now
    )
    framework = footfall.framework(footfall.parts(), Index(catalog))
    footfall.journal.close()
    catalog.close()
    return {
        (method, _nameless(route.path))
        for route in framework.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS" and (not tag or tag in handler.resolve_tags())
    }


def described_routes(document: dict[str, Any]) -> Routes:
    return {
        (method.upper(), _nameless(path))
        for path, methods in document["paths"].items()
        for method in methods
    }


def _nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
