"""What every API keeps, whoever's it is (`contract.py`), of the six that are served."""

from collections.abc import Sequence
from typing import Final

import httpx
import pytest

from footfall.api.dialect import Dialect
from footfall.api.operations import Operation
from footfall.dialects.copernica.api import OPERATIONS as COPERNICAS
from footfall.dialects.copernica.dialect import COPERNICA
from footfall.dialects.everflow.api import OPERATIONS as EVERFLOWS
from footfall.dialects.everflow.dialect import EVERFLOW, KEY_HEADER
from footfall.dialects.native.api import OPERATIONS as OURS
from footfall.dialects.native.dialect import NATIVE
from footfall.dialects.openqr.api import OPERATIONS as OPENQRS
from footfall.dialects.openqr.dialect import OPENQR
from footfall.dialects.passentry.api import OPERATIONS as PASSENTRYS
from footfall.dialects.passentry.dialect import PASSENTRY
from footfall.dialects.vantio.api import OPERATIONS as VANTIOS
from footfall.dialects.vantio.dialect import VANTIO
from tests.dialects.contract import Contract
from tests.support.running import RunningServer

APIS: Final[Sequence[tuple[Dialect, Sequence[Operation]]]] = (
    *((NATIVE, OURS), (OPENQR, OPENQRS), (VANTIO, VANTIOS)),
    *((PASSENTRY, PASSENTRYS), (COPERNICA, COPERNICAS), (EVERFLOW, EVERFLOWS)),
)
NAMES: Final = [dialect.name for dialect, _ in APIS]
FORMS: Final = tuple(one for one in APIS if one[0] is not COPERNICA)
"""Copernica reads any body as PHP does: what is no object has no fields."""


def asking(server: RunningServer, key: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}", KEY_HEADER: key} if key else {}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60)


@pytest.mark.parametrize(("dialect", "operations"), APIS, ids=NAMES)
async def test_every_operation_needs_a_key(
    server: RunningServer, dialect: Dialect, operations: Sequence[Operation]
) -> None:
    async with asking(server, "") as nobody, asking(server, "oqr_unknownUnknown") as wrong:
        contract = Contract(dialect, operations, nobody)
        await contract.needs_a_key(nobody)
        await contract.needs_a_key(wrong)


@pytest.mark.parametrize(("dialect", "operations"), FORMS, ids=[one.name for one, _ in FORMS])
async def test_a_body_that_is_no_object_is_refused_in_the_apis_own_form(
    server: RunningServer, dialect: Dialect, operations: Sequence[Operation]
) -> None:
    async with asking(server, server.key) as client:
        await Contract(dialect, operations, client).refuses_other_bodies()
