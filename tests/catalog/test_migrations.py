from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

import footfall.dialects.copernica.tables as copernica
import footfall.dialects.everflow.nouns as everflow
import footfall.dialects.openqr.history as history
import footfall.dialects.openqr.nouns as openqr
import footfall.dialects.passentry.nouns.tables as passentry
import footfall.dialects.vantio.nouns as vantio
from footfall.catalog.migrate import HEAD, MIGRATIONS, migrate
from footfall.catalog.tables import Base


def test_the_migrated_schema_is_the_one_the_models_describe(tmp_path: Path) -> None:
    rows = (
        copernica.LinkRow,
        everflow.OfferRow,
        openqr.CodeRow,
        history.ChangeRow,
        passentry.PassRow,
        vantio.EarningRow,
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


def test_every_name_of_a_constraint_is_the_one_the_models_give(tmp_path: Path) -> None:
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrate(migrated)
    modelled = create_engine(f"sqlite:///{tmp_path / 'modelled.db'}")
    Base.metadata.create_all(modelled)
    for table in Base.metadata.tables:
        for about in ("get_unique_constraints", "get_foreign_keys", "get_indexes"):
            ours, theirs = (
                sorted(getattr(inspect(engine), about)(table), key=lambda one: str(one["name"]))
                for engine in (migrated, modelled)
            )
            assert ours == theirs
    migrated.dispose()
    modelled.dispose()


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


def test_coupon_codes_of_before_are_folded_as_they_are_compared_now(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        for name in ("Cafe\u0301", "PLAIN", "Café", "E\u0301COLE"):
            connection.execute(
                text(
                    "INSERT INTO everflow_coupons (account_id, name, status, created_at, "
                    "updated_at, folded, offer_id) VALUES (1, :name, 'active', 0, 0, :folded, 1)"
                ),
                {"name": name, "folded": name.casefold()},
            )
    migrate(engine)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT folded FROM everflow_coupons ORDER BY id")).all()
    # Of two that are one code now, each keeps what it had: neither takes the other's place.
    assert [row.folded for row in rows] == ["cafe\u0301", "plain", "café", "école"]
    engine.dispose()
