"""The catalog's tables of background jobs: jobs, rules of retention, removed events, policies."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from footfall.catalog.tables import Base


class JobRow(Base):
    """A background job, see `jobs.runner`. `work` says what is to be done, as JSON, and goes once
    it may name somebody who is erased; `progress` how far that is, by the names of its kind.
    `source` is the API that it belongs to, "" for none."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_account", "account_id", "kind", "number"),
        Index("ix_jobs_step", "step", "kind", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    step: Mapped[str]
    work: Mapped[bytes | None]
    progress: Mapped[dict[str, Any]]
    problem: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)


class RetentionRuleRow(Base):
    """How long raw events of a source are kept, where that is not as the account says."""

    __tablename__ = "retention_rules"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    raw_days: Mapped[int | None]
    age_by: Mapped[str] = mapped_column(default="received_at", server_default="received_at")


class RemovedEventsRow(Base):
    """How many events a deletion takes, by source and hour of receipt (since 1970, UTC): written
    before the first of them goes."""

    __tablename__ = "removed_events"
    __table_args__ = (Index("ix_removed_events_account", "account_id", "hour"),)

    job_number: Mapped[int] = mapped_column(ForeignKey("jobs.number"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    events: Mapped[int] = mapped_column(BigInteger)


class PolicyRow(Base):
    """A version of what an account's events are classified by; version 1 has no row.

    `rules` is JSON. `since_id` is an id that was taken just before it took effect, and its job
    classifies what is stored; both are null before.
    """

    __tablename__ = "policies"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[bytes]
    list: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    since_id: Mapped[int | None] = mapped_column(BigInteger)
    job_number: Mapped[int | None] = mapped_column(ForeignKey("jobs.number"))
    created_at: Mapped[int] = mapped_column(BigInteger)

    job: Mapped[JobRow | None] = relationship(lazy="joined")
