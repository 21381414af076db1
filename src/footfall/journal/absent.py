"""A journal whose file the disk keeps from being opened, and what is read of one that is open."""

import sqlite3
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import msgspec

from footfall.capture.ports import Backlog
from footfall.core.errors import JournalUnavailable
from footfall.journal.writer import GroupWork, Writer

T = TypeVar("T")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Of a file at the start; `last_id` is the greatest event id in it."""

    name: str = ""
    opened: int = 0
    position: int = 0
    last_id: int = 0
    backlog: Backlog = Backlog(0, 0)


class NoWriter(Writer):
    """Stands in the place of a writer while there is no file: it takes nothing."""

    busy_seconds = 0.0

    def __init__(self, why: str) -> None:
        self.commits = 0
        self._why = why

    def commit(self, group: GroupWork) -> None:  # noqa: ARG002
        self._refuse()

    def call(
        self,
        work: Callable[[sqlite3.Connection], T],  # noqa: ARG002
        after: Callable[[], None] | None = None,  # noqa: ARG002
    ) -> T:
        self._refuse()

    def step(self, work: Callable[[sqlite3.Connection], T]) -> T:  # noqa: ARG002
        self._refuse()

    def close(self, seconds_max: float) -> bool:  # noqa: ARG002
        return True

    def _refuse(self) -> NoReturn:
        raise JournalUnavailable(self._why)


def read_state(connection: sqlite3.Connection) -> State:
    def first(sql: str) -> Any:
        return connection.execute(sql).fetchone()

    name, released_id, opened = first("SELECT name, last_id, opened_sequence FROM state")
    events, size, waiting_id = first(
        "SELECT coalesce(sum(events), 0), coalesce(sum(length(lines)), 0),"
        " coalesce(max(last_id), 0) FROM groups"
    )
    (position,) = first("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'groups'")
    return State(
        name=name,
        opened=opened,
        position=position,
        last_id=max(released_id, waiting_id),
        backlog=Backlog(events, size),
    )
