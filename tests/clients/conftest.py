from collections.abc import Iterator

import pytest

from tests.clients.campaign import Sent
from tests.dialects.conftest import mailing, network, open_mailing
from tests.dialects.copernica import Mailing
from tests.support.running import RunningServer

__all__ = ["mailing", "network", "open_mailing"]


@pytest.fixture(scope="module")
def sent(server: RunningServer) -> Iterator[Sent]:
    """A mailing of an account of its own, which no test changes."""
    opened = Mailing(server)
    yield Sent(opened)
    opened.close()
