"""OpenQR's OpenAPI document: it has every route, and its examples are sent."""

from pathlib import Path

from footfall.dialects.openqr.api import OPERATIONS, document
from footfall.dialects.openqr.dialect import OPENQR
from tests.dialects.examples import Sender
from tests.dialects.routes import described_routes, served_routes
from tests.support.running import RunningServer


async def test_every_route_is_described_and_every_description_has_a_route(tmp_path: Path) -> None:
    assert described_routes(document()) == await served_routes(tmp_path, "OpenQR")


def test_every_example_is_answered_as_the_document_says(server: RunningServer) -> None:
    sender = Sender(server.client, document())
    order = sender.order(OPENQR.described(OPERATIONS))
    # What is undone was changed before.
    for one in sorted(order, key=lambda one: (one.method == "DELETE", "/undo" in one.path)):
        sender.check(one, sender.send(one))
