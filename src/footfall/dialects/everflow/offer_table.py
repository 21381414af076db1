"""The vendor's table of offers: a list whose filters and page stand in the body.

https://developers.everflow.io, docs/network/offers: fetch offers
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from msgspec import Meta, structs
from sqlalchemy import ColumnElement, func, select

from footfall.api.bodies import answer, convert
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.dialects.everflow.face import PREFIX, Answer, Asked, Face, OurFace
from footfall.dialects.everflow.notes import Notes, decode_noting
from footfall.dialects.everflow.nouns import OfferRow
from footfall.dialects.everflow.resources import (
    ANSWERS,
    PAGE_DEFAULT,
    PAGE_MAX,
    QUERIES,
    RESOURCES,
    Paging,
)
from footfall.dialects.everflow.stream import PageNumber

PATHS: Final = (f"{PREFIX}/offerstable", f"{PREFIX}/offers/table")
"""The vendor's earlier and later one."""

(_OFFERS,) = (one for one in RESOURCES if one.rows is OfferRow)

Filters: Final = msgspec.defstruct(
    "OfferTableFilters",
    [
        (field.name, field.type, field.default)
        for field in structs.fields(QUERIES[_OFFERS.path])
        if field.name not in ("page", "page_size")
    ],
    frozen=True,
    kw_only=True,
)
Term = Annotated[str, Meta(max_length=200)]


class SearchTerm(msgspec.Struct, frozen=True):
    """Text that a name contains, whatever its case (`name`), or a status (`offer_status`)."""

    search_type: Term = ""
    value: Term = ""


class SortBy(msgspec.Struct, frozen=True):
    """Offers come by id, that is in the order in which they were made."""

    column: Term = ""
    order: Term = "asc"


class TablePage(msgspec.Struct, frozen=True):
    page: PageNumber | None = None
    page_size: PageNumber | None = None


class TableRequest(msgspec.Struct, frozen=True, kw_only=True):
    filters: Filters | None = None  # type: ignore[valid-type]
    search_terms: Annotated[list[SearchTerm], Meta(max_length=20)] | None = None
    sort_by: SortBy | None = None
    paging: TablePage = TablePage()


_Row: Any = ANSWERS[_OFFERS.path]
OfferTable: Final = msgspec.defstruct(
    "OfferTable",
    [("offers", list[_Row]), ("paging", Paging), ("notes", Notes, msgspec.UNSET)],
    frozen=True,
)
"""`notes`, ours, say what of the request is ignored."""


def routes_of(path: str) -> list[HTTPRouteHandler]:
    @get(path, sync_to_thread=True, name=f"everflow-list-{path}")
    def list_offers(request: Asked, face: OurFace) -> Answer:
        """Offers, with filters and page in the query."""
        return answer(_find(request, face, TableRequest(), msgspec.UNSET))

    @post(
        path,
        status_code=200,
        opt={"scope": Scope.READ},
        sync_to_thread=True,
        name=f"everflow-search-{path}",
    )
    def search_offers(request: Asked, face: OurFace, body: RawBody) -> Answer:
        """Offers by filters, a search and a page, all of them optional."""
        asked, notes = decode_noting(body or b"{}", TableRequest)
        return answer(_find(request, face, asked, notes))

    return [list_offers, search_offers]


def _find(request: Asked, face: Face, asked: TableRequest, notes: Notes) -> msgspec.Struct:
    """The page may stand in the query too, and counts there."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    query = convert(given, QUERIES[_OFFERS.path])
    page = convert(given, TablePage)
    number = page.page or asked.paging.page or 1
    size = min(page.page_size or asked.paging.page_size or PAGE_DEFAULT, PAGE_MAX)
    equal = {**_OFFERS.columns(query), **(_OFFERS.columns(asked.filters) if asked.filters else {})}
    equal = {name: value for name, value in equal.items() if name not in ("page", "page_size")}
    conditions = [OfferRow.account_id == request.auth.account.id]
    conditions += [getattr(OfferRow, column) == value for column, value in equal.items()]
    conditions += [_holds(term) for term in asked.search_terms or () if term.value]
    newest_first = asked.sort_by is not None and asked.sort_by.order.lower() == "desc"
    order = OfferRow.id.desc() if newest_first else OfferRow.id
    with face.parts.catalog.reading() as session:
        count = session.scalar(select(func.count()).select_from(OfferRow).where(*conditions)) or 0
        query_all = select(OfferRow).where(*conditions).order_by(order)
        rows: list[Any] = []
        if (number - 1) * size < count:
            part = query_all.offset((number - 1) * size).limit(size)
            rows = [_OFFERS.body(row) for row in session.scalars(part)]
    found: msgspec.Struct = OfferTable(rows, Paging(number, size, count), notes)
    return found


def _holds(term: SearchTerm) -> ColumnElement[bool]:
    """Raises InvalidRequest."""
    if term.search_type == "name":
        return OfferRow.name.icontains(term.value, autoescape=True)
    if term.search_type == "offer_status":
        return OfferRow.status == term.value
    raise InvalidRequest(
        f"Unknown search_type '{term.search_type}'. There are: name, offer_status."
    )


ROUTES: Final = [handler for path in PATHS for handler in routes_of(path)]
