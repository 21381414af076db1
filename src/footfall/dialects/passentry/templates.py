"""Pass templates."""

from typing import Final

from litestar import get, post
from litestar.params import FromPath, RawBody

from footfall.api.bodies import answer, decode
from footfall.dialects.passentry.face import Answer, Asked, OurFace, query_of
from footfall.dialects.passentry.nouns import passes as nouns
from footfall.dialects.passentry.nouns.entities import page
from footfall.dialects.passentry.wire import templates as wire
from footfall.dialects.passentry.wire.documents import clean, read_paging

PATHS: Final = ("/pass-templates", "/pass_templates")
"""The vendor's pages have the first, its plugin for WooCommerce the second."""


def create_template(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Answered as processing, as the vendor does: it is ready as soon as it can be asked for."""
    asked = decode(body, wire.TemplateRequest).pass_template
    name, definition = clean(asked.name, "name"), wire.read_definition(asked)
    account, now = request.auth.account.id, face.parts.clock()
    with face.writing() as session:
        row = nouns.create_template(
            *(session, account, name, asked.template_type, definition, now), id=asked.id or ""
        )
    return answer(wire.ProcessingDocument(wire.processing_body(row, face.base)), 202)


def list_templates(request: Asked, face: OurFace) -> Answer:
    """Newest first."""
    query = query_of(request)
    account, paging = request.auth.account.id, read_paging(query)
    with face.reading() as session:
        rows, total = page(session, nouns.templates_of(account), paging.page, paging.size)
    data = [wire.template_body(row, face.base, query) for row in rows]
    return answer(wire.TemplateList(data, paging.meta(total), face.links(request, paging, total)))


def show_template(request: Asked, face: OurFace, template_id: FromPath[str]) -> Answer:
    """One template; `fields` names the attributes to show."""
    with face.reading() as session:
        row = nouns.find_template(session, request.auth.account.id, template_id)
        data = wire.template_body(row, face.base, query_of(request))
    return answer(wire.TemplateDocument(data))


HANDLERS = tuple(
    handler
    for path in PATHS
    for handler in (
        post(path, status_code=202, sync_to_thread=True)(create_template),
        get(path, sync_to_thread=True)(list_templates),
        get(f"{path}/{{template_id:str}}", sync_to_thread=True)(show_template),
    )
)
