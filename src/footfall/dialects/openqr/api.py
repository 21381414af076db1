"""OpenQR's routes, at the vendor's own paths below `/v1`.

https://openqr.uk/openapi.json; docs/dialects/openqr.md says what is served, and what was chosen
where the vendor does not say.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, Router, delete, get, patch, post
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, RawBody
from sqlalchemy.orm import Session

from footfall.core.destinations import read_destination
from footfall.core.errors import InvalidRequest
from footfall.dialects import Parts
from footfall.dialects.admission import Connection
from footfall.dialects.bodies import answer, decode, read_number
from footfall.dialects.once import OWN
from footfall.dialects.openqr import (
    history,
    history_routes,
    listing,
    nouns,
    qr_routes,
    scans,
    theme_routes,
    wire,
)
from footfall.dialects.openqr.face import (
    ERROR_HANDLERS,
    Asked,
    Face,
    OurFace,
    open_to_browsers,
)
from footfall.dialects.openqr.payloads import build_payload
from footfall.dialects.openqr.texts import clean_text

Answer = Response[bytes]

ENDPOINTS: Final[Mapping[str, str]] = {
    "GET /v1": "this list; no key needed",
    "GET /v1/me": "the account behind the key",
    "GET /v1/qr": "draw a code from the query: data, format, size, size_mm, margin, error, dark, "
    "light, theme",
    "POST /v1/qr": "the same from a JSON body, and logo",
    "POST /v1/qr/check": "whether such a code will be read",
    "GET /v1/dynamic": "dynamic codes: limit, cursor, search, folder, tag, status",
    "POST /v1/dynamic": "create a dynamic code",
    "POST /v1/dynamic/bulk": f"create up to {wire.BULK_MAX} dynamic codes, all or none",
    "GET /v1/dynamic/{id}": "one dynamic code",
    "PATCH /v1/dynamic/{id}": "change a dynamic code",
    "DELETE /v1/dynamic/{id}": "delete a dynamic or static code and erase its scans",
    "GET /v1/dynamic/{id}/scans": "the scans of a dynamic code: days",
    "GET /v1/dynamic/{id}/qr": "draw its short link in its own theme",
    "GET /v1/dynamic/{id}/history": "what was changed of it: limit, cursor",
    "POST /v1/dynamic/{id}/history/{number}/undo": "set what a change replaced",
    "GET /v1/tags": "the tags in use",
    "GET /v1/codes": "static and dynamic codes, newest first: limit, cursor, search",
    "POST /v1/codes": "create a static code",
    "DELETE /v1/codes/{id}": "the same",
    "GET /v1/themes": "themes",
    "POST /v1/themes": "create a theme",
    "PATCH /v1/themes/{id}": "change a theme; its codes are drawn so from now on",
    "DELETE /v1/themes/{id}": "delete a theme; its codes stay",
    "GET /v1/folders": "folders",
    "POST /v1/folders": "create a folder",
    "PATCH /v1/folders/{id}": "rename a folder",
    "DELETE /v1/folders/{id}": "delete a folder; its codes stay",
}


def router(parts: Parts) -> Router:
    """All routes of this dialect."""
    face = Face(parts)

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        # Litestar copies a router in depth: it leaves functions alone, but would copy the parts
        # that a method is bound to.
        await face.admit(connection)

    return Router(
        path="/v1",
        route_handlers=[
            discover,
            me,
            *qr_routes.ROUTES,
            create_dynamic,
            create_bulk,
            list_dynamic,
            list_tags,
            get_dynamic,
            change_dynamic,
            delete_dynamic,
            get_scans,
            *history_routes.ROUTES,
            create_static,
            list_codes,
            delete_code,
            *theme_routes.ROUTES,
        ],
        dependencies={"face": Provide(lambda: face, sync_to_thread=False)},
        guards=[admit],
        middleware=[open_to_browsers],
        exception_handlers=ERROR_HANDLERS,
        request_max_body_size=parts.settings.body_bytes_max,
        tags=["OpenQR"],
    )


@get("/", opt={"keyless": True}, sync_to_thread=False)
def discover() -> Answer:
    """What is here."""
    return answer(
        {
            "name": "OpenQR API, served by Footfall",
            "version": "v1",
            "authentication": "Authorization: Bearer oqr_…",
            "endpoints": ENDPOINTS,
        }
    )


@get("/me", sync_to_thread=True)
def me(request: Asked, face: OurFace) -> Answer:
    """The account behind the key. Clients call this to check that they are connected."""
    account = request.auth.account
    with face.parts.catalog.reading() as session:
        active = nouns.count_active(session, account.id)
    return answer(wire.me_body(account, active))


# ── dynamic codes ─────────────────────────────────────────────────────────────────────────────


@post("/dynamic", opt=OWN, sync_to_thread=True)
def create_dynamic(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A code behind a short link. Its slug is random; PATCH gives it another."""
    asked = _read_row(decode(body, wire.CreateRequest), face)
    decode(body, wire.ForChange).refuse()

    def make(session: Session, now: int) -> Any:
        code = _make(session, request, asked, now)
        return wire.code_summary(code, face.short_base)

    return face.create(request, asked, 1, make)


@post("/dynamic/bulk", opt=OWN, sync_to_thread=True)
def create_bulk(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Up to 200 codes, all or none. Each costs one unit of the quota."""
    asked = decode(body, wire.BulkRequest)
    rows = []
    for_change = decode(body, wire.BulkForChange).codes
    for index, row in enumerate(asked.codes):
        try:
            for_change[index].refuse()
            rows.append(_read_row(row, face, asked.theme))
        except InvalidRequest as error:
            raise type(error)(f"codes[{index}]: {error.message}") from None

    def make(session: Session, now: int) -> Any:
        codes = [_make(session, request, row, now) for row in rows]
        return {
            "codes": [wire.code_summary(code, face.short_base) for code in codes],
            "created": len(codes),
        }

    return face.create(request, rows, len(rows), make)


def _read_row(row: wire.CreateRequest, face: Face, theme: str | None = None) -> wire.CreateRequest:
    return wire.CreateRequest(
        destination=read_destination(row.destination, face.rules),
        label=clean_text(row.label, "label"),
        theme=row.theme or theme,
    )


def _make(session: Session, request: Asked, row: wire.CreateRequest, now: int) -> nouns.CodeRow:
    account = request.auth.account.id
    theme = nouns.find_theme(session, account, row.theme) if row.theme else None
    return nouns.create_dynamic(
        session, account, row.destination, now=now, label=row.label, theme=theme
    )


@get("/dynamic", sync_to_thread=True)
def list_dynamic(request: Asked, face: OurFace) -> Answer:
    """Newest first; `next_cursor` is null on the last page."""
    now = face.parts.clock()
    with face.parts.catalog.reading() as session:
        codes, cursor = _list(request, session, wire.read_filter(request.query_params, now))
        rows = [wire.code_detail(code, face.short_base, now) for code in codes]
    return answer({"codes": rows, "next_cursor": cursor})


def _list(request: Asked, session: Session, wanted: listing.Filter) -> tuple[Any, str | None]:
    query = request.query_params
    return listing.list_codes(
        session,
        request.auth.account.id,
        wanted,
        limit=read_number(query.get("limit"), "limit", wire.LIST_DEFAULT, 1, wire.LIST_MAX),
        cursor=query.get("cursor") or "",
    )


@get("/tags", sync_to_thread=True)
def list_tags(request: Asked, face: OurFace) -> Answer:
    """The tags in use, the most used first."""
    with face.parts.catalog.reading() as session:
        tags, complete = listing.count_tags(session, request.auth.account.id)
    rows = [{"tag": tag, "codes": codes} for tag, codes in tags]
    return answer({"tags": rows, "complete": complete})


@get("/dynamic/{code_id:str}", sync_to_thread=True)
def get_dynamic(request: Asked, face: OurFace, code_id: FromPath[str]) -> Answer:
    """Everything about one code."""
    with face.parts.catalog.reading() as session:
        code, _ = nouns.find_dynamic(session, request.auth.account.id, code_id)
        return answer(wire.code_detail(code, face.short_base, face.parts.clock()))


@patch("/dynamic/{code_id:str}", sync_to_thread=True)
def change_dynamic(request: Asked, face: OurFace, code_id: FromPath[str], body: RawBody) -> Answer:
    """Change what is sent. The next scan meets the change."""
    now = face.parts.clock()
    changes = wire.read_changes(decode(body, wire.ChangeRequest), face.rules, now)
    with face.parts.catalog.writing() as session:
        code, _ = nouns.find_dynamic(session, request.auth.account.id, code_id)
        history.change_kept(session, code, changes, history_routes.read_author(request, now))
        detail = wire.code_detail(code, face.short_base, now)
    return answer(detail)


@get("/dynamic/{code_id:str}/scans")
async def get_scans(request: Asked, face: OurFace, code_id: FromPath[str]) -> Answer:
    """Totals of all time, and a window of `days` UTC days that ends with today."""
    account = request.auth.account.id
    query = request.query_params.get("days")
    days = read_number(query, "days", scans.DAYS_DEFAULT, 1, scans.DAYS_MAX)

    def find() -> tuple[nouns.CodeRow, int]:
        with face.parts.catalog.reading() as session:
            code, tracker = nouns.find_dynamic(session, account, code_id)
            return code, tracker.id

    code, tracker = await asyncio.to_thread(find)
    now = face.parts.clock()
    report = await face.parts.reader.tracker_report(scans.report_query(account, tracker, days, now))
    return answer(scans.scans_body(code, face.short_base, report, days, now))


# ── the library ───────────────────────────────────────────────────────────────────────────────


@post("/codes", sync_to_thread=True)
def create_static(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A static code: its payload is built here, and kept."""
    asked = decode(body, wire.StaticRequest)
    payload = build_payload(asked.type, asked.fields)
    label = clean_text(asked.label, "label")

    def make(session: Session, now: int) -> Any:
        account = request.auth.account.id
        code = nouns.create_static(session, account, asked.type, payload, now=now, label=label)
        return wire.static_summary(code)

    return face.create(request, asked, 1, make)


@get("/codes", sync_to_thread=True)
def list_codes(request: Asked, face: OurFace) -> Answer:
    """Static and dynamic codes together, newest first."""
    now = face.parts.clock()
    with face.parts.catalog.reading() as session:
        search = clean_text(request.query_params.get("search"), "search") or ""
        codes, cursor = _list(request, session, listing.Filter(search=search))
        rows = [wire.library_row(code, face.short_base, now) for code in codes]
    return answer({"codes": rows, "next_cursor": cursor})


def delete_any(request: Asked, face: OurFace, code_id: FromPath[str]) -> Answer:
    """Delete a code of either kind: the vendor's scripts and plugins delete static ones below
    `/dynamic` too. The link stops at once, the scans can no longer be asked for, and are then
    erased."""
    with face.parts.catalog.writing() as session:
        code = nouns.find_code(session, request.auth.account.id, code_id)
        nouns.delete_code(session, code, face.parts.clock())
    face.parts.wake_upkeep()
    return answer({"id": code_id, "deleted": True})


delete_code, delete_dynamic = (
    delete(f"/{place}/{{code_id:str}}", status_code=200, sync_to_thread=True)(delete_any)
    for place in ("codes", "dynamic")
)
