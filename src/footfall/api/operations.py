"""Operations: the methods and paths of an API, one decorated function each.

    @operation("PATCH /folders/{id}", "Rename a folder", body=FolderRequest, answer=Folder)
    def rename_folder(call: Call, id: str, body: FolderRequest) -> Folder: ...

The router, the OpenAPI document, the index of an API and the tests read the same rows.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
from litestar import Request
from sqlalchemy.orm import Session

from footfall.api.auth import Connection
from footfall.api.parts import Parts
from footfall.core.accounts import Caller, Scope

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class HasParts(Protocol):
    """The limits and rules of an API, over the parts of the server."""

    @property
    def parts(self) -> Parts: ...


class Limit(Protocol):
    """How many requests a caller may send."""

    def take(self, connection: Connection, caller: str) -> Mapping[str, str]:
        """Headers for the answer, which say what is left. Raises RateLimited, with headers of its
        own."""


Api = TypeVar("Api", bound=HasParts)


class Call(Generic[Api]):
    """One request, as a handler gets it. `api` has the limits and rules of the API; `limit` is for
    a handler that finds out by itself who the caller is."""

    __slots__ = ("api", "limit", "request")

    def __init__(self, api: Api, request: Request[Any, Caller, Any], limit: Limit) -> None:
        self.api = api
        self.request = request
        self.limit = limit

    @property
    def caller(self) -> Caller:
        return self.request.auth

    @property
    def account(self) -> int:
        """The id of the caller's account."""
        return self.request.auth.account.id

    @property
    def query(self) -> Mapping[str, str]:
        """The query as it came, the last value of each name."""
        return self.request.query_params

    def now(self) -> int:
        """Milliseconds since 1970."""
        return self.api.parts.clock()

    def reading(self) -> AbstractContextManager[Session]:
        """A read transaction of the catalog."""
        return self.api.parts.catalog.reading()

    def writing(self) -> AbstractContextManager[Session]:
        """A write transaction of the catalog."""
        return self.api.parts.catalog.writing()


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a test sends to a real server, and an answer to it. `path` fills the braces
    of the path: a reader has other ids."""

    path: Mapping[str, str] = {}
    query: Mapping[str, Any] = {}
    body: Any = None
    answer: Any = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    `query` and `body` are structs, `answer` is the type of a success; `answer` None is an answer
    without JSON, of the `media_type`, or an empty one with the status 204. `errors` are the other
    statuses that the API documents; a page refuses with a page, and those below 400 are empty.

    `handle` is the function that answers. It is called with the `call`, the parts of the path by
    their names and, where it has parameters of these names, the decoded `body` and `query` and the
    body's bytes, `raw`. It runs on a thread, unless it is a coroutine or `inline`; a coroutine that
    is `inline` has a small body, which is decoded without a thread. What it returns is encoded with
    `status`; a Response is sent as it is.
    """

    method: str
    path: str
    summary: str
    query: Any = None
    body: Any = None
    body_type: str = "application/json"
    answer: Any = None
    status: int = 200
    media_type: str = "application/json"
    errors: tuple[int, ...] = ()
    all_errors: bool = False
    """`errors` are all that the document has, in its order: none that the dialect adds."""
    keyless: bool = False
    example: Example = Example()
    also: tuple[str, ...] = ()
    """Other media types of a success."""
    scope: Scope | None = None
    """What a caller needs; without one, `read` for GET and `write` for all else."""
    inline: bool = False
    body_bytes_max: int | None = None
    """Of its own; without one, that of the API."""
    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """For the router, in place of `method` and `path`: all that one handler answers. The framework
    is much faster with one such handler than with one for each."""
    options: Mapping[str, Any] = {}
    """More for the router, such as `idempotency.OWN`."""
    handle: Callable[..., Any] | None = None

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Of the handler, by name."""
        assert self.handle is not None, f"{self.method} {self.path} has no handler"
        return inspect.signature(self.handle).parameters


def operation(route: str, summary: str, **more: Any) -> Callable[[Callable[..., Any]], Operation]:
    """Makes an operation of a handler. `route` is the method and the path below the prefix of the
    API; `more` are fields of Operation. A creation answers 201, where no status is given."""
    method, _, path = route.partition(" ")
    assert method in METHODS, f"{route} begins with none of {METHODS}"

    def make(handle: Callable[..., Any]) -> Operation:
        return Operation(method=method, path=path, summary=summary, handle=handle, **more)

    return make


def operations_of(*modules: ModuleType) -> tuple[Operation, ...]:
    """Every operation that these modules define, alone or in a tuple, in the order of their
    lines."""
    return tuple(
        one
        for module in modules
        for found in vars(module).values()
        for one in (found if isinstance(found, tuple) else (found,))
        if isinstance(one, Operation)
    )


def with_examples(operations: Iterable[Operation], file: Path) -> tuple[Operation, ...]:
    """The operations with their examples of the file, which `tests/dialects/recording.py` makes."""
    examples = msgspec.json.decode(file.read_bytes(), type=dict[str, Example])
    return tuple(
        msgspec.structs.replace(one, example=examples.get(f"{one.method} {one.path}", Example()))
        for one in operations
    )
