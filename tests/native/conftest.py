"""One server with two hundred told events for all tests that only read."""

from collections.abc import Iterator

import httpx
import pytest

from tests.native.places import ingest, new_event, running, stranger_of
from tests.support.running import RunningServer


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = running(tmp_path_factory.mktemp("native"))
    ingest(server, [new_event(number) for number in range(200)])
    yield server
    server.close()


@pytest.fixture(scope="package")
def stranger(place: RunningServer) -> Iterator[httpx.Client]:
    with stranger_of(place) as client:
        yield client
