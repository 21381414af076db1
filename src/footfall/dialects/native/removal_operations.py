"""What removes events, and archives them: for the native API's OpenAPI document."""

from typing import Any, Final, Literal

import msgspec

from footfall.api.openapi import Example
from footfall.dialects.native.describing import describe
from footfall.dialects.native.retention import ArchiveRequest, ErasureRequest, PageQuery, Rules

# ── the bodies of answers ─────────────────────────────────────────────────────────────────────


class RuleShown(msgspec.Struct, frozen=True):
    source: str
    raw_days: int | None
    age_by: Literal["received_at", "occurred_at"]
    rollup_months: int | None


class RulesShown(msgspec.Struct, frozen=True):
    rules: list[RuleShown]


class Going(msgspec.Struct, frozen=True):
    """What a rule would take away. `note` says why that is nothing. Days are those of receipt."""

    source: str
    raw_days: int | None
    age_by: Literal["received_at", "occurred_at"]
    received_before: str | None
    occurred_before: str | None
    events: int
    events_by_source: dict[str, int]
    first_day: str | None
    last_day: str | None
    bytes: int
    rollup_months: int | None
    rollup_rows: int
    note: str


class Preview(msgspec.Struct, frozen=True):
    sources: list[Going]
    bytes_are: str


class Asked(msgspec.Struct, frozen=True):
    """`proof_salt` is told once."""

    id: str
    kind: str
    step: str
    about: str
    proof_salt: str = ""


class Day(msgspec.Struct, frozen=True):
    source: str
    day: str
    events: int


class RemovalShown(msgspec.Struct, frozen=True):
    id: str
    kind: Literal["erasure", "trackers", "retention", "archive"]
    step: Literal["queued", "surveyed", "removed", "done", "failed"]
    about: str
    proof: str
    problem: str
    events: int
    bytes_before: int
    bytes_after: int
    bytes_freed: int | None
    receipt: dict[str, Any]
    note: str
    created_at: str
    ended_at: str | None


class Receipt(RemovalShown, frozen=True, kw_only=True):
    days: list[Day]


class RemovalPage(msgspec.Struct, frozen=True):
    removals: list[RemovalShown]
    cursor: int | None


class ArchivedFile(msgspec.Struct, frozen=True):
    month: str
    file: str
    rows: int
    bytes: int
    sha256: str
    first_id: int
    last_id: int
    made_at: int
    raw_removed: bool


class Manifest(msgspec.Struct, frozen=True):
    account: int
    age_by: Literal["received_at", "occurred_at"]
    schema: int
    columns: list[str]
    files: list[ArchivedFile]


# ── examples ──────────────────────────────────────────────────────────────────────────────────

RULE: Final = {"source": "*", "raw_days": 365, "age_by": "received_at", "rollup_months": 60}
GOING: Final = {
    "source": "*",
    "raw_days": 365,
    "age_by": "received_at",
    "received_before": "2025-11-21T00:00:00Z",
    "occurred_before": None,
    "events": 81243,
    "events_by_source": {"openqr": 81243},
    "first_day": "2025-05-04",
    "last_day": "2025-11-20",
    "bytes": 4305879,
    "rollup_months": 60,
    "rollup_rows": 0,
    "note": "",
}
PREVIEW: Final = {"sources": [GOING], "bytes_are": "estimated"}
REMOVAL: Final = {
    "id": "rem_0123456789abcdef01234567",
    "kind": "erasure",
    "step": "done",
    "about": "reference profile",
    "proof": "9c1a",
    "problem": "",
    "events": 214,
    "bytes_before": 48211034,
    "bytes_after": 48190122,
    "bytes_freed": 20912,
    "receipt": {"quarter_hours_whose_counts_stayed": 0, "archived_events": 0},
    "note": "",
    "created_at": "2026-11-21T09:00:00Z",
    "ended_at": "2026-11-21T09:00:03Z",
}
DAYS: Final = [{"source": "copernica", "day": "2026-07-03", "events": 214}]
QUEUED: Final = {name: REMOVAL[name] for name in ("id", "kind", "about")} | {"step": "queued"}
ARCHIVED: Final = {
    "month": "2026-05",
    "file": "2026-05.parquet",
    "rows": 81243,
    "bytes": 2305879,
    "sha256": "5e0f",
    "first_id": 249866294386491392,
    "last_id": 249866294386491392,
    "made_at": 1795254000000,
    "raw_removed": True,
}

OPERATIONS: Final = (
    describe(
        "GET",
        "/retention",
        "How long events are kept",
        RulesShown,
        Example(answer={"rules": [RULE]}),
    ),
    describe(
        "PUT",
        "/retention",
        "Keep events for so long",
        RulesShown,
        Example(body={"rules": [RULE]}, answer={"rules": [RULE]}),
        body=Rules,
        errors=(412,),
    ),
    describe(
        "GET",
        "/retention/preview",
        "What the rules would take away",
        Preview,
        Example(answer=PREVIEW),
    ),
    describe(
        "POST",
        "/retention/preview",
        "What other rules would take away",
        Preview,
        Example(body={"rules": [RULE]}, answer=PREVIEW),
        body=Rules,
    ),
    describe(
        "POST",
        "/erasures",
        "Erase events; with dry_run only tell what would go, with the status 200",
        Asked,
        Example(body={"reference": {"profile": "123"}}, answer={**QUEUED, "proof_salt": "5e0f"}),
        body=ErasureRequest,
        status=202,
        errors=(200, 409),
    ),
    describe(
        "GET",
        "/removals",
        "What took events away, the newest first",
        RemovalPage,
        Example(query={"limit": "100"}, answer={"removals": [REMOVAL], "cursor": None}),
        query=PageQuery,
    ),
    describe(
        "GET",
        "/removals/{removal}",
        "A removal with its receipt",
        Receipt,
        Example(path={"removal": "rem_0123456789abcdef01234567"}, answer={**REMOVAL, "days": DAYS}),
    ),
    describe(
        "POST",
        "/archives",
        "Write months as Parquet files",
        Asked,
        Example(
            body={"before": "2026-07"},
            answer={**QUEUED, "kind": "archive", "about": "archive before 2026-07"},
        ),
        body=ArchiveRequest,
        status=202,
        errors=(409,),
    ),
    describe(
        "GET",
        "/archives",
        "The files of archives",
        Manifest,
        Example(
            answer={
                **{"account": 1, "age_by": "received_at", "schema": 1},
                **{"columns": ["id", "kind"], "files": [ARCHIVED]},
            }
        ),
    ),
)
