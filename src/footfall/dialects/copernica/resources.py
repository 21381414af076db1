"""What every resource of the catalog does alike: list its rows, and find, create, change or
delete one of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from footfall.core.errors import NotFound
from footfall.dialects.copernica.dialect import (
    Call,
    answer_changed,
    answer_created,
    answer_deleted,
)
from footfall.dialects.copernica.list_queries import (
    Bounds,
    read_comparisons,
    read_part,
    read_window,
)
from footfall.dialects.copernica.listing import Listed, listed
from footfall.dialects.copernica.tables import (
    COLLECTION,
    NAMED,
    Condition,
    EmailingRow,
    Group,
    Part,
    Removed,
    Row,
    check_group,
    find,
    list_rows,
)


class Page(msgspec.Struct, frozen=True):
    """A part of a list of rows. `total` is None unless it was requested."""

    part: Part
    rows: Sequence[Any]
    total: int | None

    def listed(self, call: Call, body: Callable[[Any], Any], *, by_id: bool = True) -> Listed:
        """With the body of each row. In another order than `by_id` there is no next id."""
        nextid = self.rows[-1].id + 1 if by_id and self.rows and call.version == 4 else None
        return listed(self.part, [body(row) for row in self.rows], self.total, nextid)


def find_page(
    call: Call,
    rows: Any,
    *,
    owners: Mapping[str, Any] = {},
    where: Callable[[Session], Sequence[Condition]] = lambda _: (),
    time: str = "timestamp",
    window: tuple[str, str] | None = None,
    order: Callable[[Session], Sequence[Any]] = lambda _: (),
) -> Page:
    """Rows of what the path names: `owners` has their column for each kind of it. `fields[]` and
    the `window` bound the id of a row and its `time`; `where` has further conditions, `order` how
    the list is sorted where that is not by id."""
    part = read_part(call.parameters, call.rows_max)
    bounds = Bounds(call.zone)
    bounds.compare(read_comparisons(call.parameters), time)
    if window:
        read_window(call.parameters, window, bounds, call.zone)
    clock = EmailingRow.sent_at if rows is EmailingRow else rows.created_at
    # A negative start or limit is no row, as the vendor has it.
    reading = Part(max(part.start, 0), max(part.limit, 0) if part.start >= 0 else 0, part.total)
    with call.reading() as session:
        extra = [*where(session), *_of_owner(call, session, owners)]
        conditions = bounds.row_conditions(rows.id, clock)
        if conditions is None:
            return Page(part, [], 0 if part.total else None)
        conditions = [*conditions, *extra]
        found, total = list_rows(session, rows, call.account, conditions, reading, order(session))
        return Page(part, found, total)


def _of_owner(call: Call, session: Session, owners: Mapping[str, Any]) -> Sequence[Condition]:
    """Raises NotFound for what the account has not."""
    named: Any = NAMED.get(call.entity)
    if named is None:
        return ()
    if isinstance(named, Group):
        check_group(named, call.id)
        return ()
    owner = find(session, named, call.account, call.id)
    if call.collection:
        check_group(COLLECTION, call.collection)
    return [owners[call.entity] == owner.id]


def find_row(call: Call, rows: type[Row]) -> Row:
    """The one that the path names."""
    with call.reading() as session:
        return find(session, rows, call.account, call.id)


def create_row(call: Call, word: str, create: Callable[[Session, int], int]) -> Response[Any]:
    """`create` answers the id of the new row, which is found below `word`."""
    with call.writing() as session:
        id = create(session, call.now())
    return answer_created(call, word, id)


def change_row(call: Call, rows: Any, change: Callable[[Any, int], None]) -> Response[Any]:
    with call.writing() as session:
        row = find(session, rows, call.account, call.id)
        change(row, call.now())
        id = int(row.id)
    return answer_changed(call, id)


def delete_row(
    call: Call,
    rows: Any,
    delete: Callable[[Session, Any, int], None],
    find: Callable[[Session, Any, int, str], Any] = find,
) -> Response[Any]:
    """v1 answers alike where there is nothing to delete."""
    with call.writing() as session:
        try:
            row = find(session, rows, call.account, call.id)
        except (NotFound, Removed):
            if call.version > 1:
                raise
            return answer_deleted(call, None)
        id = int(row.id)
        delete(session, row, call.now())
    return answer_deleted(call, id)
