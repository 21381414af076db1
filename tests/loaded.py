"""What a forked server finds loaded: the program, but for the engine, which begins with threads."""

import importlib

from footfall.core.enrichment import warm_up

for name in ("alembic.command", "uvloop", "footfall.cli", "footfall.app"):
    importlib.import_module(name)
warm_up()
