"""Routes of the nouns: each has a list, one to read, one to make and one to change."""

from typing import Any

from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody

from footfall.api.bodies import answer, convert, decode
from footfall.core.accounts import Scope
from footfall.dialects.everflow import nouns, offers
from footfall.dialects.everflow.face import PREFIX, Answer, Asked, OurFace
from footfall.dialects.everflow.networks import NetworkChange, change_network, show_network
from footfall.dialects.everflow.resources import (
    CHANGES,
    LISTS,
    PAGE_MAX,
    QUERIES,
    RESOURCES,
    Paging,
    Resource,
)


def routes_of(one: Resource) -> list[HTTPRouteHandler]:
    path = f"{PREFIX}/{one.path}"

    @get(path, sync_to_thread=True, name=f"everflow-list-{one.path}")
    def list_page(request: Asked, face: OurFace) -> Answer:
        given = {name: value for name, value in request.query_params.items() if value != ""}
        asked = convert(given, QUERIES[one.path])
        equal = one.columns(asked)
        page, size = equal.pop("page"), min(equal.pop("page_size"), PAGE_MAX)
        with face.parts.catalog.reading() as session:
            account = request.auth.account.id
            rows, count = nouns.list_rows(session, one.rows, account, equal, page, size)
            bodies: Any = {one.key: [one.body(row) for row in rows]}
        return answer(LISTS[one.path](**bodies, paging=Paging(page, size, count)))

    @post(path, status_code=201, sync_to_thread=True, name=f"everflow-create-{one.path}")
    def create(request: Asked, face: OurFace, body: RawBody) -> Answer:
        fields = one.columns(decode(body, one.fields))
        with face.parts.catalog.writing() as session:
            account, now = request.auth.account.id, face.parts.clock()
            row = offers.create(session, one.rows, account, now, fields, face.rules)
        face.index.refresh(row)
        return answer(one.body(row), 201)

    @get(f"{path}/{{id:str}}", sync_to_thread=True, name=f"everflow-get-{one.path}")
    def read(request: Asked, face: OurFace, id: FromPath[str]) -> Answer:
        with face.parts.catalog.reading() as session:
            row = nouns.find(session, one.rows, request.auth.account.id, read_id(id))
            return answer(one.body(row))

    @put(f"{path}/{{id:str}}", sync_to_thread=True, name=f"everflow-change-{one.path}")
    def change(request: Asked, face: OurFace, id: FromPath[str], body: RawBody) -> Answer:
        fields = one.columns(decode(body, CHANGES[one.path]))
        with face.parts.catalog.writing() as session:
            row = nouns.find(session, one.rows, request.auth.account.id, read_id(id))
            offers.change_noun(session, row, face.parts.clock(), fields, face.rules)
        face.index.refresh(row)
        return answer(one.body(row))

    return [list_page, create, read, change]


def read_id(text: str) -> int:
    """0, the id of nothing, for what is no id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else 0


# ── the network itself ────────────────────────────────────────────────────────────────────────


@get(f"{PREFIX}/info", sync_to_thread=True)
def get_network(request: Asked, face: OurFace) -> Answer:
    """The account."""
    account = request.auth.account
    with face.parts.catalog.reading() as session:
        return answer(show_network(account, nouns.network(session, account.id)))


@put(f"{PREFIX}/info", opt={"scope": Scope.ADMIN}, sync_to_thread=True)
def put_network(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """Change what is sent: the impression package among it. Needs a key with the scope `admin`."""
    asked = decode(body, NetworkChange)
    account = request.auth.account
    with face.parts.catalog.writing() as session:
        row = change_network(session, account.id, asked)
    return answer(show_network(account, row))


ROUTES = [handler for one in RESOURCES for handler in routes_of(one)] + [get_network, put_network]
