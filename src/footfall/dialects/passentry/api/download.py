"""`GET /download?pass=<uuid>`: no key, as the uuid cannot be guessed."""

from litestar import Response, get
from sqlalchemy import select

from footfall.dialects.passentry import page
from footfall.dialects.passentry.face import Answer, Asked, OurFace
from footfall.dialects.passentry.nouns.tables import PassRow


@get("/download", sync_to_thread=True)
def show(request: Asked, face: OurFace) -> Answer:
    """The page of a pass; 404 for an unknown one. By uuid only: an extId may be guessed."""
    pass_id = request.query_params.get("pass") or ""
    with face.reading() as session:
        row = session.scalar(select(PassRow).where(PassRow.id == str(pass_id).lower()))
    content = page.UNKNOWN if row is None else page.render(row, face.parts.clock())
    return Response(
        content,
        status_code=404 if row is None else 200,
        media_type="text/html",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": page.POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )
