"""Catalogs in this process. Their tables are made once and copied: migrations take 75 ms of CPU."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.connections import sqlite_url
from footfall.core.ids import Clock

NAME = "catalog.db"


def new_catalog(directory: Path, clock: Clock) -> SqlCatalog:
    """An empty one in this directory, which has none yet."""
    database = directory / NAME
    assert not database.exists(), "a copy would replace its rows"
    shutil.copyfile(Path(_empty().name) / NAME, database)
    return SqlCatalog(sqlite_url(database), clock)


@cache
def _empty() -> "tempfile.TemporaryDirectory[str]":
    made = tempfile.TemporaryDirectory()
    SqlCatalog(sqlite_url(Path(made.name) / NAME), lambda: 0).close()
    return made
