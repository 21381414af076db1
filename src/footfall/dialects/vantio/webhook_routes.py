"""Routes of webhooks: ours, as the vendor has them in its dashboard only."""

from typing import Final

from litestar import delete, get, post, put
from litestar.params import FromPath, RawBody

from footfall.core.destinations import read_destination
from footfall.core.errors import NotFound
from footfall.dialects.bodies import answer, decode
from footfall.dialects.once import SHOWS_SECRET
from footfall.dialects.vantio import telling, wire
from footfall.dialects.vantio.face import NEXT_CURSOR, Answer, Asked, OurFace
from footfall.dialects.vantio.nouns import SOURCE, read_id
from footfall.dialects.vantio.questions import DELIVERIES_MAX, DeliveriesQuery, read_query
from footfall.dialects.vantio.requests import WebhookChange, WebhookRequest, read_fields
from footfall.webhooks import outbox

NUMBER_LENGTH_MAX: Final = 18


@get("/webhooks", sync_to_thread=True)
def list_webhooks(request: Asked, face: OurFace) -> Answer:
    """All of them, oldest first."""
    with face.parts.catalog.reading() as session:
        rows = telling.list_webhooks(session, request.auth.account.id)
    return answer(telling.WebhookList([telling.webhook_body(row) for row in rows]))


@post("/webhooks", status_code=200, opt=SHOWS_SECRET, sync_to_thread=True)
def create_webhook(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """The answer shows the secret."""
    fields = read_fields(decode(body, WebhookRequest))
    fields["url"] = read_destination(fields["url"], face.rules, "url")
    with face.parts.catalog.writing() as session:
        row = telling.create_webhook(session, request.auth.account.id, face.parts.clock(), **fields)
    return answer(telling.webhook_with_secret(row))


@get("/webhooks/{id:str}", sync_to_thread=True)
def get_webhook(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    with face.parts.catalog.reading() as session:
        row = outbox.find_webhook(session, request.auth.account.id, SOURCE, read_id(id))
    return answer(telling.webhook_body(row))


@put("/webhooks/{id:str}", sync_to_thread=True)
def change_webhook(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
    """Change what is sent. Messages that wait go to a new address at once."""
    fields = read_fields(decode(body, WebhookChange))
    if "url" in fields:
        fields["url"] = read_destination(fields["url"], face.rules, "url")
    with face.parts.catalog.writing() as session:
        row = outbox.find_webhook(session, request.auth.account.id, SOURCE, read_id(id))
        telling.change_webhook(session, row, face.parts.clock(), fields)
    face.parts.wake_webhooks()
    return answer(telling.webhook_body(row))


@delete("/webhooks/{id:str}", status_code=200, sync_to_thread=True)
def delete_webhook(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """With its log, and with what was still to be sent."""
    with face.parts.catalog.writing() as session:
        row = outbox.find_webhook(session, request.auth.account.id, SOURCE, read_id(id))
        session.delete(row)
    return answer(wire.Deleted(id))


@post("/webhooks/{id:str}/rotate-secret", status_code=200, opt=SHOWS_SECRET, sync_to_thread=True)
def rotate_secret(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """A new secret, shown in the answer. Every message from now on is signed with it."""
    with face.parts.catalog.writing() as session:
        row = outbox.find_webhook(session, request.auth.account.id, SOURCE, read_id(id))
        row.secret, row.updated_at = outbox.new_standard_secret(), face.parts.clock()
    return answer(telling.webhook_with_secret(row))


@get("/webhooks/{id:str}/deliveries", sync_to_thread=True)
def list_deliveries(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
    """What was sent and what is to be sent, newest first."""
    asked = read_query(request.query_params, DeliveriesQuery)
    limit = min(asked.limit, DELIVERIES_MAX)
    with face.parts.catalog.reading() as session:
        webhook = outbox.find_webhook(session, request.auth.account.id, SOURCE, read_id(id))
        rows = outbox.deliveries(session, webhook, limit=limit + 1, before=asked.cursor)
    cursor = str(rows[limit - 1].number) if len(rows) > limit else None
    page = telling.SentList([telling.sent_body(row) for row in rows[:limit]])
    return answer(page, headers={NEXT_CURSOR: cursor} if cursor else None)


@post("/webhooks/{id:str}/deliveries/{number:str}/replay", status_code=200, sync_to_thread=True)
def replay_delivery(
    request: Asked, face: OurFace, id: FromPath[str], number: FromPath[str]
) -> Answer:
    """Send a message of the log once more, as it was."""
    with face.parts.catalog.writing() as session:
        webhook = outbox.find_webhook(session, request.auth.account.id, SOURCE, read_id(id))
        row = outbox.replay(session, webhook, _read_number(number), face.parts.clock())
    face.parts.wake_webhooks()
    return answer(telling.sent_body(row))


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH_MAX):
        raise NotFound("There is no such delivery. List them to see their numbers.")
    return int(text)


ROUTES = [
    list_webhooks,
    create_webhook,
    get_webhook,
    change_webhook,
    delete_webhook,
    rotate_secret,
    list_deliveries,
    replay_delivery,
]
