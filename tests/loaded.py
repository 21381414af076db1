"""What a forked server finds loaded: the program, but for the engine, which begins with threads."""

import importlib

from footfall.capture.enrichment import warm_up

# Not `footfall.cli.main`: it asks the environment how wide a terminal is.
for name in ("alembic.command", "uvloop", "typer", "rich.progress", "rich.table", "footfall.app"):
    importlib.import_module(name)
warm_up()
