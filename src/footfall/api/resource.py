"""Resources: what an API keeps for an account, with a path, a table and the body of its answers.

    POSTERS = Resource("/posters", PosterRow, Poster, find=find, body=poster_body)

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

from footfall.api.operations import Call, Operation, operation

Row = TypeVar("Row")
Decorator = Callable[[Callable[..., Any]], Operation]
Read = Callable[[Any, Any], Any]


def _as_it_is(_: object, body: Any) -> Any:
    return body


class Resource(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """`path` is that of the list and of creation, `one` that of a row.

    `find` gets the call, its session and the parts of the path by their names, and raises NotFound;
    `body` gets the call, the session and the row, and `answer` is its type. `saved` is called with
    the call and the row when a write is durable.
    """

    path: str
    one: str
    rows: type[Row]
    answer: Any
    find: Callable[..., Row]
    body: Callable[[Any, Session, Row], Any]
    saved: Callable[[Any, Row], None] = lambda *_: None
    created: int = 200
    """The status of a creation."""
    reads: Callable[[Any], AbstractContextManager[Session]] = Call.reading
    """The transaction of a read: a writing one where `find` may create what is missing."""

    def get(self, summary: str, **more: Any) -> Operation:
        @operation(f"GET {self.one}", summary, **{"answer": self.answer, **more})
        def get_row(call: Call[Any], **ids: str) -> Any:
            with self.reads(call) as session:
                return self.body(call, session, self.find(call, session, **ids))

        return get_row

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
                    session.flush()
                    content = self.body(call, session, row)
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

            @operation(f"{method} {self.one}", summary, body=body, **fields)
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

            @operation(f"{method} {self.one}{below}", summary, **fields)
            def act_on_row(call: Call[Any], **ids: str) -> Any:
                return self.changed(call, ids, change)

            return act_on_row

        return make

    def changed(
        self, call: Call[Any], ids: dict[str, str], change: Callable[..., None], **given: Any
    ) -> Any:
        """The answer, after the change of the row with these ids."""
        with call.writing() as session:
            row = self.find(call, session, **ids)
            _by_name(change)(call=call, session=session, row=row, **given)
            session.flush()
            content = self.body(call, session, row)
        self.saved(call, row)
        return content

    def delete(self, summary: str, **more: Any) -> Decorator:
        """Of a function that deletes the row; what it returns is the answer."""

        def make(delete: Callable[..., Any]) -> Operation:
            delete = _by_name(delete)

            @operation(f"DELETE {self.one}", summary, **more)
            def delete_row(call: Call[Any], **ids: str) -> Any:
                with call.writing() as session:
                    row = self.find(call, session, **ids)
                    deleted = delete(call=call, session=session, row=row)
                self.saved(call, row)
                return deleted

            return delete_row

        return make


def _by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which gets what it has parameters for."""
    names = frozenset(inspect.signature(function).parameters)
    return lambda **given: function(**{name: given[name] for name in names & given.keys()})
