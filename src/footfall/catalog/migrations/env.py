"""Alembic's environment: migrations run on the connection that `catalog.migrate` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
