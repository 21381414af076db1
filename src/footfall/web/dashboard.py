"""The dashboard's files, as `make dashboard` built them from web/.

    GET /                     a browser is led to the dashboard
    GET /dashboard/assets/…   named by their content: kept for a year
    GET /dashboard/…          the page; what is below, the page itself knows

The names are listed at the start, so no path leads outside.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from footfall.web import pages

BUILT: Final = Path(__file__).parent / "dashboard"
INDEX: Final = "index.html"
TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""The smallest first."""

POLICY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}


class File(msgspec.Struct, frozen=True):
    """`forms` are the bytes by content encoding, "" for as they are."""

    media_type: str
    etag: str
    forms: dict[str, bytes]


def read_files(folder: Path) -> dict[str, File]:
    """By name, such as `assets/index-4f2a.js`; nothing when the dashboard was not built."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TYPES and path.is_file():
            body = path.read_bytes()
            forms = {"": body}
            for encoding, ending in ENCODINGS:
                packed = path.with_name(path.name + ending)
                if packed.is_file():
                    forms[encoding] = packed.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            files[path.relative_to(folder).as_posix()] = File(TYPES[path.suffix], etag, forms)
    return files


def router(folder: Path = BUILT) -> Router:
    files = read_files(folder)

    @get("/", sync_to_thread=False)
    def root(request: Request[Any, Any, Any]) -> Response[Any]:
        if "text/html" in request.headers.get("accept", ""):
            return Redirect("/dashboard/", status_code=302)
        return Response(pages.WELCOME, media_type=TYPES[".html"])

    @get("/dashboard/assets/{name:str}", sync_to_thread=False)
    def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        file = files.get(f"assets/{name}")
        if file is None:
            raise NotFoundException("There is no such file. Reload the page.")
        return _answer(request, file, "public, max-age=31536000, immutable")

    @get(["/dashboard", "/dashboard/{rest:path}"], sync_to_thread=False)
    def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        file = files.get(INDEX)
        if file is None:
            return Response(pages.NOT_BUILT, media_type=TYPES[".html"])
        return _answer(request, file, "no-cache")

    return Router("/", route_handlers=[root, asset, page], include_in_schema=False)


def _answer(request: Request[Any, Any, Any], file: File, cache: str) -> Response[bytes]:
    headers = {**POLICY, "Cache-Control": cache, "ETag": file.etag}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    taken = {one.split(";")[0].strip() for one in _accepted(request)}
    encoding = next((name for name, _ in ENCODINGS if name in taken and name in file.forms), "")
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(file.forms[encoding], media_type=file.media_type, headers=headers)


def _accepted(request: Request[Any, Any, Any]) -> list[str]:
    return str(request.headers.get("accept-encoding", "")).split(",")
