"""How long events are kept, erasing some of them, and archives: `/retention`, `/erasures`,
`/removals` and `/archives`.

What removes is a removal: asked for, durable, answered with its id, and done by itself.
"""

import asyncio
import ipaddress
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody, SkipValidation
from msgspec import Meta

from footfall.api.bodies import answer, convert, decode, iso_time
from footfall.api.idempotency import SHOWS_SECRET
from footfall.api.parts import Parts
from footfall.catalog.tables import RemovalRow
from footfall.core.accounts import AgeBy, Caller, Scope
from footfall.core.errors import InvalidRequest
from footfall.core.events import REFERENCES
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter
from footfall.dialects.native.conditions import answer_tagged, check_match
from footfall.dialects.native.filters import SOURCES
from footfall.jobs.archive.manifests import Month
from footfall.jobs.deletion import jobs, policy
from footfall.jobs.deletion.foresight import Preview
from footfall.jobs.deletion.jobs import Day, Kind, Plan
from footfall.jobs.deletion.policy import Rule

EVENTS_MAX: Final = 10_000
NETWORK_BITS_MIN: Final = {4: 16, 6: 32}
"""A larger network is a mistake, or everybody."""

OurParts = NamedDependency[SkipValidation[Parts]]
OurRequest = Request[Any, Caller, Any]


class RuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long events of a source are kept; null is for ever. `age_by`: since when raw events age,
    `received_at` or `occurred_at`."""

    source: Annotated[str, Meta(pattern=r"^(\*|[a-z][a-z0-9_-]{0,39})$(?!\n)")]
    raw_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    age_by: AgeBy = AgeBy.RECEIVED
    rollup_months: Annotated[int, Meta(ge=1, le=1_200)] | None = None


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: list[RuleBody]


class ErasureRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the first four. `reference` names a noun by its column; `ip` is an address or a
    network; `events` are ids."""

    tracker: Annotated[int, Meta(ge=1, le=ID_MAX)] | None = None
    reference: dict[str, Annotated[str, Meta(min_length=1, max_length=255)]] | None = None
    ip: Annotated[str, Meta(max_length=60)] | None = None
    events: list[str] | None = None
    dry_run: bool = False


class ArchiveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`before` is the first month that is not archived, `age_by` what its months are months of.
    `remove`: its raw rows go then."""

    before: Annotated[str, Meta(pattern=r"^20[2-9]\d-(0[1-9]|1[0-2])$(?!\n)")]
    age_by: AgeBy = AgeBy.RECEIVED
    remove: bool = False


class PageQuery(msgspec.Struct, frozen=True):
    cursor: Annotated[int, Meta(ge=1, le=ID_MAX)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


# ── retention ─────────────────────────────────────────────────────────────────────────────────


@get("/retention", opt={"scope": Scope.ADMIN}, sync_to_thread=True)
def get_retention(request: OurRequest, parts: OurParts) -> Response[bytes]:
    return answer_tagged({"rules": _kept(parts, request.auth.account.id)})


def _kept(parts: Parts, account: int) -> list[Rule]:
    with parts.catalog.reading() as session:
        return policy.read_rules(session, account)


@put("/retention", opt={"scope": Scope.ADMIN}, sync_to_thread=True)
def put_retention(request: OurRequest, parts: OurParts, body: RawBody) -> Response[bytes]:
    rules = _rules(body)
    with parts.catalog.writing() as session:
        check_match(request, {"rules": policy.read_rules(session, request.auth.account.id)})
        policy.write_rules(session, request.auth.account.id, rules)
        kept = policy.read_rules(session, request.auth.account.id)
    parts.wake_upkeep()
    return answer_tagged({"rules": kept})


@get("/retention/preview", opt={"scope": Scope.ADMIN})
async def preview_retention(request: OurRequest, parts: OurParts) -> Response[bytes]:
    rules = await asyncio.to_thread(_kept, parts, request.auth.account.id)
    return await _preview(request, parts, rules)


@post("/retention/preview", status_code=200, opt={"scope": Scope.ADMIN})
async def preview_rules(request: OurRequest, parts: OurParts, body: RawBody) -> Response[bytes]:
    return await _preview(request, parts, _rules(body))


async def _preview(request: OurRequest, parts: Parts, rules: list[Rule]) -> Response[bytes]:
    account = request.auth.account.id
    async with parts.reader.turns.hold(account):
        previews = await parts.removals.preview(account, rules)
    return answer({"sources": [_going(one) for one in previews], "bytes_are": "estimated"})


def _rules(body: bytes) -> list[Rule]:
    asked = decode(body, Rules).rules
    for one in asked:
        if one.source not in (policy.OTHERS, *SOURCES):
            known = ", ".join((policy.OTHERS, *SOURCES))
            raise InvalidRequest(f"source: {one.source!r} is not one of its values: {known}.")
    rules = [msgspec.convert(msgspec.structs.asdict(one), Rule) for one in asked]
    policy.check_rules(rules)
    return rules


def _going(preview: Preview) -> dict[str, Any]:
    going = preview.survey.going
    hours = [one.hour for one in going]
    before = None if preview.until is None else iso_time(preview.until)
    by_receipt = preview.rule.age_by is AgeBy.RECEIVED
    return {
        "source": preview.rule.source,
        "raw_days": preview.rule.raw_days,
        "age_by": preview.rule.age_by,
        "received_before": before if by_receipt else None,
        "occurred_before": None if by_receipt else before,
        "events": preview.survey.events,
        "events_by_source": _by_source(going),
        "first_day": _day(min(hours)) if hours else None,
        "last_day": _day(max(hours)) if hours else None,
        "bytes": preview.bytes,
        "rollup_months": preview.rule.rollup_months,
        "rollup_rows": preview.rollup_rows,
        "note": preview.note,
    }


def _by_source(going: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in going:
        found[one.source] = found.get(one.source, 0) + one.events
    return found


def _day(hour: int) -> str:
    return datetime.fromtimestamp(hour * 3_600, UTC).strftime("%Y-%m-%d")


# ── erasure ───────────────────────────────────────────────────────────────────────────────────


@post("/erasures", status_code=202, opt={"scope": Scope.ADMIN} | SHOWS_SECRET)
async def create_erasure(request: OurRequest, parts: OurParts, body: RawBody) -> Response[bytes]:
    asked = decode(body, ErasureRequest)
    account = request.auth.account.id
    query, about, value = read_erasure(account, asked)
    if asked.dry_run:
        async with parts.reader.turns.hold(account):
            survey, archived = await parts.removals.survey(query)
        going = {"events": survey.events, "events_by_source": _by_source(survey.going)}
        return answer({**going, "archived_events": archived, "bytes": survey.bytes}, 200)
    salt = secrets.token_hex(16)
    proof = jobs.proof_of(salt, value)
    removal = await _ask(parts, account, Kind.ERASURE, Plan(queries=(query,)), about, proof)
    return answer({**removal, "proof_salt": salt}, 202)


def read_erasure(account: int, asked: ErasureRequest) -> tuple[EventFilter, str, str]:
    """Which events; what is kept of the request for ever; and what its proof is of. Raises
    InvalidRequest."""
    given = [
        name
        for name in ("tracker", "reference", "ip", "events")
        if getattr(asked, name) is not None
    ]
    if len(given) != 1:
        raise InvalidRequest("Say one of tracker, reference, ip and events.")
    query = EventFilter(account=account)
    if asked.tracker is not None:
        chosen = msgspec.structs.replace(query, tracker=asked.tracker)
        return chosen, f"tracker {asked.tracker}", f"tracker {asked.tracker}"
    if asked.reference is not None:
        if len(asked.reference) != 1 or not asked.reference.keys() <= {*REFERENCES}:
            raise InvalidRequest(f"reference: name one of {', '.join(REFERENCES)}.")
        ((column, value),) = asked.reference.items()
        chosen = msgspec.structs.replace(query, values={column: (value,)})
        return chosen, f"reference {column}", f"reference {column} {value}"
    if asked.ip is not None:
        network = _network(asked.ip)
        return msgspec.structs.replace(query, network=network), "ip", f"ip {network}"
    ids = _ids(asked.events or [])
    about = f"{len(ids)} events"
    return msgspec.structs.replace(query, ids=ids), about, f"events {','.join(map(str, ids))}"


def _network(text: str) -> str:
    try:
        known = ipaddress.ip_network(text)
    except ValueError:
        raise InvalidRequest("ip: this is neither an address nor a network.") from None
    if known.prefixlen < NETWORK_BITS_MIN[known.version]:
        raise InvalidRequest("ip: the network is too large: at most an IPv4 /16 or an IPv6 /32.")
    if known.version == 6 and int(known[0]) == 0:
        raise InvalidRequest("ip: :: stands for no address.")
    return str(known[0]) if known.num_addresses == 1 else str(known)


def _ids(texts: list[str]) -> tuple[int, ...]:
    if not 1 <= len(texts) <= EVENTS_MAX:
        raise InvalidRequest(f"events: from 1 to {EVENTS_MAX} ids.")
    for text in texts:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= ID_MAX):
            raise InvalidRequest("events: an id is digits, in quotes.")
    return tuple(sorted({int(text) for text in texts}))


# ── removals ──────────────────────────────────────────────────────────────────────────────────


@get("/removals", opt={"scope": Scope.ADMIN}, sync_to_thread=True)
def list_removals(request: OurRequest, parts: OurParts) -> Response[bytes]:
    query = convert(dict(request.query_params.items()), PageQuery)
    account = request.auth.account.id
    with parts.catalog.reading() as session:
        rows = jobs.page(session, account, list(Kind), query.cursor, query.limit + 1)
        cursor = rows[query.limit - 1].number if len(rows) > query.limit else None
        removals = [_to_wire(row) for row in rows[: query.limit]]
    return answer({"removals": removals, "cursor": cursor})


@get("/removals/{removal:str}", opt={"scope": Scope.ADMIN}, sync_to_thread=True)
def get_removal(request: OurRequest, parts: OurParts, removal: FromPath[str]) -> Response[bytes]:
    with parts.catalog.reading() as session:
        row = jobs.find(session, request.auth.account.id, removal)
        return answer(_to_wire(row, jobs.days(session, row.number)))


def _to_wire(row: RemovalRow, days: list[Day] | None = None) -> dict[str, Any]:
    removal = jobs.to_removal(row)
    wire = msgspec.structs.asdict(removal)
    for name in ("created_at", "ended_at"):
        wire[name] = None if wire[name] is None else iso_time(wire[name])
    if removal.step is not jobs.Step.DONE:
        wire["bytes_freed"] = None
    wire["receipt"] = {name: of for name, of in removal.receipt.items() if name != jobs.NOTE}
    wire["note"] = removal.receipt.get(jobs.NOTE, "")
    return wire if days is None else {**wire, "days": days}


async def _ask(
    parts: Parts, account: int, kind: Kind, plan: Plan, about: str, proof: str = ""
) -> dict[str, Any]:
    removal = await parts.removals.ask(account, kind, plan, about, proof)
    return {"id": removal.id, "kind": removal.kind, "step": removal.step, "about": about}


# ── archives ──────────────────────────────────────────────────────────────────────────────────


@post("/archives", status_code=202, opt={"scope": Scope.ADMIN})
async def create_archive(request: OurRequest, parts: OurParts, body: RawBody) -> Response[bytes]:
    asked = decode(body, ArchiveRequest)
    if Month.read(asked.before) > Month.of(parts.clock()):
        raise InvalidRequest("before: a month is archived when it is over; this one is to come.")
    account = request.auth.account.id
    await asyncio.to_thread(parts.removals.archives.check_months, account, asked.age_by)
    plan = Plan(before=asked.before, age_by=asked.age_by, remove=asked.remove)
    about = f"archive before {asked.before}"
    about += " by occurred_at" if asked.age_by is AgeBy.OCCURRED else ""
    about += ", raw rows removed" if asked.remove else ""
    return answer(await _ask(parts, account, Kind.ARCHIVE, plan, about), 202)


@get("/archives", opt={"scope": Scope.ADMIN}, sync_to_thread=True)
def get_archives(request: OurRequest, parts: OurParts) -> Response[bytes]:
    return answer(parts.removals.archives.manifest(request.auth.account.id))


ROUTES: Final[list[HTTPRouteHandler]] = [
    *(get_retention, put_retention, preview_retention, preview_rules),
    *(create_erasure, list_removals, get_removal, create_archive, get_archives),
]
