"""The routes of themes and folders."""

from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, RawBody
from msgspec import UNSET

from footfall.core.errors import InvalidRequest
from footfall.dialects.bodies import answer, decode
from footfall.dialects.openqr import looks, nouns, wire
from footfall.dialects.openqr.face import Asked, OurFace
from footfall.dialects.openqr.texts import required_text

Answer = Response[bytes]


@get("/themes", sync_to_thread=True)
def list_themes(request: Asked, face: OurFace) -> Answer:
    """All themes, by name."""
    with face.parts.catalog.reading() as session:
        themes = nouns.list_named(session, nouns.ThemeRow, request.auth.account.id)
        return answer({"themes": [wire.theme_body(theme) for theme in themes]})


@post("/themes", sync_to_thread=True)
def create_theme(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A named style: docs/dialects/openqr.md says what of it is drawn. All of it is kept."""
    asked = decode(body, wire.ThemeRequest)
    name = required_text(asked.name, "name")
    looks.style_look(asked.style)
    wire.check_style(asked.style)
    account, now = request.auth.account.id, face.parts.clock()
    with face.parts.catalog.writing() as session:
        theme = nouns.create_theme(session, account, name, asked.style, now)
    return answer(wire.theme_body(theme), 201)


@patch("/themes/{theme_id:str}", sync_to_thread=True)
def change_theme(request: Asked, face: OurFace, theme_id: FromPath[str], body: RawBody) -> Answer:
    """Change what is sent; a style is replaced whole. Its codes are drawn so from now on."""
    asked = decode(body, wire.ThemeChange)
    if asked.name is UNSET and asked.style is UNSET:
        raise InvalidRequest("Nothing to change: send name, style or both.")
    name = None if asked.name is UNSET else required_text(asked.name, "name")
    style = None if asked.style is UNSET else asked.style
    if style is not None:
        looks.style_look(style)
        wire.check_style(style)
    with face.parts.catalog.writing() as session:
        theme = nouns.find_named(session, nouns.ThemeRow, request.auth.account.id, theme_id)
        if name is not None:
            nouns.rename(session, theme, name)
        if style is not None:
            theme.style = style
        session.flush()
        changed = wire.theme_body(theme)
    return answer(changed)


@delete("/themes/{theme_id:str}", status_code=200, sync_to_thread=True)
def delete_theme(request: Asked, face: OurFace, theme_id: FromPath[str]) -> Answer:
    """Its codes stay, without a theme."""
    with face.parts.catalog.writing() as session:
        nouns.delete_named(session, nouns.ThemeRow, request.auth.account.id, theme_id)
    return answer({"id": theme_id, "deleted": True})


@get("/folders", sync_to_thread=True)
def list_folders(request: Asked, face: OurFace) -> Answer:
    """All folders, by name."""
    with face.parts.catalog.reading() as session:
        folders = nouns.list_named(session, nouns.FolderRow, request.auth.account.id)
        return answer({"folders": [wire.folder_body(folder) for folder in folders]})


@post("/folders", sync_to_thread=True)
def create_folder(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A folder; PATCH puts codes into it."""
    name = required_text(decode(body, wire.FolderRequest).name, "name")
    account, now = request.auth.account.id, face.parts.clock()
    with face.parts.catalog.writing() as session:
        folder = nouns.create_folder(session, account, name, now)
    return answer(wire.folder_body(folder), 201)


@patch("/folders/{folder_id:str}", sync_to_thread=True)
def rename_folder(request: Asked, face: OurFace, folder_id: FromPath[str], body: RawBody) -> Answer:
    """Another name; its codes stay in it."""
    name = required_text(decode(body, wire.FolderRequest).name, "name")
    with face.parts.catalog.writing() as session:
        folder = nouns.find_named(session, nouns.FolderRow, request.auth.account.id, folder_id)
        nouns.rename(session, folder, name)
        session.flush()
        renamed = wire.folder_body(folder)
    return answer(renamed)


@delete("/folders/{folder_id:str}", status_code=200, sync_to_thread=True)
def delete_folder(request: Asked, face: OurFace, folder_id: FromPath[str]) -> Answer:
    """Its codes stay, in no folder."""
    with face.parts.catalog.writing() as session:
        nouns.delete_named(session, nouns.FolderRow, request.auth.account.id, folder_id)
    return answer({"id": folder_id, "deleted": True})


ROUTES: Final = [
    list_themes,
    create_theme,
    change_theme,
    delete_theme,
    list_folders,
    create_folder,
    rename_folder,
    delete_folder,
]
