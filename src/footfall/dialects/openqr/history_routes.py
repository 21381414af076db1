"""The routes of a code's history: what was changed, and undoing it."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from footfall.core.accounts import Member
from footfall.core.ids import ID_MAX
from footfall.dialects.bodies import answer, iso_time, read_number
from footfall.dialects.openqr import history, nouns, wire
from footfall.dialects.openqr.face import Asked, OurFace
from footfall.dialects.openqr.listing import read_cursor, write_cursor


@get("/dynamic/{code_id:str}/history", sync_to_thread=True)
def list_history(request: Asked, face: OurFace, code_id: FromPath[str]) -> Response[bytes]:
    """Changes of where the code leads and of its lock, newest first."""
    query = request.query_params
    limit = read_number(query.get("limit"), "limit", wire.LIST_DEFAULT, 1, wire.LIST_MAX)
    cursor = query.get("cursor")
    with face.parts.catalog.reading() as session:
        code, _ = nouns.find_dynamic(session, request.auth.account.id, code_id)
        rows, below = history.list_changes(
            session, code, limit=limit, below=read_cursor(cursor) if cursor else None
        )
        changes = [change_body(row) for row in rows]
    following = None if below is None else write_cursor(below)
    return answer({"changes": changes, "next_cursor": following})


@post("/dynamic/{code_id:str}/history/{number:int}/undo", status_code=200, sync_to_thread=True)
def undo_change(
    request: Asked, face: OurFace, code_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """Set what a change replaced. The next scan meets it; the history has it as one more change."""
    now = face.parts.clock()
    author = read_author(request, now)
    with face.parts.catalog.writing() as session:
        code, _ = nouns.find_dynamic(session, request.auth.account.id, code_id)
        history.undo_change(session, code, number if number <= ID_MAX else 0, face.rules, author)
        detail = wire.code_detail(code, face.short_base, now)
    return answer(detail)


def read_author(request: Asked, now: int) -> history.Author:
    who = request.auth.who
    name = who.name or who.email if isinstance(who, Member) else who.name
    return history.Author(request.auth.id, name, now)


def change_body(row: history.ChangeRow) -> dict[str, Any]:
    """A change on the wire: what it replaced under `from`, what it set under `to`."""
    return {
        "number": row.number,
        "at": iso_time(row.created_at),
        "by": row.changed_by,
        "by_id": row.changed_by_id,
        "undoes": row.undoes,
        "fields": [
            {"field": name, "from": _shown(name, before), "to": _shown(name, row.after[name])}
            for name, before in row.before.items()
        ],
    }


def _shown(name: str, value: Any) -> Any:
    return iso_time(value) if name == "pause_until" and value is not None else value


ROUTES: Final = [list_history, undo_change]
