"""Notes: what of a request was ignored or is unknown, in the answer to it.

The vendor ignores keys that it does not know. A filter that is ignored gives other counts than its
sender expects, so the answer names it.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from footfall.api.bodies import decode
from footfall.api.fields import unknown_keys
from footfall.api.notes import limited
from footfall.core.queries import EventFilter
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.filters import Query, Resolver
from footfall.dialects.everflow.view import NETWORKS

MORE: Final = "more of the request are ignored."
Notes = list[str] | UnsetType
"""UNSET, and so not in the answer, when nothing was ignored."""

WITHOUT_EFFECT: Final = frozenset({"settings", "user_metrics", "usm_columns", "currency_id"})
"""Keys of the vendor's own requests that change nothing here: every client sends them."""


async def read_notes(call: Call, body: msgspec.Struct, raw: bytes) -> Notes:
    """As `ignored_of`, with the ids of a network's filters that nothing known has. What an
    affiliate does not see is unknown to it anyway."""
    notes = ignored_of(body, raw)
    query = getattr(body, "query", None)
    if query is None or not call.request.url.path.startswith(NETWORKS):
        return notes
    values = await asyncio.to_thread(_ids_named, call, query)
    named = EventFilter(account=call.account, values=values)
    unknown = await call.api.parts.unknown_ids(named, True)
    return limited([*([] if notes is UNSET else notes), *unknown], MORE) or UNSET


def _ids_named(call: Call, query: Query) -> Mapping[str, tuple[str, ...]]:
    with call.reading() as session:
        return Resolver(session, call.caller.account).ids_named(query)


def ignored_of(body: msgspec.Struct, raw: bytes) -> Notes:
    """What of a report's request is ignored. `raw` is the body before it was decoded."""
    keys = unknown_keys(decode(raw, Any), type(body), WITHOUT_EFFECT)
    notes = [f"{key} is unknown and ignored." for key in keys]
    notes += _filters_without_type(getattr(body, "query", None))
    return limited(notes, MORE) or UNSET


def _filters_without_type(query: Query | None) -> Iterator[str]:
    if query is None:
        return
    for name, filters in (("filters", query.filters), ("exclusions", query.exclusions)):
        for number, one in enumerate(filters or ()):
            if not one.resource_type:
                yield f"query.{name}[{number}] has no resource_type and is ignored."
