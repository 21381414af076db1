"""Alembic's environment: migrations run on the connection that `catalog.migrate` opened."""

from alembic import context
from sqlalchemy import MetaData

from footfall.catalog.tables import NAMING

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MetaData(naming_convention=NAMING),
)
context.run_migrations()
