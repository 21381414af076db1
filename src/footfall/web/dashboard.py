"""The dashboard's files, as `make dashboard` built them: read at the start, served from memory.

    GET /                     a browser goes on to /dashboard/
    GET /dashboard/assets/…   scripts, styles, fonts and images, named by their content
    GET /dashboard/…          the page: it knows itself what is below

So no path of a request ever reaches the disk, and a build that happens meanwhile is not seen in
halves. What needs somebody to be signed in, the page asks the APIs for.
"""

import gzip
import hashlib
import html
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from footfall.api import pages
from footfall.web.hosts import host_spellings

BUILD: Final = Path(__file__).parent / "dashboard"
INDEX: Final = "index.html"
PATH: Final = "/dashboard/"
ASSETS: Final = "assets/"
"""The names of what is there have a hash of the content in them."""

_POLICY: Final = (
    "default-src 'none'; {page}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_POLICY: Final = _POLICY.format(
    page="script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'"
)
PLAIN_POLICY: Final = _POLICY.format(page="style-src 'unsafe-inline'")
"""For a page of ours without scripts, whose few styles stand in it."""

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
UNCHANGING: Final = "public, max-age=31536000, immutable"
CHECKED: Final = "no-cache"
"""Kept, and requested again each time whether it is still the same."""

MEDIA_TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
"""By preference, with the ending of the file that the build compressed."""

log = logging.getLogger(__name__)


class File(msgspec.Struct, frozen=True):
    """`encoded` has the same content compressed, by the name of its encoding; "" is as it is."""

    media_type: str
    encoded: Mapping[str, bytes]

    def choose(self, accepted: str) -> tuple[str, bytes]:
        """The encoding that a browser takes and is small, with its bytes."""
        taken = _taken(accepted)
        for name in ENCODINGS:
            if name in self.encoded and name in taken:
                return name, self.encoded[name]
        return "", self.encoded[""]


def read_files(directory: Path) -> dict[str, File]:
    """By their names below the directory. Empty when there is no whole build."""
    try:
        contents = {
            path.relative_to(directory).as_posix(): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }
    except OSError as error:
        log.warning("The dashboard cannot be read: %s", error)
        return {}
    if INDEX not in contents:
        return {}
    files = {}
    for name, content in contents.items():
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        if media_type is not None:
            encoded = {
                encoding: contents[name + ending]
                for encoding, ending in ENCODINGS.items()
                if name + ending in contents
            }
            files[name] = File(media_type, {"": content, **encoded})
    return files


def routes(
    short_host: str, public_path: str = "", directory: Path = BUILD
) -> list[HTTPRouteHandler]:
    """At the root of the short host there are links, and no dashboard."""
    files = read_files(directory)
    if public_path and INDEX in files:
        files[INDEX] = _moved(files[INDEX], public_path)
    short_hosts = host_spellings(short_host)

    @get("/", include_in_schema=False, sync_to_thread=False)
    def go_on(request: Request[Any, Any, Any]) -> Response[bytes]:
        host = request.headers.get("host", "").lower()
        html = "text/html" in request.headers.get("accept", "")
        if html and host not in short_hosts:
            return Response(b"", status_code=302, headers={"Location": PATH, "Vary": "Accept"})
        return Response(pages.WELCOME, media_type=MediaType.HTML, headers={"Vary": "Accept"})

    @get("/dashboard", include_in_schema=False, sync_to_thread=False)
    def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not request.scope["raw_path"].endswith(b"/"):
            return Response(b"", status_code=308, headers={"Location": PATH})
        return _answer(request, INDEX, files)

    @get("/dashboard/{name:path}", include_in_schema=False, sync_to_thread=False)
    def below(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        name = name.removeprefix("/")
        return _answer(request, name if name in files or name.startswith(ASSETS) else INDEX, files)

    return [go_on, page, below]


def _moved(index: File, public_path: str) -> File:
    """The page below a path. Scripts and styles know of each other by where they are themselves;
    the page names its own, and tells the scripts the path."""
    page = index.encoded[""]
    path = html.escape(public_path).encode()
    page = page.replace(f'="{PATH}'.encode(), b'="' + path + PATH.encode())
    page = page.replace(b'name="public-path" content="', b'name="public-path" content="' + path)
    return File(index.media_type, {"": page, "gzip": gzip.compress(page)})


def _answer(
    request: Request[Any, Any, Any], name: str, files: Mapping[str, File]
) -> Response[bytes]:
    if (file := files.get(name)) is None:
        missing = bool(files) or name.startswith(ASSETS)
        return plain(404, pages.UNKNOWN) if missing else plain(200, pages.NOT_BUILT)
    encoding, content = file.choose(request.headers.get("accept-encoding", ""))
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        **HEADERS,
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": UNCHANGING if name.startswith(ASSETS) else CHECKED,
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known or f"W/{tag}" in known:
        return Response(b"", status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(content, media_type=file.media_type, headers=headers)


def plain(status: int, page: bytes) -> Response[bytes]:
    """A page of `api.pages`."""
    headers = {
        **HEADERS,
        "Content-Security-Policy": PLAIN_POLICY,
        "Cache-Control": "no-store",
    }
    return Response(page, status_code=status, media_type=MediaType.HTML, headers=headers)


def _taken(accepted: str) -> set[str]:
    """`gzip, br;q=0.9, zstd;q=0` takes gzip and br."""
    taken = set()
    for one in accepted.lower().split(","):
        name, _, weight = one.partition(";")
        if weight.strip().replace(" ", "").rstrip("0.") != "q=":
            taken.add(name.strip())
    return taken
