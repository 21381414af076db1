"""`GET /places`: the databases of places in use, how old they are, and whom to name for them."""

import msgspec

from footfall.api.operations import operation
from footfall.dialects.native.dialect import Call
from footfall.places.databases import PlaceDatabaseShown, describe


class PlaceDatabaseList(msgspec.Struct, frozen=True):
    """In the order in which they are queried. `warning` says what a licence asks for by now, and
    which file cannot be used; "" for nothing."""

    places: list[PlaceDatabaseShown]
    warning: str


@operation(
    "GET /places",
    "List the databases of places in use, with their age and attribution",
    answer=PlaceDatabaseList,
    inline=True,
)
def list_places(call: Call) -> PlaceDatabaseList:
    now, places = call.now(), call.api.parts.places
    return PlaceDatabaseList(describe(places.databases, now), places.warning(now))
