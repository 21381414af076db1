"""v4's login: `POST /` with an access token gives a JSON Web Token (RFC 7519) of the same key.

https://www.copernica.com/en/documentation/restv4/rest-introduction. The vendor has it at a host of
its own, `authenticate.copernica.com`, and its clients read the time `exp` from the middle part.
"""

from typing import Any, Final

import jwt

from footfall.capture.signed_links import Signer
from footfall.catalog.catalog import SqlCatalog
from footfall.catalog.tables import AccountRow, ApiKeyRow
from footfall.core.accounts import ApiKey, Caller
from footfall.core.errors import Unauthorized
from footfall.core.ids import Clock

VALID_SECONDS: Final = 24 * 3600
"""As the vendor's."""
ALGORITHM: Final = "HS256"
PURPOSE: Final = "copernica login"


class Logins:
    """Writes and reads such tokens. A token is worth what its key is: it names the key, and ends
    with it."""

    def __init__(self, signer: Signer, catalog: SqlCatalog, clock: Clock) -> None:
        self._signer = signer
        self._catalog = catalog
        self._clock = clock

    def write(self, key: ApiKey) -> str:
        """Raises Unavailable."""
        now = self._clock() // 1000
        claims = {"sub": str(key.id), "iat": now, "exp": now + VALID_SECONDS}
        return jwt.encode(claims, self._signer.derive(PURPOSE), ALGORITHM)

    def find_caller(self, token: str) -> Caller:
        """Blocks on the catalog. Raises Unauthorized, also when the token or its key has expired
        and when the key was revoked."""
        now = self._clock()
        claims = self._read(token)
        if not claims["exp"] > now // 1000:
            raise Unauthorized("The token has expired: log in again.")
        with self._catalog.reading() as session:
            row = session.get(ApiKeyRow, int(claims["sub"]))
            account = session.get(AccountRow, row.account_id) if row else None
            key = row.to_key() if row else None
        if key is None or account is None or not key.usable(now):
            raise Unauthorized("The key of this token has expired or was revoked.")
        return Caller(account.to_account(), key)

    def _read(self, token: str) -> dict[str, Any]:
        options: Any = {"verify_exp": False, "verify_iat": False, "require": ["sub", "exp"]}
        try:
            # By our own clock, not the library's.
            return jwt.decode(token, self._signer.derive(PURPOSE), [ALGORITHM], options)
        except jwt.InvalidTokenError:
            raise Unauthorized("Unknown token.") from None


def is_login(token: str) -> bool:
    """Three parts with dots between them: no key looks like that."""
    return token.count(".") == 2
