from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.dialects.copernica import Mailing
from tests.dialects.everflow import Network
from tests.dialects.passentry import Venue
from tests.support.running import RunningServer

OpenVenue = Callable[[RunningServer], Venue]
OpenMailing = Callable[..., Mailing]


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
def open_mailing() -> Iterator[OpenMailing]:
    """Make a Copernica account of its own on a server, with an emailing of these fields."""
    opened: list[Mailing] = []

    def make(server: RunningServer, **emailing: Any) -> Mailing:
        opened.append(Mailing(server, **emailing))
        return opened[-1]

    yield make
    for mailing in opened:
        mailing.close()


@pytest.fixture
def mailing(server: RunningServer, open_mailing: OpenMailing) -> Mailing:
    """One on the shared server."""
    return open_mailing(server)


@pytest.fixture
def network(server: RunningServer) -> Iterator[Network]:
    """An Everflow account of its own on the shared server."""
    opened = Network(server)
    yield opened
    opened.close()
