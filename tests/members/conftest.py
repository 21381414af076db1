"""One server behind a proxy, with an owner, an editor, a viewer and a stranger's account."""

from collections.abc import Iterator

import httpx
import pytest

from tests.members.people import Browser, join, opened
from tests.native.places import running, stranger_of
from tests.support.running import RunningServer


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = running(
        tmp_path_factory.mktemp("members"), trusted_proxy_hops=1, requests_per_second=1_000
    )
    yield server
    for client in opened:
        client.close()
    server.close()


@pytest.fixture(scope="package")
def stranger(place: RunningServer) -> Iterator[httpx.Client]:
    with stranger_of(place) as client:
        yield client


@pytest.fixture(scope="package")
def owner(place: RunningServer) -> Browser:
    return join(place, place.client, "owner@example.org", "owner")


@pytest.fixture(scope="package")
def editor(place: RunningServer) -> Browser:
    return join(place, place.client, "editor@example.org", "editor")


@pytest.fixture(scope="package")
def viewer(place: RunningServer) -> Browser:
    return join(place, place.client, "viewer@example.org", "viewer")
