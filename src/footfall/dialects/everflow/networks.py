"""What the vendor calls a network is an account: what it has switched on, and in which zone and
currency its reports are."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy.orm import Session

from footfall.api.operations import operation
from footfall.core.accounts import Account, Scope
from footfall.core.errors import Forbidden, InvalidRequest
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.records import NetworkRow, network
from footfall.dialects.everflow.resources import Currency
from footfall.dialects.everflow.view import NETWORKS
from footfall.dialects.everflow.zones import ZONES

NO_PACKAGE: Final = (
    "This network does not have the impression package. Switch it on with an admin key: "
    'PUT /v1/networks/info {"impression_package": true}'
)


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/networks/info`."""

    network_id: int
    name: str
    reporting_timezone_id: int
    currency_id: str
    impression_package: bool


class NetworkChange(msgspec.Struct, frozen=True, kw_only=True):
    """`PUT /v1/networks/info`: only what is to change."""

    reporting_timezone_id: int | UnsetType = UNSET
    currency_id: Currency | UnsetType = UNSET
    impression_package: bool | UnsetType = UNSET


@operation(f"GET {NETWORKS}/info", "The network", answer=Network)
def get_network(call: Call) -> Network:
    """The account."""
    with call.reading() as session:
        return _network_of(call.caller.account, network(session, call.account))


@operation(
    f"PUT {NETWORKS}/info",
    "Change it",
    body=NetworkChange,
    answer=Network,
    scope=Scope.ADMIN,
)
def put_network(call: Call, body: NetworkChange) -> Network:
    """Change what is sent: the impression package among it. Needs a key with the scope `admin`."""
    with call.writing() as session:
        row = _change_network(session, call.account, body)
    return _network_of(call.caller.account, row)


def _network_of(account: Account, row: NetworkRow) -> Network:
    return Network(
        network_id=account.id,
        name=account.name,
        reporting_timezone_id=row.timezone_id,
        currency_id=row.currency_id,
        impression_package=row.impression_package,
    )


def _change_network(session: Session, account: int, body: NetworkChange) -> NetworkRow:
    """Raises InvalidRequest for an unknown zone."""
    row = network(session, account)
    if body.reporting_timezone_id is not UNSET:
        if body.reporting_timezone_id not in ZONES:
            raise InvalidRequest(
                f"There is no timezone_id {body.reporting_timezone_id}: see /v1/meta/timezones."
            )
        row.timezone_id = body.reporting_timezone_id
    if body.currency_id is not UNSET:
        row.currency_id = body.currency_id
    if body.impression_package is not UNSET:
        row.impression_package = body.impression_package
    session.add(row)
    session.flush()
    return row


def require_package(row: NetworkRow) -> None:
    """Raises Forbidden."""
    if not row.impression_package:
        raise Forbidden(NO_PACKAGE)
