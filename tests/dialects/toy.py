"""What a new API costs: bells that report who rang them. The document, errors, limits, scopes and
the isolation of accounts come with the rows (`test_toy.py`)."""

import sys
from typing import Annotated

import msgspec
from litestar import Router
from msgspec import Meta
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from footfall.api.bodies import iso_time
from footfall.api.dialect import Dialect
from footfall.api.fields import change_type, given_fields
from footfall.api.operations import Call, operation, operations_of
from footfall.api.parts import Parts
from footfall.api.resource import Resource
from footfall.api.router import router_of
from footfall.catalog.records import new_id, new_tracker
from footfall.core.queries import EventQuery


class Problem(msgspec.Struct, frozen=True):
    problem: str


TOY = Dialect(
    name="toy",
    title="The doorbells' API",
    tag="Toy",
    prefix="/toy",
    error=Problem,
    error_body=lambda _, message, __: Problem(message),
)


class Toy:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts


class Base(DeclarativeBase):
    """Beside `catalog.tables.Base`, which has the tables of real APIs."""


class BellRow(Base):
    __tablename__ = "toy_bells"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    tracker_id: Mapped[int]
    name: Mapped[str]
    created_at: Mapped[int] = mapped_column(BigInteger)


class BellRequest(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=80)]


class Bell(msgspec.Struct, frozen=True):
    id: str
    name: str
    created_at: str


BELLS = Resource(path="/bells", rows=BellRow, answer=Bell, missing="No such bell.", created=201)
get_bell = BELLS.get("Get a bell")
list_bells = BELLS.list(
    "List bells", list[Bell], lambda call: select(BellRow).where(BellRow.account_id == call.account)
)


@BELLS.create("Put up a bell", BellRequest)
def create_bell(call: Call[Toy], session: Session, body: BellRequest) -> BellRow:
    id, now = new_id("b_"), call.now()
    tracker = new_tracker(call.account, TOY.name, now, id, references={"code": id})
    session.add(tracker)
    session.flush()
    return BellRow(
        id=id, account_id=call.account, tracker_id=tracker.id, name=body.name, created_at=now
    )


@BELLS.change("PATCH", "Rename a bell", change_type(BellRequest, "Only what is to change."))
def change_bell(row: BellRow, body: msgspec.Struct) -> None:
    row.name = given_fields(body).get("name", row.name)


@BELLS.delete("Take a bell down", status=204)
def delete_bell(session: Session, row: BellRow) -> None:
    session.delete(row)


class Ring(msgspec.Struct, frozen=True):
    at: str
    country: str


class RingsQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 10


@operation("GET /bells/{id}/rings", "Who rang", query=RingsQuery, answer=list[Ring])
async def list_rings(call: Call[Toy], id: str, query: RingsQuery) -> list[Ring]:
    with call.reading() as session:
        tracker = BELLS.found(call, session, id=id).tracker_id
    wanted = EventQuery(account=call.account, tracker=tracker, limit=query.limit)
    page = await call.api.parts.reader.events(wanted)
    return [Ring(iso_time(one.occurred_at), one.country) for one in page.events]


OPERATIONS = operations_of(sys.modules[__name__])


def router(parts: Parts) -> Router:
    return router_of(TOY, OPERATIONS, Toy(parts))
