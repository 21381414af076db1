"""Every operation of this dialect, for its OpenAPI document. Tests hold it to the routes, and send
its examples."""

from typing import Any, Final, Literal

import msgspec

from footfall.dialects.openapi import Example, Operation, document
from footfall.dialects.openqr import answers, checking, looks, wire

IMAGES: Final = ("image/png", "application/pdf")
KEYED: Final = (400, 401, 403, 429, 503)
"""What any request with a key may be answered with."""

CODE: Final[dict[str, Any]] = {
    "id": "c_8k2m4n6p8q2r",
    "slug": "k3x9ab",
    "short_url": "https://go.example.org/k3x9ab",
    "destination": "https://example.org/menu",
    "label": "Flyer",
}
DETAIL: Final[dict[str, Any]] = CODE | {
    "status": "active",
    "type": "url",
    "dynamic": True,
    "tags": [],
    "folder_id": None,
    "folder": None,
    "theme": None,
    "pause_until": None,
    "has_password": False,
    "has_pin": False,
    "lock_hint": None,
    "ios_destination": None,
    "android_destination": None,
    "utm": None,
    "privacy": "coarse",
    "created_at": "2026-07-01T08:00:00Z",
    "updated_at": "2026-07-01T08:00:00Z",
}
CHANGED: Final[dict[str, Any]] = {
    "destination": "https://example.org/summer-menu",
    "tags": ["print"],
}
CHANGE: Final = {
    "number": 1,
    "at": "2026-07-01T09:30:00Z",
    "by": "website",
    "by_id": "key-2",
    "undoes": None,
    "fields": [
        {"field": "destination", "from": DETAIL["destination"], "to": CHANGED["destination"]}
    ],
}
CHECK: Final = {
    "ok": True,
    "decodes": True,
    "contrast_ratio": 5.47,
    "error": "Q",
    "modules": 29,
    "module_mm": 1.081,
    "scan_distance_mm": 314,
    "warnings": [],
}
SCANS: Final = {
    **{name: CODE[name] for name in ("id", "slug", "short_url", "destination")},
    "scans": {"total": 12, "last7": 5, "topCountry": "GB", "topDevice": "mobile"},
    "analytics": {
        "days_window": 2,
        "total": 12,
        "window_total": 4,
        "daily": [{"day": "2026-07-02", "n": 1}, {"day": "2026-07-03", "n": 3}],
        "by_country": [{"value": "GB", "n": 3}, {"value": "Unknown", "n": 1}],
        "by_device": [{"value": "mobile", "n": 4}],
        "by_referrer": [{"value": "Direct", "n": 4}],
    },
}
STATIC: Final = {"id": "c_2b4c6d8e2f4g", "type": "wifi", "label": "Guests"}
WIFI: Final = "WIFI:T:WPA;S:Guests;P:welcome2;;"
FOLDER: Final = {"id": "f_3c5d7e9f2g4h", "name": "Summer", "created_at": "2026-07-01T08:00:00Z"}
THEME: Final = {"id": "t_4d6e8f2g4h6j", "name": "Teal", "style": {"fgColor": "#0f766e"}}
STYLE: Final = {"fgColor": "#0f766e", "margin": 4, "error": "Q"}
MADE: Final = {"created_at": "2026-07-01T08:00:00Z"}
ME: Final = {
    "id": "u_1",
    "email": "owner@example.org",
    "name": "Owner",
    **MADE,
    "plan": "pro",
    "enforced": False,
    "limits": {
        "dynamic_codes": None,
        "scan_analytics_days": None,
        "detailed_analytics": True,
    },
    "usage": {"active_dynamic": 2},
    "features": {"protection": True, "aliases": True, "api": True},
}


class PageQuery(msgspec.Struct, frozen=True):
    limit: int | None = None
    cursor: str | None = None


class ListQuery(PageQuery, frozen=True):
    search: str | None = None


class CodesQuery(ListQuery, frozen=True):
    """`folder` is an id, a name, or `none`."""

    folder: str | None = None
    tag: list[str] | None = None
    status: Literal["active", "paused"] | None = None


class ScansQuery(msgspec.Struct, frozen=True):
    days: int | None = None


def _of(
    method: str,
    path: str,
    summary: str,
    answer: Any,
    example: Example,
    *,
    query: Any = None,
    body: Any = None,
    status: int = 200,
    media_type: str = "application/json",
    also: tuple[str, ...] = (),
) -> Operation:
    errors = {*KEYED, *([404] if "{" in path else ()), *([413] if body is not None else ())}
    errors |= {409} if method == "PATCH" else set()
    return Operation(
        method=method,
        path=f"/v1{path}",
        summary=summary,
        query=query,
        body=body,
        answer=answer,
        status=status,
        media_type=media_type,
        also=also,
        errors=tuple(sorted(errors)),
        example=example,
    )


def _by_id(noun: dict[str, Any], answer: Any, **more: Any) -> Example:
    return Example(path={"id": noun["id"]}, answer=answer, **more)


def _deleted(noun: dict[str, Any]) -> Example:
    return _by_id(noun, {"id": noun["id"], "deleted": True})


_DRAW: Final = {"data": CODE["short_url"], "size": "256"}
_DYNAMIC: Final = {name: CODE[name] for name in ("destination", "label")}
_FIELDS: Final = {"ssid": "Guests", "password": "welcome2", "encryption": "WPA"}
_STATIC: Final = {"type": "wifi", "fields": _FIELDS, "label": "Guests"}
_ROW: Final = {
    **{name: DETAIL[name] for name in ("id", "type", "dynamic", "destination", "label")},
    **{name: DETAIL[name] for name in ("status", "slug", "short_url", "created_at")},
}

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1",
        summary="What is here",
        answer=answers.Index,
        errors=(),
        keyless=True,
        example=Example(
            answer={
                "name": "OpenQR API, served by Footfall",
                "version": "v1",
                "authentication": "Authorization: Bearer oqr_…",
                "endpoints": {"GET /v1": "this list; no key needed"},
            }
        ),
    ),
    _of("GET", "/me", "The account behind the key", answers.Me, Example(answer=ME)),
    _of(
        "GET",
        "/qr",
        "Draw a code",
        None,
        Example(query=_DRAW),
        query=looks.RenderQuery,
        media_type="image/svg+xml",
        also=IMAGES,
    ),
    _of(
        "POST",
        "/qr",
        "Draw a code from a body",
        None,
        Example(body={**_DRAW, "size": 256}),
        body=looks.RenderRequest,
        media_type="image/svg+xml",
        also=IMAGES,
    ),
    _of(
        "POST",
        "/qr/check",
        "See whether a code will be read",
        checking.Check,
        Example(body={"data": CODE["short_url"], "dark": "0f766e", "size_mm": 40}, answer=CHECK),
        body=looks.CheckRequest,
    ),
    _of(
        "POST",
        "/dynamic",
        "Create a dynamic code",
        answers.Code,
        Example(body=_DYNAMIC, answer=CODE),
        body=wire.CreateRequest,
        status=201,
    ),
    _of(
        "POST",
        "/dynamic/bulk",
        "Create up to 200 dynamic codes, all or none",
        answers.Created,
        Example(body={"codes": [_DYNAMIC]}, answer={"codes": [CODE], "created": 1}),
        body=wire.BulkRequest,
        status=201,
    ),
    _of(
        "GET",
        "/dynamic",
        "List dynamic codes, newest first",
        answers.CodePage,
        Example(query={"limit": "50"}, answer={"codes": [DETAIL], "next_cursor": None}),
        query=CodesQuery,
    ),
    _of(
        "GET",
        "/tags",
        "List the tags in use, the most used first",
        answers.TagList,
        Example(answer={"tags": [{"tag": "print", "codes": 3}], "complete": True}),
    ),
    _of("GET", "/dynamic/{id}", "Get a code", answers.CodeDetail, _by_id(CODE, DETAIL)),
    _of(
        "PATCH",
        "/dynamic/{id}",
        "Change a code",
        answers.CodeDetail,
        _by_id(CODE, DETAIL | CHANGED, body=CHANGED),
        body=wire.ChangeRequest,
    ),
    _of(
        "GET",
        "/dynamic/{id}/qr",
        "Draw the short link of a code in its own theme",
        None,
        _by_id(CODE, None, query={"size": "256"}),
        query=looks.ImageQuery,
        media_type="image/svg+xml",
        also=IMAGES,
    ),
    _of(
        "GET",
        "/dynamic/{id}/history",
        "What was changed of a code, newest first",
        answers.History,
        _by_id(CODE, {"changes": [CHANGE], "next_cursor": None}, query={"limit": "50"}),
        query=PageQuery,
    ),
    _of(
        "POST",
        "/dynamic/{id}/history/{number}/undo",
        "Set what a change replaced",
        answers.CodeDetail,
        Example(path={"id": CODE["id"], "number": "1"}, answer=DETAIL),
    ),
    _of(
        "GET",
        "/dynamic/{id}/scans",
        "The scans of a code",
        answers.CodeScans,
        _by_id(CODE, SCANS, query={"days": "2"}),
        query=ScansQuery,
    ),
    _of(
        "DELETE", "/dynamic/{id}", "Delete a code, erase its scans", answers.Deleted, _deleted(CODE)
    ),
    _of(
        "POST",
        "/codes",
        "Create a static code",
        answers.StaticCode,
        Example(body=_STATIC, answer=STATIC | {"payload": WIFI}),
        body=wire.StaticRequest,
        status=201,
    ),
    _of(
        "GET",
        "/codes",
        "List static and dynamic codes, newest first",
        answers.Library,
        Example(query={"limit": "50"}, answer={"codes": [_ROW], "next_cursor": None}),
        query=ListQuery,
    ),
    _of("DELETE", "/codes/{id}", "Delete a code of either kind", answers.Deleted, _deleted(STATIC)),
    _of(
        "POST",
        "/folders",
        "Create a folder",
        answers.Folder,
        Example(body={"name": "Summer"}, answer=FOLDER),
        body=wire.FolderRequest,
        status=201,
    ),
    _of(
        "GET", "/folders", "List folders", answers.FolderList, Example(answer={"folders": [FOLDER]})
    ),
    _of(
        "PATCH",
        "/folders/{id}",
        "Rename a folder",
        answers.Folder,
        _by_id(FOLDER, FOLDER | {"name": "Autumn"}, body={"name": "Autumn"}),
        body=wire.FolderRequest,
    ),
    _of("DELETE", "/folders/{id}", "Delete a folder", answers.Deleted, _deleted(FOLDER)),
    _of(
        "POST",
        "/themes",
        "Create a theme",
        answers.Theme,
        Example(body={"name": "Teal", "style": THEME["style"]}, answer=THEME | MADE),
        body=wire.ThemeRequest,
        status=201,
    ),
    _of(
        "GET",
        "/themes",
        "List themes",
        answers.ThemeList,
        Example(answer={"themes": [THEME | MADE]}),
    ),
    _of(
        "PATCH",
        "/themes/{id}",
        "Change a theme, and how its codes are drawn",
        answers.Theme,
        _by_id(THEME, THEME | MADE | {"style": STYLE}, body={"style": STYLE}),
        body=wire.ThemeChange,
    ),
    _of("DELETE", "/themes/{id}", "Delete a theme", answers.Deleted, _deleted(THEME)),
)

DOCUMENT: Final = document("OpenQR's API", wire.ErrorBody, OPERATIONS)
