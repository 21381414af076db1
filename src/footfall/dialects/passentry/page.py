"""`GET /download?pass=<uuid>`, the page of a pass: what its holder shows at a door. No key, as the
uuid cannot be guessed; no script, no third party."""

from html import escape
from typing import Final

import msgspec
from litestar import Response
from sqlalchemy import select

from footfall.api.bodies import iso_time
from footfall.api.openapi import PAGE
from footfall.api.operations import operation
from footfall.api.pages import page
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.barcodes import barcode_body, draw
from footfall.dialects.passentry.bodies import shown_points
from footfall.dialects.passentry.dialect import Call
from footfall.dialects.passentry.records.passes import PassStatus
from footfall.dialects.passentry.records.tables import PassRow

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
STYLES: Final = """
  body { margin-top: 6vh }
  figure { margin: 1.5rem 0; text-align: center; background: #fff; color: #000;
           padding: 1rem; border-radius: .5rem }
  svg { width: 100%; max-height: 20rem }
  dt { font-size: .8rem; opacity: .7 }
  dd { margin: 0 0 .6rem; overflow-wrap: anywhere }"""

UNKNOWN: Final = page(
    "Nothing here", "<p>This pass is not known. Check that the link is whole.</p>", STYLES
)


def render(row: PassRow, now: int) -> bytes:
    """The pass's fields, its points if there are any, and its barcode while it is good."""
    problem = _problem(row, now)
    fields = [(name, str(value)) for name, value in row.content.items() if value is not None]
    if row.balance:
        fields.append(("Points", str(shown_points(row.balance))))
    if row.expires_at is not None:
        fields.append(("Valid until", iso_time(row.expires_at)))
    body = f'<p class="alert" role="alert">{problem}</p>' if problem else _figure(row)
    if row.latest_message:
        body += f"<p>{escape(row.latest_message)}</p>"
    body += "<dl>"
    body += "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in fields)
    body += "</dl>"
    return page(row.template.name, body, STYLES)


def _problem(row: PassRow, now: int) -> str:
    if row.status in (PassStatus.DEACTIVATED, PassStatus.REMOVED):
        return "This pass is not active."
    if row.expires_at is not None and now >= row.expires_at:
        return "This pass has expired."
    return ""


def _figure(row: PassRow) -> str:
    barcode = barcode_body(row)
    if barcode is None:
        return ""
    text = f"<figcaption>{escape(barcode.value)}</figcaption>" if barcode.display_text else ""
    try:
        return f"<figure>{draw(barcode.value, barcode.type)}{text}</figure>"
    except InvalidRequest:
        # A text that came into the barcode by a field after it was checked.
        return f"<figure><p>{escape(barcode.value)}</p></figure>"


class DownloadQuery(msgspec.Struct, frozen=True, rename={"wallet_pass": "pass"}):
    """The page of a pass, by its uuid."""

    wallet_pass: str | None = None


@operation(
    "GET /download",
    "The page of a pass",
    query=DownloadQuery,
    media_type=PAGE,
    errors=(404,),
    keyless=True,
)
def show_page(call: Call) -> Response[bytes]:
    """404 for an unknown one. By uuid only: an extId may be guessed."""
    pass_id = str(call.query.get("pass") or "").lower()
    with call.reading() as session:
        row = session.scalar(select(PassRow).where(PassRow.id == pass_id))
    content = UNKNOWN if row is None else render(row, call.now())
    return Response(
        content,
        status_code=404 if row is None else 200,
        media_type=PAGE,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )
