"""Erasures of events, `/erasures`, and the log of all deletions, `/deletions`.

A deletion is a job in the background. It is durable before it is answered with its id.
"""

import ipaddress
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from litestar import Response
from msgspec import Meta

from footfall.api.bodies import answer
from footfall.api.fields import body_of
from footfall.api.idempotency import SHOWS_SECRET
from footfall.core.errors import InvalidRequest
from footfall.core.events import REFERENCES
from footfall.core.ids import ID_MAX
from footfall.core.queries import EventFilter
from footfall.dialects.native.dialect import Call, admin_operation
from footfall.jobs.deletion import jobs
from footfall.jobs.deletion.jobs import Kind, Plan
from footfall.jobs.runner import Step
from footfall.parsing.numbers import read_digits

EVENTS_MAX: Final = 10_000
NETWORK_BITS_MIN: Final = {4: 16, 6: 32}
"""A larger network is a mistake, or everybody."""


class ErasureRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the first four. `reference` names a resource by its column; `ip` is an address or a
    network; `events` are ids."""

    tracker: Annotated[int, Meta(ge=1, le=ID_MAX)] | None = None
    reference: dict[str, Annotated[str, Meta(min_length=1, max_length=255)]] | None = None
    ip: Annotated[str, Meta(max_length=60)] | None = None
    events: list[str] | None = None
    dry_run: bool = False


class PageQuery(msgspec.Struct, frozen=True):
    cursor: Annotated[int, Meta(ge=1, le=ID_MAX)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class JobAccepted(msgspec.Struct, frozen=True, omit_defaults=True):
    """`proof_salt` is shown once."""

    id: str
    kind: str
    step: str
    about: str
    proof_salt: str = ""


class Day(msgspec.Struct, frozen=True):
    source: str
    day: str
    events: int


class Deletion(msgspec.Struct, frozen=True):
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


class Receipt(Deletion, frozen=True, kw_only=True):
    days: list[Day]


class DeletionPage(msgspec.Struct, frozen=True):
    deletions: list[Deletion]
    cursor: int | None


# ── erasures ──────────────────────────────────────────────────────────────────────────────────


@admin_operation(
    "POST /erasures",
    "Erase events; with dry_run only count what would go, with the status 200",
    body=ErasureRequest,
    answer=JobAccepted,
    status=202,
    errors=(200, 409),
    options=SHOWS_SECRET,
)
async def create_erasure(call: Call, body: ErasureRequest) -> JobAccepted | Response[bytes]:
    parts = call.api.parts
    query, about, value = read_erasure(call.account, body)
    if body.dry_run:
        async with parts.reader.turns.hold(call.account):
            survey, archived = await parts.deletions.survey(query)
        going = {"events": survey.events, "events_by_source": by_source(survey.going)}
        return answer({**going, "archived_events": archived, "bytes": survey.bytes}, 200)
    salt = secrets.token_hex(16)
    proof = jobs.proof_of(salt, value)
    return await ask(call, Kind.ERASURE, Plan(queries=(query,)), about, proof, salt)


async def ask(
    call: Call, kind: Kind, plan: Plan, about: str, proof: str = "", salt: str = ""
) -> JobAccepted:
    deletion = await call.api.parts.deletions.ask(call.account, kind, plan, about, proof)
    return JobAccepted(deletion.id, deletion.kind, deletion.step, about, salt)


def read_erasure(account: int, body: ErasureRequest) -> tuple[EventFilter, str, str]:
    """Which events; what is kept of the request for ever; and what its proof is of. Raises
    InvalidRequest."""
    given = [
        name for name in ("tracker", "reference", "ip", "events") if getattr(body, name) is not None
    ]
    if len(given) != 1:
        raise InvalidRequest("Say one of tracker, reference, ip and events.")
    query = EventFilter(account=account)
    if body.tracker is not None:
        chosen = msgspec.structs.replace(query, tracker=body.tracker)
        return chosen, f"tracker {body.tracker}", f"tracker {body.tracker}"
    if body.reference is not None:
        if len(body.reference) != 1 or not body.reference.keys() <= {*REFERENCES}:
            raise InvalidRequest(f"reference: name one of {', '.join(REFERENCES)}.")
        ((column, value),) = body.reference.items()
        chosen = msgspec.structs.replace(query, values={column: (value,)})
        return chosen, f"reference {column}", f"reference {column} {value}"
    if body.ip is not None:
        network = _network(body.ip)
        return msgspec.structs.replace(query, network=network), "ip", f"ip {network}"
    ids = _ids(body.events or [])
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
        if read_digits(text, ID_MAX) is None:
            raise InvalidRequest("events: an id is digits, in quotes.")
    return tuple(sorted({int(text) for text in texts}))


def by_source(going: Iterable[Any]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in going:
        found[one.source] += one.events
    return dict(found)


# ── deletions ──────────────────────────────────────────────────────────────────────────────────


@admin_operation(
    "GET /deletions",
    "Deletion log, the newest first",
    query=PageQuery,
    answer=DeletionPage,
)
def list_deletions(call: Call, query: PageQuery) -> DeletionPage:
    with call.reading() as session:
        page = jobs.DELETIONS.page(session, call.account, query.cursor, query.limit + 1)
    cursor = page[query.limit - 1].number if len(page) > query.limit else None
    deletions = [_body(Deletion, one) for one in page[: query.limit]]
    return DeletionPage(deletions, cursor)


@admin_operation("GET /deletions/{deletion}", "A deletion with its receipt", answer=Receipt)
def get_deletion(call: Call, deletion: str) -> Receipt:
    with call.reading() as session:
        found = jobs.DELETIONS.find(session, call.account, deletion)
        days = [body_of(Day, one) for one in jobs.days(session, found.number)]
    return _body(Receipt, found, days=days)


Body = TypeVar("Body", bound=Deletion)


def _body(type: type[Body], deletion: jobs.Deletion, **given: list[Day]) -> Body:
    receipt = dict(deletion.receipt)
    note = receipt.pop(jobs.NOTE, "")
    freed = deletion.bytes_freed if deletion.step is Step.DONE else None
    return body_of(type, deletion, bytes_freed=freed, receipt=receipt, note=note, **given)
