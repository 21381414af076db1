"""Brings a catalog to the newest schema with Alembic's migrations, from code at every start."""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

MIGRATIONS: Final = Path(__file__).parent / "migrations"
HEAD: Final = "0010"
"""The newest migration: a test holds it to Alembic's own opinion. Known here so that a start with
nothing to do need not load Alembic, which takes longer than the rest of the catalog."""


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing. All in one transaction: interrupted, none is."""
    with engine.begin() as connection:
        revision = None
        if inspect(connection).has_table("alembic_version"):
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if revision == HEAD:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
