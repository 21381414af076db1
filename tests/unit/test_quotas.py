import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.catalog.slugs import RANDOM_LENGTH, new_slug, read_slug
from footfall.core.errors import RateLimited
from footfall.members.passwords import hash_password, verify_password
from footfall.runtime.quotas import PIECES, Places, Quota


def test_a_quota_gives_its_units_and_then_says_when_to_come_back() -> None:
    quota = Quota(3, 60)
    assert [quota.take("a").remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(RateLimited) as limited:
        quota.take("a")
    assert 1 <= limited.value.retry_after_seconds <= 60
    assert quota.take("b").remaining == 2


def test_units_are_taken_together_or_not_at_all() -> None:
    quota = Quota(5, 60)
    quota.take("a", 3)
    for units in (3, 6):
        with pytest.raises(RateLimited):
            quota.take("a", units)
    left = quota.look("a")
    assert (left.limit, left.remaining) == (5, 2)
    assert quota.take("a", 2).remaining == 0
    assert time.time() < left.reset_unix_seconds <= time.time() + 61


def test_units_come_back_one_after_another() -> None:
    now = [0.0]
    quota = Quota(3, 60, lambda: now[0])
    for moment in (0.0, 10.0, 20.0):
        now[0] = moment
        quota.take("a")
    for units, seconds in ((1, 40), (2, 50), (3, 60)):
        with pytest.raises(RateLimited) as limited:
            quota.take("a", units)
        assert limited.value.retry_after_seconds == seconds
    now[0] = 60.1
    assert quota.take("a").remaining == 0
    with pytest.raises(RateLimited):
        quota.take("a")


@given(
    limit=some.integers(1, 20),
    takes=some.lists(some.tuples(some.floats(0, 40), some.integers(1, 5)), max_size=60),
)
def test_no_window_has_more_than_its_limit_and_nobody_waits_longer(
    limit: int, takes: list[tuple[float, int]]
) -> None:
    seconds, now = 60, [0.0]
    quota = Quota(limit, seconds, lambda: now[0])
    taken: list[tuple[float, int]] = []
    for pause, units in takes:
        now[0] += pause
        exact = sum(n for at, n in taken if at > now[0] - seconds)
        slack = sum(n for at, n in taken if at > now[0] - seconds * (1 + 1 / PIECES) - 1e-6)
        try:
            left = quota.take("a", units).remaining
        except RateLimited:
            assert slack + units > limit
            continue
        taken.append((now[0], units))
        assert exact + units <= limit
        assert limit - slack - units <= left <= limit - exact - units


def test_a_key_that_takes_nothing_for_long_is_forgotten() -> None:
    now = [0.0]
    quota = Quota(1, 60, lambda: now[0])
    for number in range(1_000):
        quota.take(f"stranger-{number}")
    now[0] = 61.0
    quota.take("a")
    assert list(quota._windows) == ["a"]


def test_many_threads_take_no_more_than_there_is() -> None:
    quota = Quota(100, 60)
    taken: list[int] = []

    def take() -> None:
        for _ in range(50):
            try:
                quota.take("a")
            except RateLimited:
                continue
            taken.append(1)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 100


def test_a_word_is_kept_as_an_argon2id_hash() -> None:
    hashed = hash_password("open sesame")
    assert hashed.startswith("$argon2id$")
    assert verify_password(hashed, "open sesame")
    assert not verify_password(hashed, "open barley")
    assert hash_password("open sesame") != hashed


def test_a_random_slug_is_one_that_may_be_chosen_too() -> None:
    for _ in range(1000):
        slug = new_slug()
        assert len(slug) == RANDOM_LENGTH
        assert read_slug(slug.upper()) == slug


def test_places_are_counted_one_by_one_and_no_account_takes_all() -> None:
    places = Places("streams", 10, 4)
    held = [places.take(1) for _ in range(4)]
    with pytest.raises(RateLimited, match="4 streams of this account"):
        places.take(1)
    held += [places.take(account) for account in (2, 2, 2, 3, 3, 3)]
    with pytest.raises(RateLimited, match="10 streams are open"):
        places.take(4)
    assert (places.taken, places.refused) == (10, 2)
    held[0]()
    held[0]()  # once is enough
    places.take(4)
    assert places.taken == 10
