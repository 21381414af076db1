"""Resources: what an API keeps for an account, with a path, a table and the body of its answers.

    POSTERS = Resource(path="/posters", rows=PosterRow, answer=Poster, missing="No such poster.")

    get_poster = POSTERS.get("Get a poster")

    @POSTERS.create("Create a poster", PosterRequest)
    def create_poster(call: Call, session: Session, body: PosterRequest) -> PosterRow: ...

    @POSTERS.change("PUT", "Change a poster", PosterChange)
    def change_poster(row: PosterRow, body: PosterChange) -> None: ...

Each of these is an `Operation`. The resource opens the transaction, finds the row (404, also for
another account's) and makes the answer; a decorated function has what is special of it. It gets
what it has parameters for: `call`, `session`, `row`, `body`, and the parts of the path.
"""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy.orm import Session

from footfall.api.fields import body_of
from footfall.api.operations import Call, Operation, operation
from footfall.catalog.records import find_row

Row = TypeVar("Row")
Decorator = Callable[[Callable[..., Any]], Operation]
Read = Callable[[Any, Any], Any]


def _as_it_is(_: object, body: Any) -> Any:
    return body


class Resource(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """`path` is that of the list and of creation, `one` that of a row; `answer` is the type of a
    row's body. With these, rows are found by their `id`, and `missing` says that there is none."""

    path: str
    rows: type[Row]
    answer: Any
    missing: str = ""
    one: str = ""
    """`{path}/{id}` where it is not given."""
    find: Callable[..., Row] | None = None
    """Another way to find a row, by the call, its session and the parts of the path by their names;
    it raises NotFound."""
    body: Callable[[Any, Session, Row], Any] | None = None
    """Makes another body than the row's attributes by their names (`fields.body_of`)."""
    saved: Callable[[Any, Row], None] = lambda *_: None
    """Called when a write is durable."""
    created: int = 200
    """The status of a creation."""
    reads: Callable[[Any], AbstractContextManager[Session]] = Call.reading
    """The transaction of a read: a writing one where `find` may create what is missing."""

    @property
    def path_of_one(self) -> str:
        return self.one or f"{self.path}/{{id}}"

    def found(self, call: Call[Any], session: Session, **ids: str) -> Row:
        """Raises NotFound."""
        if self.find is not None:
            return self.find(call, session, **ids)
        return find_row(session, self.rows, call.account, ids["id"], self.missing)

    def shown(self, call: Call[Any], session: Session, row: Row) -> Any:
        return self.body(call, session, row) if self.body else body_of(self.answer, row)

    def get(self, summary: str, **more: Any) -> Operation:
        @operation(f"GET {self.path_of_one}", summary, **{"answer": self.answer, **more})
        def get_row(call: Call[Any], **ids: str) -> Any:
            with self.reads(call) as session:
                return self.shown(call, session, self.found(call, session, **ids))

        return get_row

    def list(self, summary: str, answer: Any, select: Callable[[Any], Any]) -> Operation:
        """All rows that `select` finds for the call, as `answer` has them. For what there are few
        of: a list that grows is read by pages."""

        @operation(f"GET {self.path}", summary, answer=answer)
        def list_rows(call: Call[Any]) -> Any:
            with self.reads(call) as session:
                found = session.scalars(select(call))
                return answer([self.shown(call, session, row) for row in found])

        return list_rows

    def create(
        self, summary: str, body: Any, path: str = "", read: Read = _as_it_is, **more: Any
    ) -> Decorator:
        """Of a function that answers the row. `read` makes its `body` of the call and of what was
        sent, before the transaction begins: there is the place of what takes long."""

        def make(create: Callable[..., Row]) -> Operation:
            fields = {"answer": self.answer, "status": self.created, **more}
            create = _by_name(create)

            @operation(f"POST {path or self.path}", summary, body=body, **fields)
            def create_row(call: Call[Any], body: Any, **ids: str) -> Any:
                body = read(call, body)
                with call.writing() as session:
                    row = create(call=call, session=session, body=body, **ids)
                    session.add(row)
                    session.flush()
                    content = self.shown(call, session, row)
                self.saved(call, row)
                return content

            return create_row

        return make

    def change(
        self, method: str, summary: str, body: Any, read: Read = _as_it_is, **more: Any
    ) -> Decorator:
        """Of a function that changes the row; `read` as for `create`."""

        def make(change: Callable[..., None]) -> Operation:
            fields = {"answer": self.answer, **more}

            @operation(f"{method} {self.path_of_one}", summary, body=body, **fields)
            def change_row(call: Call[Any], body: Any, **ids: str) -> Any:
                return self.changed(call, ids, change, body=read(call, body))

            return change_row

        return make

    def act(self, route: str, summary: str, **more: Any) -> Decorator:
        """An operation without a body, below the path of a row: `POST /rotate-secret`. Of a
        function that changes the row."""

        def make(change: Callable[..., None]) -> Operation:
            method, _, below = route.partition(" ")
            fields = {"answer": self.answer, **more}

            @operation(f"{method} {self.path_of_one}{below}", summary, **fields)
            def act_on_row(call: Call[Any], **ids: str) -> Any:
                return self.changed(call, ids, change)

            return act_on_row

        return make

    def changed(
        self, call: Call[Any], ids: dict[str, str], change: Callable[..., None], **given: Any
    ) -> Any:
        """The answer, after the change of the row with these ids."""
        with call.writing() as session:
            row = self.found(call, session, **ids)
            _by_name(change)(call=call, session=session, row=row, **given)
            session.flush()
            content = self.shown(call, session, row)
        self.saved(call, row)
        return content

    def delete(self, summary: str, **more: Any) -> Decorator:
        """Of a function that deletes the row; what it returns is the answer."""

        def make(delete: Callable[..., Any]) -> Operation:
            delete = _by_name(delete)

            @operation(f"DELETE {self.path_of_one}", summary, **more)
            def delete_row(call: Call[Any], **ids: str) -> Any:
                with call.writing() as session:
                    row = self.found(call, session, **ids)
                    deleted = delete(call=call, session=session, row=row)
                self.saved(call, row)
                return deleted

            return delete_row

        return make


def _by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which gets what it has parameters for."""
    names = frozenset(inspect.signature(function).parameters)
    return lambda **given: function(**{name: given[name] for name in names & given.keys()})
