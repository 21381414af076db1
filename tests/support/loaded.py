"""What a forked server finds loaded: the program, but for the engine, which begins with threads."""

import gc
import importlib

from sqlalchemy.orm import configure_mappers

from footfall.capture.enrichment import warm_up

LAZY = (
    "alembic.command",
    "uvloop",
    "typer",
    "typer._adapters",
    "rich.progress",
    "rich.table",
    "numpy",
    "pydantic",
    "litestar.plugins.pydantic",
    "litestar.plugins.attrs",
    "footfall.app",
)
"""What a start imports late. Not `footfall.cli.main`: it asks the environment how wide a terminal
is."""

for name in LAZY:
    importlib.import_module(name)
configure_mappers()
warm_up()
# No collection of a forked server looks at these objects, nor copies their pages.
gc.collect()
gc.freeze()
