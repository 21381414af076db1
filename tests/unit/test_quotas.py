import threading
import time

import pytest

from footfall.core.errors import RateLimited
from footfall.core.quotas import Quota
from footfall.core.secrets import hash_word, verify_word
from footfall.dialects.slugs import RANDOM_LENGTH, new_slug, read_slug


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


def test_the_window_moves() -> None:
    quota = Quota(1, 1)
    quota.take("a")
    with pytest.raises(RateLimited):
        quota.take("a")
    time.sleep(1.1)
    assert quota.take("a").remaining == 0


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
    hashed = hash_word("open sesame")
    assert hashed.startswith("$argon2id$")
    assert verify_word(hashed, "open sesame")
    assert not verify_word(hashed, "open barley")
    assert hash_word("open sesame") != hashed


def test_a_random_slug_is_one_that_may_be_chosen_too() -> None:
    for _ in range(1000):
        slug = new_slug()
        assert len(slug) == RANDOM_LENGTH
        assert read_slug(slug.upper()) == slug
