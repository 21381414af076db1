"""What the vendor calls a network is an account: what it has switched on, and in which zone and
currency its reports are."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy.orm import Session

from footfall.api.fields import body_of, given_fields
from footfall.api.resource import Resource
from footfall.core.accounts import Scope
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


def _network_of(call: Call, _: Session, row: NetworkRow) -> Network:
    account = call.caller.account
    zone = row.timezone_id
    return body_of(
        Network, row, network_id=account.id, name=account.name, reporting_timezone_id=zone
    )


NETWORK: Final = Resource(
    path=f"{NETWORKS}/info",
    one=f"{NETWORKS}/info",
    rows=NetworkRow,
    answer=Network,
    find=lambda call, session: network(session, call.account),
    body=_network_of,
)
get_network = NETWORK.get("The network")


@NETWORK.change("PUT", "Change it", NetworkChange, scope=Scope.ADMIN)
def put_network(session: Session, row: NetworkRow, body: NetworkChange) -> None:
    """Change what is sent: the impression package among it. Needs a key with the scope `admin`."""
    for name, value in given_fields(body).items():
        if name == "reporting_timezone_id":
            if value not in ZONES:
                raise InvalidRequest(f"There is no timezone_id {value}: see /v1/meta/timezones.")
            row.timezone_id = value
        else:
            setattr(row, name, value)
    session.add(row)


def require_package(row: NetworkRow) -> None:
    """Raises Forbidden."""
    if not row.impression_package:
        raise Forbidden(NO_PACKAGE)
