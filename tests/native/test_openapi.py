"""The native API's OpenAPI document: it has every route, and its examples are sent."""

from pathlib import Path

import pytest

from footfall.api.operations import with_examples
from footfall.bootstrap import open_catalog
from footfall.client import Footfall
from footfall.config import Settings
from footfall.dialects.native.api import EXAMPLES, OPERATIONS, document
from footfall.dialects.native.dialect import NATIVE
from footfall.dialects.native.ingest_body import INGEST
from tests.dialects.examples import Sender
from tests.dialects.routes import described_routes, served_routes
from tests.support.running import RunningServer

DESCRIBED = with_examples(NATIVE.described((INGEST, *OPERATIONS)), EXAMPLES)

IN_FRONT = {("POST", "/events")}
"""Routes that do not enter the framework."""

ENDLESS = {"/events/live"}

BY_COOKIE = "/session"
"""Paths that take no key: `test_session.py` holds their answers to the document."""


async def test_every_route_is_described_and_every_description_has_a_route(tmp_path: Path) -> None:
    assert described_routes(document()) == await served_routes(tmp_path, "Native") | IN_FRONT


@pytest.fixture(scope="module")
def key(server: RunningServer) -> str:
    catalog = open_catalog(Settings(data=str(server.data)))
    _, key = catalog.create_account("Examples", "examples@example.org")
    catalog.close()
    return str(key)


def test_every_example_is_answered_as_the_document_says(server: RunningServer, key: str) -> None:
    server.client.headers["Authorization"] = f"Bearer {key}"
    sender = Sender(server.client, document())
    try:
        # Exports first: an erasure withdraws them.
        finite = [one for one in DESCRIBED if one.path not in ENDLESS]
        finite = [one for one in finite if not one.path.startswith(BY_COOKIE)]
        order = sender.order(finite)
        for one in sorted(order, key=lambda one: not one.path.startswith("/exports")):
            if one.path.endswith("/file"):
                with Footfall(server.url, key) as footfall:
                    footfall.exports.wait(sender.made["/exports"])
            sender.check(one, answer := sender.send(one))
            if one.path == "/policies" and one.method == "POST":
                sender.made[one.path] = str(answer.json()["number"])
            sender.made["/deletions"] = sender.made.get("/erasures", "")
    finally:
        server.client.headers["Authorization"] = f"Bearer {server.key}"


def test_the_example_of_what_never_ends_begins(server: RunningServer, key: str) -> None:
    (one,) = [one for one in DESCRIBED if one.path in ENDLESS]
    headers = {"Authorization": f"Bearer {key}"}
    with server.client.stream("GET", one.path, params=one.example.query, headers=headers) as found:
        assert found.status_code == one.status
        assert found.headers["content-type"].startswith(one.media_type)
        assert next(found.iter_lines())
