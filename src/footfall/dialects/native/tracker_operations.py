"""Trackers: for the native API's OpenAPI document."""

from typing import Final

from footfall.api.openapi import Example
from footfall.dialects.native import responses
from footfall.dialects.native.describing import describe
from footfall.dialects.native.trackers import TrackerChange, TrackerRequest

TRACKER: Final = {
    "id": 7,
    "kind": "impression",
    "name": "Front page",
    "slug": "h4t9kx",
    "source": "native",
    "noun": "tracker",
    "noun_id": "7",
    "destination": None,
    "references": {"campaign": "spring"},
    "metadata": {},
    "paused": False,
    "privacy": None,
    "link": None,
    "image": "http://localhost:3000/t/h4t9kx.gif",
    "created_at": "2026-07-03T14:05:09Z",
    "updated_at": "2026-07-03T14:05:09Z",
}


OPERATIONS: Final = (
    describe(
        "GET",
        "/trackers",
        "List trackers, newest first",
        responses.TrackerPage,
        Example(
            query={"limit": "50", "kind": "impression"},
            answer={"trackers": [TRACKER], "cursor": None},
        ),
        query=responses.TrackersQuery,
    ),
    describe(
        "POST",
        "/trackers",
        "Make a tracker",
        responses.TrackerShown,
        Example(
            body={name: TRACKER[name] for name in ("kind", "name", "references")},
            answer=TRACKER,
        ),
        body=TrackerRequest,
        status=201,
        errors=(409,),
    ),
    describe(
        "GET",
        "/trackers/{tracker_id}",
        "Get a tracker",
        responses.TrackerShown,
        Example(path={"tracker_id": "7"}, answer=TRACKER),
    ),
    describe(
        "PATCH",
        "/trackers/{tracker_id}",
        "Change a tracker",
        responses.TrackerShown,
        Example(
            path={"tracker_id": "7"}, body={"paused": True}, answer={**TRACKER, "paused": True}
        ),
        body=TrackerChange,
        errors=(409, 412),
    ),
    describe(
        "DELETE",
        "/trackers/{tracker_id}",
        "Delete a tracker, erase its events",
        responses.TrackerDeleted,
        Example(path={"tracker_id": "7"}, answer={"id": 7, "deleted": True}),
        errors=(409, 412),
    ),
)
