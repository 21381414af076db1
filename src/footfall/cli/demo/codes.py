"""What is scanned: the codes of a small city's businesses, in folders, the most scanned first."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from footfall.catalog.records import new_id
from footfall.cli.demo.generate import Subject
from footfall.dialects.openqr.records import (
    CodeRow,
    FolderRow,
    change_code,
    create_dynamic,
    create_named,
)

TAG: Final = "demo"


class DemoCode(msgspec.Struct, frozen=True):
    label: str
    folder: str
    destination: str
    tags: tuple[str, ...] = ()


CODES: Final = (
    DemoCode("Menu, table cards", "Restaurant De Linde", "https://example.com/menu"),
    DemoCode(
        "Spring campaign, station posters", "Posters", "https://example.com/spring", ("print",)
    ),
    DemoCode("Oat drink, carton", "Packaging", "https://example.com/oat-drink", ("print",)),
    DemoCode("Museum night, tram shelters", "Posters", "https://example.com/museum-night"),
    DemoCode("Guest Wi-Fi, table cards", "Restaurant De Linde", "https://example.com/wifi"),
    DemoCode(
        "Coffee beans 500 g, care tips", "Packaging", "https://example.com/coffee", ("print",)
    ),
    DemoCode("Trade fair, stand 7.B12", "Trade fair", "https://example.com/stand", ("event",)),
    DemoCode("Bus shelters, ring road", "Posters", "https://example.com/summer"),
    DemoCode("Trade fair, price list", "Trade fair", "https://example.com/prices", ("event",)),
    DemoCode("Book a table, window", "Restaurant De Linde", "https://example.com/book"),
    DemoCode("Candle refill, label", "Packaging", "https://example.com/refill"),
    DemoCode("Business cards", "Trade fair", "https://example.com/contact"),
)
"""Every destination is example.com's: a demo sends nobody to a stranger."""


def find_codes(session: Session, account: int) -> list[CodeRow]:
    """The demo's codes that exist already, in the order of `CODES`."""
    rows = session.scalars(
        select(CodeRow)
        .where(CodeRow.account_id == account, CodeRow.tracker_id.is_not(None))
        .order_by(CodeRow.number)
    )
    return [row for row in rows if TAG in row.tags]


def create_codes(session: Session, account: int, now: int) -> list[CodeRow]:
    """All of `CODES`, in folders that are made where they are missing."""
    folders = {
        folder.name: folder.id
        for folder in session.scalars(select(FolderRow).where(FolderRow.account_id == account))
    }
    made = []
    for one in CODES:
        if one.folder not in folders:
            folders[one.folder] = create_named(
                session,
                FolderRow(id=new_id("f_"), account_id=account, name=one.folder, created_at=now),
            ).id
        code = create_dynamic(session, account, one.destination, now=now, label=one.label)
        changes = {"folder_id": folders[one.folder], "tags": [TAG, *one.tags]}
        change_code(session, code, changes, now)
        made.append(code)
    return made


def subjects(codes: Sequence[CodeRow]) -> list[Subject]:
    return [Subject(code.tracker_id, code.id) for code in codes if code.tracker_id is not None]
