"""Themes and folders: names of an account that codes refer to."""

from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.api.fields import check_json, given_fields
from footfall.api.operations import Operation
from footfall.api.resource import Resource
from footfall.catalog.records import new_id
from footfall.core.errors import InvalidRequest
from footfall.dialects.openqr import answers, records
from footfall.dialects.openqr.dialect import Call
from footfall.dialects.openqr.records import FolderRow, Named, ThemeRow
from footfall.dialects.openqr.requests import FolderRequest, ThemeChange, ThemeRequest
from footfall.dialects.openqr.texts import required_text
from footfall.symbols import looks


def _read(_: Call, body: msgspec.Struct) -> dict[str, Any]:
    """What is set, checked. Raises InvalidRequest."""
    fields = given_fields(body)
    if not fields:
        raise InvalidRequest("Nothing to change: send name, style or both.")
    if "name" in fields:
        fields["name"] = required_text(fields["name"], "name")
    if "style" in fields:
        looks.style_look(fields["style"])
        check_json(fields["style"], "style")
    return fields


def _operations(
    word: str, rows: type[Named], create: Any, change: Any, answer: Any, page: Any, changes: str
) -> tuple[Operation, ...]:
    """Of themes or folders: they are listed whole, by name."""
    path = f"/{word}s"
    named = Resource(
        path=path,
        rows=rows,
        answer=answer,
        missing="There is nothing with this id here. List them to see the ids.",
        created=201,
    )
    list_rows = named.list(
        f"List {word}s",
        page,
        lambda call: select(rows).where(rows.account_id == call.account).order_by(rows.name),
    )

    @named.create(f"Create a {word}", create, read=_read)
    def create_row(call: Call, session: Session, body: dict[str, Any]) -> Named:
        """PATCH of a code gives it the theme, or puts it into the folder."""
        id = new_id(f"{word[0]}_")
        row = rows(id=id, account_id=call.account, created_at=call.now(), **body)
        return records.create_named(session, row)

    @named.change("PATCH", changes, change, read=_read)
    def change_row(session: Session, row: Named, body: dict[str, Any]) -> None:
        """A style is replaced whole: codes of the theme are drawn so from now on."""
        if "name" in body:
            records.rename(session, row, body["name"])
        if isinstance(row, ThemeRow) and "style" in body:
            row.style = body["style"]

    @named.delete(f"Delete a {word}", answer=answers.Deleted)
    def delete_row(session: Session, row: Named) -> answers.Deleted:
        """Its codes stay."""
        session.delete(row)
        return answers.Deleted(row.id, deleted=True)

    return list_rows, create_row, change_row, delete_row


THEMES: Final = _operations(
    "theme",
    ThemeRow,
    ThemeRequest,
    ThemeChange,
    answers.Theme,
    answers.ThemeList,
    "Change a theme, and how its codes are drawn",
)
FOLDERS: Final = _operations(
    "folder",
    FolderRow,
    FolderRequest,
    FolderRequest,
    answers.Folder,
    answers.FolderList,
    "Rename a folder",
)
