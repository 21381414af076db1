"""Brings a catalog to the newest schema with Alembic's migrations, from code at every start."""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

from footfall.core.errors import FootfallError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
HEAD: Final = "0102"
"""The newest migration: a test holds it to Alembic's own opinion. Known here so that a start with
nothing to do need not load Alembic, which takes longer than the rest of the catalog. Numbers begin
at 0101: lower ones were used before the first release, for other schemas."""


class NewerSchema(FootfallError):
    code = "newer_schema"


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing. All in one transaction: interrupted, none is. Raises
    NewerSchema when the last one applied is not known here."""
    with engine.begin() as connection:
        revision = None
        if inspect(connection).has_table("alembic_version"):
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if revision == HEAD:
            return
        if revision is not None and not list(MIGRATIONS.glob(f"versions/{revision}_*.py")):
            raise NewerSchema(f"its schema {revision!r} is not known to this version")
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
