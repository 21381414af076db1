"""Vantio's nouns: programs, users, posters, referrals, earnings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _campaigns()
    _results()
    for noun, column in (
        ("users", "program_id"),
        ("posters", "program_id"),
        ("posters", "student_id"),
        ("referrals", "program_id"),
        ("referrals", "student_id"),
        ("earnings", "referral_id"),
        ("earnings", "program_id"),
    ):
        op.create_index(f"ix_vantio_{noun}_{column}", f"vantio_{noun}", [column])
    op.create_index(
        "ix_vantio_referrals_impression", "vantio_referrals", ["account_id", "impression_id"]
    )


def _campaigns() -> None:
    _noun(
        "programs",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("description", sa.String),
        sa.Column("landing_url", sa.String, nullable=False),
        sa.Column("commission", sa.JSON, nullable=False),
        sa.Column("payout_schedule", sa.String, nullable=False),
        sa.Column("minimum_payout", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
    )
    _noun(
        "users",
        sa.Column("program_id", sa.String, nullable=False),
        sa.Column("first_name", sa.String, nullable=False),
        sa.Column("last_name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("profile_picture", sa.String),
        _reference("users", "program_id", "vantio_programs"),
    )
    _noun(
        "posters",
        sa.Column("program_id", sa.String, nullable=False),
        sa.Column("student_id", sa.String, nullable=False),
        sa.Column("tracker_id", sa.Integer, nullable=False),
        sa.Column("location", sa.String),
        sa.UniqueConstraint("tracker_id", name="uq_vantio_posters_tracker_id"),
        _reference("posters", "program_id", "vantio_programs"),
        _reference("posters", "student_id", "vantio_users"),
        _reference("posters", "tracker_id", "trackers", ondelete="CASCADE"),
    )


def _results() -> None:
    _noun(
        "referrals",
        sa.Column("impression_id", sa.String, nullable=False),
        sa.Column("poster_id", sa.String, nullable=False),
        sa.Column("program_id", sa.String, nullable=False),
        sa.Column("student_id", sa.String, nullable=False),
        sa.Column("first_name", sa.String, nullable=False),
        sa.Column("last_name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("profile_picture", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("verified_at", sa.BigInteger),
        _reference("referrals", "program_id", "vantio_programs"),
        _reference("referrals", "student_id", "vantio_users"),
    )
    _noun(
        "earnings",
        sa.Column("referral_id", sa.String, nullable=False),
        sa.Column("program_id", sa.String, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("type", sa.String),
        sa.Column("description", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reference_id", sa.String),
        sa.Column("paid_at", sa.BigInteger),
        _reference("earnings", "referral_id", "vantio_referrals"),
        _reference("earnings", "program_id", "vantio_programs"),
    )


def _noun(noun: str, *parts: Any) -> None:
    table = f"vantio_{noun}"
    op.create_table(
        table,
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        *parts,
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{table}"),
        sa.UniqueConstraint("id", name=f"uq_{table}_id"),
        _reference(noun, "account_id", "accounts"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{table}_account", table, ["account_id", "number"])


def _reference(
    noun: str, column: str, to: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    key = "vantio_" + noun
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=f"fk_{key}_{column}_{to}", ondelete=ondelete
    )
