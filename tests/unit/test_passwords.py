"""How many passwords are compared at once and in a second."""

import asyncio
import unicodedata

import pytest
from argon2 import PasswordHasher

from footfall.core.errors import RateLimited
from footfall.members.passwords import (
    BURST,
    WAIT_SECONDS_MAX,
    Lane,
    hash_password,
    spellings,
    verify_password,
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_lane_compares_one_at_a_time() -> None:
    lane, inside, most = Lane(1_000), 0, 0

    async def compare() -> None:
        nonlocal inside, most
        async with lane.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(compare() for _ in range(20)))
    assert (most, lane.checked) == (1, 20)


async def test_a_lane_refuses_what_would_wait_too_long_and_recovers() -> None:
    clock = Clock()
    lane = Lane(4, clock)

    async def compare() -> None:
        async with lane.turn():
            pass

    tasks = [asyncio.create_task(compare()) for _ in range(100)]
    for _ in range(5):
        await asyncio.sleep(0)  # all that need no pause are done, the others wait or are refused
    refused = [task for task in tasks if task.done() and task.exception()]
    assert len(tasks) - len(refused) == BURST + 4 * WAIT_SECONDS_MAX + 1
    assert lane.refused == len(refused)
    for task in refused:
        error = task.exception()
        assert isinstance(error, RateLimited)
        assert error.retry_after_seconds == WAIT_SECONDS_MAX + 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    clock.now += 60
    await asyncio.wait_for(compare(), 5)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_a_password_is_the_same_in_every_normal_form(form: str) -> None:
    typed = unicodedata.normalize(form, "Ångström")  # type: ignore[arg-type]
    assert verify_password(hash_password("Ångström"), typed)
    assert verify_password(hash_password(typed), "Ångström")
    assert not verify_password(hash_password("Ångström"), typed.lower())
    assert not verify_password(hash_password("Ångström"), "Angstrom")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_hash_of_what_a_system_once_sent_still_fits(form: str) -> None:
    kept = unicodedata.normalize(form, "Ångström")  # type: ignore[arg-type]
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(kept)
    assert verify_password(hashed, "Ångström")
    assert verify_password(hashed, unicodedata.normalize("NFD", "Ångström"))


def test_an_ascii_word_is_compared_once() -> None:
    assert spellings("sesame") == ["sesame"]
    assert len(spellings("Ångström")) == 2
