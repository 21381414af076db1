"""The vendor's table of offers: a list whose filters and page stand in the body.

https://developers.everflow.io, docs/network/offers: fetch offers
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, structs
from sqlalchemy import ColumnElement

from footfall.api.bodies import convert, decode
from footfall.api.dialect import KEYED
from footfall.api.operations import Operation, operation
from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.dialects.everflow import records
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.notes import Notes, ignored_of
from footfall.dialects.everflow.records import OfferRow
from footfall.dialects.everflow.resources import (
    OFFERS,
    PAGE_DEFAULT,
    PAGE_MAX,
    Paging,
    without_empty,
)
from footfall.dialects.everflow.stream import PageNumber
from footfall.dialects.everflow.view import NETWORKS

PATHS: Final = (f"{NETWORKS}/offerstable", f"{NETWORKS}/offers/table")
"""The vendor's earlier and later one."""

SUMMARY: Final = "The table of offers"

Filters: Final = msgspec.defstruct(
    "OfferTableFilters",
    [
        (field.name, field.type, field.default)
        for field in structs.fields(OFFERS.query)
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


_Row: Any = OFFERS.answer
OfferTable: Final = msgspec.defstruct(
    "OfferTable",
    [("offers", list[_Row]), ("paging", Paging), ("notes", Notes, UNSET)],
    frozen=True,
)
"""`notes`, ours, say what of the request is ignored."""


def _operations(path: str) -> tuple[Operation, ...]:
    @operation(f"GET {path}", SUMMARY, query=OFFERS.query, answer=OfferTable)
    def list_offers(call: Call) -> msgspec.Struct:
        """Offers, with filters and page in the query."""
        return _find(call, TableRequest(), UNSET)

    @operation(
        f"POST {path}",
        SUMMARY,
        query=TablePage,
        body=TableRequest,
        answer=OfferTable,
        scope=Scope.READ,
        errors=tuple(sorted(KEYED | {413})),
        all_errors=True,
    )
    def search_offers(call: Call, raw: bytes) -> msgspec.Struct:
        """Offers by filters, a search and a page, all of them optional."""
        raw = raw or b"{}"
        body = decode(raw, TableRequest)
        return _find(call, body, ignored_of(body, raw))

    return list_offers, search_offers


def _find(call: Call, body: TableRequest, notes: Notes) -> msgspec.Struct:
    """The page may stand in the query too, and counts there."""
    given = without_empty(call.query)
    query = convert(given, OFFERS.query)
    page = convert(given, TablePage)
    number = page.page or body.paging.page or 1
    size = min(page.page_size or body.paging.page_size or PAGE_DEFAULT, PAGE_MAX)
    equal = {**OFFERS.columns(query), **(OFFERS.columns(body.filters) if body.filters else {})}
    equal = {name: value for name, value in equal.items() if name not in ("page", "page_size")}
    found = [_holds(term) for term in body.search_terms or () if term.value]
    newest_first = body.sort_by is not None and body.sort_by.order.lower() == "desc"
    with call.reading() as session:
        rows, count = records.list_rows(
            *(session, OfferRow, call.account, equal, number, size, found),
            newest_first=newest_first,
        )
        bodies = [OFFERS.body(row) for row in rows]
    table: msgspec.Struct = OfferTable(bodies, Paging(number, size, count), notes)
    return table


def _holds(term: SearchTerm) -> ColumnElement[bool]:
    """Raises InvalidRequest."""
    if term.search_type == "name":
        return OfferRow.name.icontains(term.value, autoescape=True)
    if term.search_type == "offer_status":
        return OfferRow.status == term.value
    raise InvalidRequest(
        f"Unknown search_type '{term.search_type}'. There are: name, offer_status."
    )


OPERATIONS: Final = tuple(one for path in PATHS for one in _operations(path))
