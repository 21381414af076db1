"""Scripts that pages load: at most an hour old, and requested again with their ETag.

GET  /tag.js                                     views of pages: see tag.py
GET  /scripts/main.js, /scripts/sdk/everflow.js  `EF`, as pages of Everflow's clients load it
"""

import hashlib
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler


def script_route(path: str, file: str) -> HTTPRouteHandler:
    body = (Path(__file__).parent / file).read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "public, max-age=3600",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }

    @get(path, include_in_schema=False, sync_to_thread=False, name=f"script-{path}")
    def script(request: Request[Any, Any, Any]) -> Response[bytes]:
        if etag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type="text/javascript", headers=headers)

    return script


ROUTES: Final = [
    script_route("/tag.js", "tag.js"),
    script_route("/scripts/main.js", "everflow.js"),
    script_route("/scripts/sdk/everflow.js", "everflow.js"),
]
