"""`GET /places`: the databases of places in use, how old they are, and whom to name for them."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from footfall.api.bodies import answer
from footfall.api.parts import Parts
from footfall.core.accounts import Scope
from footfall.places.databases import PlaceDatabaseShown, describe


class PlaceDatabaseList(msgspec.Struct, frozen=True):
    """In the order in which they are asked. `warning` says what a licence asks for by now, and
    which file cannot be used; "" for nothing."""

    places: list[PlaceDatabaseShown]
    warning: str


@get("/places", opt={"scope": Scope.READ}, sync_to_thread=False)
def list_places(parts: NamedDependency[SkipValidation[Parts]]) -> Response[bytes]:
    now = parts.clock()
    listed = describe(parts.places.databases, now)
    return answer(PlaceDatabaseList(listed, parts.places.warning(now)))
