"""The sliding second, and the passwords of readers."""

import httpx
import pytest

from footfall.core.accounts import Scope
from footfall.core.errors import RateLimited
from footfall.dialects.passentry.limits import SlidingSecond
from tests.conftest import StartServer
from tests.dialects.conftest import OpenVenue


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_slides_and_a_refusal_does_not_count() -> None:
    clock = Clock()
    window = SlidingSecond(3, clock)
    for left in ("2", "1", "0"):
        assert window.take("key-1", "/scans", "GET")["x-rate-limit-remaining"] == left
        clock.now += 0.25
    for _ in range(5):
        with pytest.raises(RateLimited) as refusal:
            window.take("key-1", "/scans", "GET")
        assert refusal.value.headers["x-rate-limit-retry-after"] == "0.25"
    clock.now += 0.25
    assert window.take("key-1", "/scans", "GET")["x-rate-limit-remaining"] == "0"


def test_keys_paths_and_methods_are_counted_apart() -> None:
    window = SlidingSecond(1, Clock())
    for key, path, method in (
        ("key-1", "/a", "GET"),
        ("key-2", "/a", "GET"),
        ("key-1", "/b", "GET"),
        ("key-1", "/a", "P"),
    ):
        window.take(key, path, method)
        with pytest.raises(RateLimited):
            window.take(key, path, method)


def test_who_guesses_the_password_of_a_reader_waits_and_holds_up_no_other_key(
    start_server: StartServer, open_venue: OpenVenue
) -> None:
    venue = open_venue(start_server(requests_per_second=1_000))
    venue.reader("door", password="secret1")
    app, other = venue.key_with(Scope.CAPTURE), venue.key_with(Scope.CAPTURE)

    def log_in(client: httpx.Client, password: str) -> httpx.Response:
        return client.post("/readers/door/login", json={"reader": {"password": password}})

    assert [log_in(app, "wrong1").status_code for _ in range(11)] == [400] * 10 + [429]
    refused = log_in(app, "secret1")
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert log_in(other, "secret1").status_code == 200
