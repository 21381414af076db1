from collections.abc import Iterator

import pytest

from tests.support.receiving import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()
