"""Themes and folders: names of an account that codes refer to."""

from msgspec import UNSET

from footfall.api.operations import operation
from footfall.core.errors import InvalidRequest
from footfall.dialects.openqr import answers, looks, records
from footfall.dialects.openqr.dialect import Call
from footfall.dialects.openqr.requests import FolderRequest, ThemeChange, ThemeRequest, check_style
from footfall.dialects.openqr.texts import required_text


@operation("GET /themes", "List themes", answer=answers.ThemeList)
def list_themes(call: Call) -> answers.ThemeList:
    """By name."""
    with call.reading() as session:
        themes = records.list_named(session, records.ThemeRow, call.account)
        return answers.ThemeList([answers.theme(one) for one in themes])


@operation("POST /themes", "Create a theme", body=ThemeRequest, answer=answers.Theme, status=201)
def create_theme(call: Call, body: ThemeRequest) -> answers.Theme:
    """A named style: docs/dialects/openqr.md says what of it is drawn. All of it is kept."""
    name = required_text(body.name, "name")
    looks.style_look(body.style)
    check_style(body.style)
    with call.writing() as session:
        row = records.create_theme(session, call.account, name, body.style, call.now())
        return answers.theme(row)


@operation(
    "PATCH /themes/{id}",
    "Change a theme, and how its codes are drawn",
    body=ThemeChange,
    answer=answers.Theme,
)
def change_theme(call: Call, id: str, body: ThemeChange) -> answers.Theme:
    """Change what is sent; a style is replaced whole. Its codes are drawn so from now on."""
    if body.name is UNSET and body.style is UNSET:
        raise InvalidRequest("Nothing to change: send name, style or both.")
    name = None if body.name is UNSET else required_text(body.name, "name")
    style = None if body.style is UNSET else body.style
    if style is not None:
        looks.style_look(style)
        check_style(style)
    with call.writing() as session:
        theme = records.find_named(session, records.ThemeRow, call.account, id)
        if name is not None:
            records.rename(session, theme, name)
        if style is not None:
            theme.style = style
        session.flush()
        return answers.theme(theme)


@operation("DELETE /themes/{id}", "Delete a theme", answer=answers.Deleted)
def delete_theme(call: Call, id: str) -> answers.Deleted:
    """Its codes stay, without a theme."""
    with call.writing() as session:
        records.delete_named(session, records.ThemeRow, call.account, id)
    return answers.Deleted(id, deleted=True)


@operation("GET /folders", "List folders", answer=answers.FolderList)
def list_folders(call: Call) -> answers.FolderList:
    """By name."""
    with call.reading() as session:
        folders = records.list_named(session, records.FolderRow, call.account)
        return answers.FolderList([answers.folder(one) for one in folders])


@operation(
    "POST /folders", "Create a folder", body=FolderRequest, answer=answers.Folder, status=201
)
def create_folder(call: Call, body: FolderRequest) -> answers.Folder:
    """PATCH of a code puts it into the folder."""
    name = required_text(body.name, "name")
    with call.writing() as session:
        return answers.folder(records.create_folder(session, call.account, name, call.now()))


@operation("PATCH /folders/{id}", "Rename a folder", body=FolderRequest, answer=answers.Folder)
def rename_folder(call: Call, id: str, body: FolderRequest) -> answers.Folder:
    """Its codes stay in it."""
    name = required_text(body.name, "name")
    with call.writing() as session:
        folder = records.find_named(session, records.FolderRow, call.account, id)
        records.rename(session, folder, name)
        session.flush()
        return answers.folder(folder)


@operation("DELETE /folders/{id}", "Delete a folder", answer=answers.Deleted)
def delete_folder(call: Call, id: str) -> answers.Deleted:
    """Its codes stay, in no folder."""
    with call.writing() as session:
        records.delete_named(session, records.FolderRow, call.account, id)
    return answers.Deleted(id, deleted=True)
