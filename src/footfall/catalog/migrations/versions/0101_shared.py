"""What all APIs share: accounts, members, keys, trackers, jobs, webhooks."""

from footfall.catalog.migrations.columns import (
    blob,
    flag,
    index,
    integer,
    json,
    number,
    of,
    of_text,
    table,
    text,
)

revision = "0101"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _trackers()
    _jobs()
    _webhooks()


def _accounts() -> None:
    table(
        "accounts",
        integer("id", key=True),
        text("name", "email", "privacy"),
        integer("raw_days", "rollup_months", null=True),
        text("age_by", default="received_at"),
        number("created_at"),
    )
    table(
        "api_keys",
        integer("id", key=True),
        of("account_id", "accounts", index=True),
        text("name", "prefix"),
        text("hash", unique=True),
        json("scopes"),
        number("created_at"),
        number("expires_at", "last_used_at", "revoked_at", null=True),
        integer("creations_per_hour", null=True),
    )
    table(
        "members",
        integer("id", key=True),
        of("account_id", "accounts", index=True),
        text("email", unique=True),
        text("name", "role"),
        text("password_hash", null=True),
        number("created_at"),
        number("last_seen_at", null=True),
    )
    table(
        "invitations",
        text("hash", key=True),
        of("account_id", "accounts", index=True),
        of("member_id", "members", null=True, index=True, on_delete="CASCADE"),
        of("invited_by", "members", null=True, on_delete="SET NULL"),
        number("created_at", "expires_at"),
    )
    table(
        "sessions",
        text("hash", key=True),
        of("member_id", "members", index=True, on_delete="CASCADE"),
        number("created_at", "seen_at"),
        number("expires_at", index=True),
    )
    table(
        "idempotency",
        of("account_id", "accounts", key=True),
        text("key", key=True),
        text("request_hash", "body"),
        integer("status"),
        number("created_at", index=True),
    )


def _trackers() -> None:
    table(
        "trackers",
        integer("id", key=True),
        of("account_id", "accounts", index=True),
        text("slug", null=True, unique=True),
        text(
            "name", "password_hash", "pin_hash", "event_metadata", "event_id_parameter", null=True
        ),
        text("kind", "source", "destination", "status", "lock_hint", "privacy"),
        json("destinations", "utm", "references"),
        number("pause_until", "deleted_at", null=True),
        number("created_at", "updated_at"),
    )
    table("promised_events", number("id", key=True), blob("event"))


def _jobs() -> None:
    table(
        "jobs",
        integer("number", key=True),
        text("id", unique=True),
        of("account_id", "accounts"),
        text("kind", "source", "step", "problem"),
        blob("work", null=True),
        json("progress"),
        number("created_at"),
        number("ended_at", "expires_at", null=True),
        index("account", "account_id", "kind", "number"),
        index("step", "step", "kind", "number"),
    )
    table(
        "removed_events",
        of("job_number", "jobs", key=True, column="number"),
        text("source", key=True),
        integer("hour", key=True),
        of("account_id", "accounts"),
        number("events"),
        index("account", "account_id", "hour"),
    )
    table(
        "retention_rules",
        of("account_id", "accounts", key=True),
        text("source", key=True),
        integer("raw_days", null=True),
        text("age_by", default="received_at"),
    )
    table(
        "policies",
        of("account_id", "accounts", key=True),
        integer("number", key=True),
        blob("rules"),
        text("list", "note"),
        number("since_id", null=True),
        of("job_number", "jobs", null=True, column="number"),
        number("created_at"),
    )


def _webhooks() -> None:
    table(
        "webhooks",
        text("id", key=True),
        of("account_id", "accounts"),
        text("source", "scope", "url", "secret"),
        flag("enabled"),
        json("events"),
        number("created_at", "updated_at"),
        number("failing_since", "disabled_at", null=True),
        text("disabled_reason", null=True),
        index("account", "account_id", "source", "scope"),
    )
    table(
        "webhook_deliveries",
        integer("number", key=True),
        text("message_id", "event", "problem"),
        of_text("webhook_id", "webhooks", on_delete="CASCADE"),
        blob("body"),
        number("created_at", "due_from"),
        integer("attempts"),
        number("next_at", null=True),
        number("ended_at", null=True, index=True),
        flag("delivered"),
        integer("status", null=True),
        index("due", "next_at", "number"),
        index("order", "webhook_id", "next_at", "number"),
        index("webhook", "webhook_id", "number"),
    )
