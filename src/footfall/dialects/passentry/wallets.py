"""The seam for wallets: Apple's and Google's passes.

A pass in a phone's wallet must be signed with the certificate of its issuer (Apple) or made with
the keys of a service account (Google). Footfall has neither, so no wallet is connected: a pass has
its download page, and messages to it are kept and told as not delivered.

To connect one, write a class with these two methods, give it to `Face` in `api/__init__.py`, and
let what hears from the wallet (Apple's web service, Google's callback) call
`POST /api/v1/passes/{id}/installed` and `…/removed`.
"""

from collections.abc import Mapping
from typing import Final, Literal, Protocol, get_args

import msgspec

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
