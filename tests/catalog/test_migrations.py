import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, make_url, text

import footfall.dialects.copernica.tables as copernica
import footfall.dialects.everflow.records as everflow
import footfall.dialects.openqr.history as history
import footfall.dialects.openqr.records as openqr
import footfall.dialects.passentry.records.tables as passentry
import footfall.dialects.vantio.records as vantio
import footfall.jobs.tables as jobs
from footfall.catalog.connections import open_engine
from footfall.catalog.migrate import HEAD, MIGRATIONS, migrate
from footfall.catalog.tables import Base
from footfall.core.errors import CatalogUnavailable


def test_the_migrated_schema_is_the_one_the_models_describe(tmp_path: Path) -> None:
    rows = (
        copernica.LinkRow,
        everflow.OfferRow,
        openqr.CodeRow,
        history.ChangeRow,
        passentry.PassRow,
        vantio.EarningRow,
        jobs.JobRow,
    )
    for row in rows:
        assert row.metadata is Base.metadata
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_every_key_and_constraint_is_the_one_the_models_give(tmp_path: Path) -> None:
    """Alembic's comparison sees neither primary keys nor checks nor AUTOINCREMENT."""
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrate(migrated)
    modelled = create_engine(f"sqlite:///{tmp_path / 'modelled.db'}")
    Base.metadata.create_all(modelled)
    for table in Base.metadata.tables:
        for about in (
            "get_unique_constraints",
            "get_foreign_keys",
            "get_indexes",
            "get_check_constraints",
        ):
            ours, theirs = (
                sorted(getattr(inspect(engine), about)(table), key=lambda one: str(one["name"]))
                for engine in (migrated, modelled)
            )
            assert ours == theirs
        keys, autoincrements = (
            [about(engine, table) for engine in (migrated, modelled)]
            for about in (primary_key, has_autoincrement)
        )
        assert keys[0] == keys[1], table
        assert autoincrements[0] == autoincrements[1], table
    migrated.dispose()
    modelled.dispose()


def primary_key(engine: Engine, table: str) -> tuple[str | None, set[str]]:
    key = inspect(engine).get_pk_constraint(table)
    return key["name"], set(key["constrained_columns"])


def has_autoincrement(engine: Engine, table: str) -> bool:
    query = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    with engine.connect() as connection:
        return "AUTOINCREMENT" in connection.execute(query, {"table": table}).scalar_one()


def test_ids_are_never_reused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    migrate(engine)
    with engine.connect() as connection:
        for table in (
            "accounts",
            "api_keys",
            "trackers",
            "openqr_codes",
            "vantio_posters",
            "copernica_links",
            "everflow_affiliates",
        ):
            query = text("SELECT sql FROM sqlite_master WHERE name = :table")
            sql = connection.execute(query, {"table": table}).scalar_one()
            assert "AUTOINCREMENT" in sql
    engine.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    migrate(engine)
    migrate(engine)
    assert "openqr_codes" in inspect(engine).get_table_names()
    engine.dispose()


def test_the_head_known_by_heart_is_alembics() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as file:
        return list(file.iterdump())


@pytest.mark.parametrize("revision", ["0001", "0002", "0018", "9999"])
def test_a_catalog_of_another_schema_is_refused_and_left_as_it_is(
    tmp_path: Path, revision: str
) -> None:
    """Of before the first release, or of a version to come."""
    path = tmp_path / "catalog.db"
    engine = create_engine(f"sqlite:///{path}")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    engine.dispose()
    before = content(path)
    with pytest.raises(CatalogUnavailable, match=f"'{revision}' is not known .* Take the version"):
        open_engine(engine.url)
    assert content(path) == before


def test_a_new_catalog_has_exactly_what_the_migrations_say(tmp_path: Path) -> None:
    """And nothing that the models would add by themselves."""
    engine = open_engine(make_url(f"sqlite:///{tmp_path / 'catalog.db'}"))
    found = {name for name in inspect(engine).get_table_names() if name != "alembic_version"}
    said = "".join(path.read_text() for path in MIGRATIONS.glob("versions/*.py"))
    assert found == set(re.findall(r'(?:table|owned|numbered)\(\s*"(\w+)"', said))
    engine.dispose()
