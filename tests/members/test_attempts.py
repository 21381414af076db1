"""How often somebody may try a password, and that strangers use up nobody else's tries."""

from contextlib import suppress

import pytest

from footfall.core.errors import RateLimited
from footfall.members.attempts import NETWORK_PACE, WIDE_PACE, Attempts
from footfall.runtime.attempts import DAY_SECONDS, QUIET
from tests.unit.test_tries import Clock

KEY = b"k" * 32
ADA = "ada@example.org"


def guess(attempts: Attempts, email: str, address: str, times: int, token: str = "") -> None:
    for _ in range(times):
        attempts.check(email, address, token)
        attempts.wrong(email, address, token)


def test_a_network_has_so_many_wrong_tries_for_an_email_and_others_have_theirs() -> None:
    attempts = Attempts(KEY)
    guess(attempts, ADA, "192.0.2.1", QUIET.free)
    with pytest.raises(RateLimited) as refusal:
        attempts.check(" Ada@Example.org", "192.0.2.77")
    assert 0 < refusal.value.retry_after_seconds <= QUIET.first_seconds
    attempts.check(ADA, "192.0.3.1")
    attempts.check("bob@example.org", "192.0.2.1")


def test_a_network_that_tries_many_emails_waits() -> None:
    attempts = Attempts(KEY)
    for number in range(NETWORK_PACE.free):
        guess(attempts, f"{number}@example.org", "192.0.2.1", 1)
    with pytest.raises(RateLimited):
        attempts.check(ADA, "192.0.2.1")
    attempts.check(ADA, "192.0.3.1")


def test_an_office_that_mistypes_now_and_then_never_waits() -> None:
    clock = Clock()
    attempts = Attempts(KEY, clock)
    for day in range(100):
        guess(attempts, f"{day % 40}@example.org", "192.0.2.1", 1)
        clock.now += DAY_SECONDS * 20 / 24


def test_a_member_who_mistypes_once_a_day_never_waits() -> None:
    clock = Clock()
    attempts = Attempts(KEY, clock)
    for _ in range(100):
        guess(attempts, ADA, "192.0.2.1", 1)
        clock.now += DAY_SECONDS * 20 / 24


def test_a_right_password_gives_a_wrong_one_of_its_network_back() -> None:
    attempts = Attempts(KEY, Clock())
    for number in range(5 * NETWORK_PACE.free):
        guess(attempts, f"{number}@example.org", "192.0.2.1", 1)
        attempts.check(f"{number}@example.org", "192.0.2.1")
        attempts.right(f"{number}@example.org", "192.0.2.1")
    attempts.check(ADA, "192.0.2.1")


def test_who_guesses_many_emails_keeps_the_network_out_for_minutes_and_not_after_a_day() -> None:
    clock = Clock()
    attempts = Attempts(KEY, clock)
    for number in range(1_000):
        attempts.wrong(f"{number}@example.org", "192.0.2.1")
    with pytest.raises(RateLimited) as refusal:
        attempts.check(ADA, "192.0.2.1")
    assert refusal.value.retry_after_seconds == NETWORK_PACE.longest_seconds <= 600
    clock.now += DAY_SECONDS
    guess(attempts, ADA, "192.0.2.1", 5)
    guess(attempts, "bob@example.org", "192.0.2.1", 5)


def test_a_known_browser_signs_in_whatever_strangers_do_in_its_network() -> None:
    attempts = Attempts(KEY)
    token = attempts.new_token(ADA)
    guess(attempts, ADA, "192.0.2.1", QUIET.free)
    for number in range(NETWORK_PACE.free - QUIET.free):
        guess(attempts, f"{number}@example.org", "192.0.2.1", 1)
    for network in range(300):
        attempts.wrong(ADA, f"10.{network // 256}.{network % 256}.1")
    attempts.check(ADA, "192.0.2.1", token)


def test_no_email_that_a_stranger_types_counts_at_a_known_browser_or_a_member() -> None:
    attempts = Attempts(KEY, Clock())
    token = attempts.new_token(ADA)
    for number in range(300):
        for email in (f"known {ADA}", "member 1"):
            attempts.wrong(email, f"10.{number // 256}.{number % 256}.1")
    for _ in range(QUIET.free):
        attempts.wrong("member 1", "")
    guess(attempts, ADA, "192.0.2.1", QUIET.free, token)
    attempts.check_member(1)


def test_a_known_browser_has_no_more_tries_than_others() -> None:
    attempts = Attempts(KEY)
    token, other = attempts.new_token(ADA), attempts.new_token(ADA)
    guess(attempts, ADA, "192.0.2.1", QUIET.free, token)
    with pytest.raises(RateLimited):
        attempts.check(ADA, "198.51.100.1", token)
    attempts.check(ADA, "198.51.100.1", other)


@pytest.mark.parametrize("token", ["", ".", "a.b", "ü.ü", "x" * 5_000])
def test_a_browser_is_known_by_a_token_of_ours_for_that_email_alone(token: str) -> None:
    attempts = Attempts(KEY)
    ours = attempts.new_token("Ada@example.org ")
    assert attempts.knows(ADA, ours)
    assert Attempts(KEY).knows(ADA, ours), "a restart changes nothing"
    assert not attempts.knows("bob@example.org", ours)
    assert not Attempts(b"x" * 32).knows(ADA, ours)
    assert not attempts.knows(ADA, token)
    assert not attempts.knows(ADA, ours[:-1])


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    attempts = Attempts(KEY)
    for number in range(QUIET.free):
        guess(attempts, ADA, f"2001:db8:1:2:{number:x}::1", 1)
    with pytest.raises(RateLimited):
        attempts.check(ADA, "2001:db8:1:2:ffff::1")
    attempts.check(ADA, "2001:db8:1:3::1")


def test_one_machine_with_a_48_of_ipv6_has_few_comparisons() -> None:
    """Each of them takes its turn in the lane of all browsers that are not known."""
    clock = Clock()
    attempts = Attempts(KEY, clock)
    token = attempts.new_token(ADA)
    made = 0
    for number in range(5_000):
        email, address = f"{number}@example.org", f"2001:db8:1:{number:x}::1"
        with suppress(RateLimited):
            attempts.check(email, address)
            attempts.wrong(email, address)
            made += 1
    assert made == WIDE_PACE.free
    attempts.check(ADA, "2001:db8:2::1")
    attempts.check(ADA, "2001:db8:1:ffff::1", token)
    with pytest.raises(RateLimited) as refusal:
        attempts.check(ADA, "2001:db8:1:ffff::1")
    assert refusal.value.retry_after_seconds <= WIDE_PACE.longest_seconds
    clock.now += DAY_SECONDS
    guess(attempts, ADA, "2001:db8:1:ffff::1", QUIET.free)


def test_networks_of_one_ipv4_provider_that_guess_leave_its_others_their_tries() -> None:
    attempts = Attempts(KEY, Clock())
    for number in range(30 * NETWORK_PACE.free):
        guess(attempts, f"{number}@example.org", f"192.0.{number % 30}.1", 1)
    guess(attempts, ADA, "192.0.200.1", QUIET.free)


def test_a_stranger_with_a_session_of_another_member_changes_nothing_for_this_one() -> None:
    attempts = Attempts(KEY)
    for _ in range(QUIET.free):
        attempts.check_member(1)
        attempts.wrong_member(1)
    with pytest.raises(RateLimited):
        attempts.check_member(1)
    attempts.check_member(2)
