"""Copernica's nouns: emailings, destinations, links, profiles, subprofiles."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _noun(
        "emailings",
        sa.Column("tracker_id", sa.Integer, nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("from_address", sa.JSON),
        sa.Column("document", sa.String),
        sa.Column("template", sa.String),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("followup", sa.Boolean, nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("contenttype", sa.String, nullable=False),
        sa.Column("target", sa.JSON),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("destinations", sa.Integer, nullable=False),
        sa.UniqueConstraint("tracker_id", name="uq_copernica_emailings_tracker_id"),
        _reference("emailings", "tracker_id", "trackers", ondelete="CASCADE"),
    )
    _noun(
        "profiles",
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("interests", sa.JSON, nullable=False),
    )
    _noun(
        "subprofiles",
        sa.Column("profile_id", sa.Integer, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        _reference("subprofiles", "profile_id", "copernica_profiles", ondelete="CASCADE"),
    )
    _noun(
        "destinations",
        sa.Column("emailing_id", sa.Integer, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("profile", sa.Integer),
        sa.Column("subprofile", sa.Integer),
        sa.UniqueConstraint("hash", name="uq_copernica_destinations_hash"),
        _reference("destinations", "emailing_id", "copernica_emailings", ondelete="CASCADE"),
    )
    _noun(
        "links",
        sa.Column("emailing_id", sa.Integer, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        _reference("links", "emailing_id", "copernica_emailings", ondelete="CASCADE"),
    )
    for name, noun, columns in (
        ("profile_id", "subprofiles", ["profile_id"]),
        ("emailing", "destinations", ["emailing_id", "id"]),
        ("profile", "destinations", ["account_id", "profile", "id"]),
    ):
        op.create_index(f"ix_copernica_{noun}_{name}", f"copernica_{noun}", columns)
    op.create_index(
        "ix_copernica_links_url", "copernica_links", ["emailing_id", "url"], unique=True
    )


def _noun(noun: str, *parts: Any) -> None:
    table = f"copernica_{noun}"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        *parts,
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _reference(noun, "account_id", "accounts"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{table}_account", table, ["account_id", "id"])


def _reference(
    noun: str, column: str, to: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    key = "copernica_" + noun
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=f"fk_{key}_{column}_{to}", ondelete=ondelete
    )
