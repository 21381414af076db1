"""The seam for wallets: Apple's and Google's passes.

A pass in a phone's wallet must be signed with the certificate of its issuer (Apple) or made with
the keys of a service account (Google). Footfall has neither, so no wallet is connected: a pass has
its download page, and messages to it are kept and shown as not delivered.

To connect one, write a class with these two methods, give it to `PassEntry` in `api.py`, and let
what hears from the wallet (Apple's web service, Google's callback) call
`POST /api/v1/passes/{id}/installed` and `…/removed`.
"""

from collections.abc import Mapping
from typing import Final, Literal, Protocol, get_args

import msgspec
from msgspec import UNSET, UnsetType

from footfall.dialects.passentry.barcodes import barcode_body
from footfall.dialects.passentry.records.passes import PASS_TYPES, PassStatus
from footfall.dialects.passentry.records.tables import PassRow

Platform = Literal["apple", "google"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)


class WalletPass(msgspec.Struct, frozen=True, kw_only=True):
    """What a wallet shows. `content` maps fields of the template to texts; `design` and `places`
    are as they were given."""

    id: str
    pass_type: str
    template: Mapping[str, object]
    content: Mapping[str, object]
    barcode_value: str
    message: str


class Wallet(Protocol):
    """Both methods may block."""

    def source(self, wallet_pass: WalletPass) -> str:
        """The signed pass: base64 of a .pkpass for Apple, a save link for Google."""

    def push(self, wallet_pass: WalletPass) -> bool:
        """Bring the pass and its message to the devices that have it; False: none took it."""


Wallets = Mapping[Platform, Wallet]


class Notifications(msgspec.Struct, frozen=True):
    status: str
    message: str


def for_wallet(row: PassRow) -> WalletPass:
    barcode = barcode_body(row)
    return WalletPass(
        id=row.id,
        pass_type=PASS_TYPES[row.template.type],
        template=row.template.definition,
        content=row.content,
        barcode_value="" if barcode is None else barcode.value,
        message=row.latest_message or "",
    )


def sources(
    wallets: Wallets, row: PassRow, platforms: str | None
) -> dict[str, str | None] | UnsetType:
    """The signed pass of each wallet that is named, `apple`, `google` or both with a comma between;
    null while no wallet is connected."""
    named = {one.strip() for one in (platforms or "").lower().split(",")} & {*PLATFORMS}
    if not named or row.status == PassStatus.ACTIVE:
        return UNSET
    found = {platform: wallets.get(platform) for platform in PLATFORMS if platform in named}
    return {
        platform: None if wallet is None else wallet.source(for_wallet(row))
        for platform, wallet in found.items()
    }


def notify(wallets: Wallets, row: PassRow) -> Notifications:
    """Bring a message to the phone that has the pass. It is kept on the pass in any case."""
    if row.status != PassStatus.ACTIVE:
        return Notifications("notDelivered", "Pass has not been added to the wallet")
    wallet = wallets.get("apple" if row.device_type == "iphone" else "google")
    if wallet is None:
        return Notifications("notDelivered", "No wallet is connected to this server")
    if not wallet.push(for_wallet(row)):
        return Notifications("notDelivered", "The wallet did not take the message")
    return Notifications("delivered", "The wallet took the message")
