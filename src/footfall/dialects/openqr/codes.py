"""Codes: dynamic ones behind a short link, static ones with what they say, and their scans."""

import asyncio
from typing import Any, Literal

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from footfall.api.bodies import decode, read_number
from footfall.api.idempotency import OWN
from footfall.api.operations import operation
from footfall.core.destinations import read_destination
from footfall.core.errors import InvalidRequest
from footfall.dialects.openqr import answers, history, listing, records, requests, scans
from footfall.dialects.openqr.dialect import Call, OpenQR, create
from footfall.dialects.openqr.history import PageQuery
from footfall.dialects.openqr.payloads import build_payload
from footfall.dialects.openqr.texts import clean_text


class ListQuery(PageQuery, frozen=True):
    search: str | None = None


class CodesQuery(ListQuery, frozen=True):
    """`folder` is an id, a name, or `none`."""

    folder: str | None = None
    tag: list[str] | None = None
    status: Literal["active", "paused"] | None = None


class ScansQuery(msgspec.Struct, frozen=True):
    days: int | None = None


@operation("GET /me", "The account behind the key", answer=answers.Me)
def me(call: Call) -> answers.Me:
    """Clients call this to check that they are connected."""
    with call.reading() as session:
        active = records.count_active(session, call.account)
    return answers.me(call.caller.account, active)


# ── dynamic codes ─────────────────────────────────────────────────────────────────────────────


@operation(
    "POST /dynamic",
    "Create a dynamic code",
    body=requests.CreateRequest,
    answer=answers.Code,
    status=201,
    options=OWN,
)
def create_dynamic(call: Call, body: requests.CreateRequest, raw: bytes) -> Response[bytes]:
    """A code behind a short link. Its slug is random; PATCH gives it another."""
    row = _read_row(body, call.api)
    decode(raw, requests.ForChange).refuse()

    def make(session: Session, now: int) -> answers.Code:
        return answers.code(_make(session, call, row, now), call.api.short_base)

    return create(call, row, 1, make)


@operation(
    "POST /dynamic/bulk",
    f"Create up to {requests.BULK_MAX} dynamic codes, all or none",
    body=requests.BulkRequest,
    answer=answers.Created,
    status=201,
    options=OWN,
)
def create_bulk(call: Call, body: requests.BulkRequest, raw: bytes) -> Response[bytes]:
    """Each code costs one unit of the quota."""
    rows = []
    for_change = decode(raw, requests.BulkForChange).codes
    for index, row in enumerate(body.codes):
        try:
            for_change[index].refuse()
            rows.append(_read_row(row, call.api, body.theme))
        except InvalidRequest as error:
            raise type(error)(f"codes[{index}]: {error.message}") from None

    def make(session: Session, now: int) -> answers.Created:
        made = [_make(session, call, row, now) for row in rows]
        return answers.Created([answers.code(one, call.api.short_base) for one in made], len(made))

    return create(call, rows, len(rows), make)


def _read_row(
    row: requests.CreateRequest, api: OpenQR, theme: str | None = None
) -> requests.CreateRequest:
    return requests.CreateRequest(
        destination=read_destination(row.destination, api.rules),
        label=clean_text(row.label, "label"),
        theme=row.theme or theme,
    )


def _make(session: Session, call: Call, row: requests.CreateRequest, now: int) -> records.CodeRow:
    theme = records.find_theme(session, call.account, row.theme) if row.theme else None
    return records.create_dynamic(
        session, call.account, row.destination, now=now, label=row.label, theme=theme
    )


@operation(
    "GET /dynamic",
    "List dynamic codes, newest first",
    query=CodesQuery,
    answer=answers.CodePage,
)
def list_dynamic(call: Call) -> answers.CodePage:
    """`next_cursor` is null on the last page."""
    now = call.now()
    with call.reading() as session:
        codes, cursor = _list(call, session, requests.read_filter(call.request.query_params, now))
        rows = [answers.code_detail(code, call.api.short_base, now) for code in codes]
    return answers.CodePage(rows, cursor)


def _list(call: Call, session: Session, wanted: listing.Filter) -> tuple[Any, str | None]:
    limit = call.query.get("limit")
    return listing.list_codes(
        session,
        call.account,
        wanted,
        limit=read_number(limit, "limit", requests.LIST_DEFAULT, 1, requests.LIST_MAX),
        cursor=call.query.get("cursor") or "",
    )


@operation("GET /tags", "List the tags in use, the most used first", answer=answers.TagList)
def list_tags(call: Call) -> answers.TagList:
    with call.reading() as session:
        tags, complete = listing.count_tags(session, call.account)
    return answers.TagList([answers.Tag(tag, codes) for tag, codes in tags], complete)


@operation("GET /dynamic/{id}", "Get a code", answer=answers.CodeDetail)
def get_dynamic(call: Call, id: str) -> answers.CodeDetail:
    with call.reading() as session:
        code, _ = records.find_dynamic(session, call.account, id)
        return answers.code_detail(code, call.api.short_base, call.now())


@operation(
    "PATCH /dynamic/{id}",
    "Change a code",
    body=requests.ChangeRequest,
    answer=answers.CodeDetail,
)
def change_dynamic(call: Call, id: str, body: requests.ChangeRequest) -> answers.CodeDetail:
    """Change what is sent. The next scan meets the change."""
    now = call.now()
    changes = requests.read_changes(body, call.api.rules, now)
    with call.writing() as session:
        code, _ = records.find_dynamic(session, call.account, id)
        history.change_kept(session, code, changes, history.author_of(call.caller, now))
        return answers.code_detail(code, call.api.short_base, now)


@operation(
    "GET /dynamic/{id}/scans",
    "The scans of a code",
    query=ScansQuery,
    answer=answers.CodeScans,
)
async def get_scans(call: Call, id: str) -> answers.CodeScans:
    """Totals of all time, and a window of `days` UTC days that ends with today."""
    text = call.query.get("days")
    days = read_number(text, "days", scans.DAYS_DEFAULT, 1, scans.DAYS_MAX)

    def find() -> tuple[records.CodeRow, int]:
        with call.reading() as session:
            code, tracker = records.find_dynamic(session, call.account, id)
            return code, tracker.id

    code, tracker = await asyncio.to_thread(find)
    now = call.now()
    query = scans.report_query(call.account, tracker, days, now)
    report = await call.api.parts.reader.tracker_report(query)
    return scans.scans_body(code, call.api.short_base, report, days, now)


# ── the library ───────────────────────────────────────────────────────────────────────────────


@operation(
    "POST /codes",
    "Create a static code",
    body=requests.StaticRequest,
    answer=answers.StaticCode,
    status=201,
)
def create_static(call: Call, body: requests.StaticRequest) -> Response[bytes]:
    """Its payload is built here, and kept."""
    payload = build_payload(body.type, body.fields)
    label = clean_text(body.label, "label")

    def make(session: Session, now: int) -> answers.StaticCode:
        code = records.create_static(
            session, call.account, body.type, payload, now=now, label=label
        )
        return answers.static_code(code)

    return create(call, body, 1, make)


@operation(
    "GET /codes",
    "List static and dynamic codes, newest first",
    query=ListQuery,
    answer=answers.Library,
)
def list_codes(call: Call) -> answers.Library:
    now = call.now()
    with call.reading() as session:
        search = clean_text(call.query.get("search"), "search") or ""
        codes, cursor = _list(call, session, listing.Filter(search=search))
        rows = [answers.library_row(code, call.api.short_base, now) for code in codes]
    return answers.Library(rows, cursor)


def delete_any(call: Call, id: str) -> answers.Deleted:
    """Delete a code of either kind: the vendor's scripts and plugins delete static ones below
    `/dynamic` too. The link stops at once, the scans can no longer be requested, and are then
    erased."""
    with call.writing() as session:
        records.delete_code(session, records.find_code(session, call.account, id), call.now())
    call.api.parts.wake_upkeep()
    return answers.Deleted(id, deleted=True)


delete_dynamic = operation(
    "DELETE /dynamic/{id}", "Delete a code, erase its scans", answer=answers.Deleted
)(delete_any)
delete_code = operation(
    "DELETE /codes/{id}", "Delete a code of either kind", answer=answers.Deleted
)(delete_any)
