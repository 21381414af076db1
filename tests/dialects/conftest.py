from collections.abc import Callable, Iterator

import pytest

from tests.dialects.everflow import Network
from tests.dialects.passentry import Venue
from tests.running import RunningServer

OpenVenue = Callable[[RunningServer], Venue]


@pytest.fixture
def open_venue() -> Iterator[OpenVenue]:
    """Make a PassEntry account of its own on a server."""
    opened: list[Venue] = []

    def make(server: RunningServer) -> Venue:
        opened.append(Venue(server))
        return opened[-1]

    yield make
    for venue in opened:
        venue.close()


@pytest.fixture
def venue(server: RunningServer, open_venue: OpenVenue) -> Venue:
    """One on the shared server."""
    return open_venue(server)


@pytest.fixture
def network(server: RunningServer) -> Iterator[Network]:
    """An Everflow account of its own on the shared server."""
    opened = Network(server)
    yield opened
    opened.close()
