"""How often somebody may try a password."""

import pytest

from footfall.core.errors import RateLimited
from footfall.members.attempts import ATTEMPTS_MAX, SPAN_SECONDS, Attempts


def test_an_address_and_an_email_have_so_many_attempts_each() -> None:
    attempts = Attempts()
    for number in range(ATTEMPTS_MAX):
        attempts.take(f"{number}@example.org", "192.0.2.1")
    with pytest.raises(RateLimited) as refusal:
        attempts.take("ada@example.org", "192.0.2.1")
    assert 0 < refusal.value.retry_after_seconds <= SPAN_SECONDS
    for number in range(ATTEMPTS_MAX):
        attempts.take("Ada@example.org ", f"192.0.2.{2 + number}")
    with pytest.raises(RateLimited):
        attempts.take("ada@example.org", "192.0.2.99")


def test_who_has_no_more_attempts_uses_up_nobodys_address() -> None:
    attempts = Attempts()
    for _ in range(3 * ATTEMPTS_MAX):
        try:
            attempts.take("eve@example.org", "192.0.2.1")
        except RateLimited:
            with pytest.raises(RateLimited):
                attempts.take("ada@example.org", "192.0.2.1")
    attempts.take("ada@example.org", "192.0.2.2")


def test_a_right_password_gives_the_attempts_back() -> None:
    attempts = Attempts()
    for _ in range(3 * ATTEMPTS_MAX):
        attempts.take("ada@example.org", "192.0.2.1")
        attempts.forgive("ada@example.org", "192.0.2.1")


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    attempts = Attempts()
    for number in range(ATTEMPTS_MAX):
        attempts.take(f"{number}@example.org", f"2001:db8:1:2:{number:x}::1")
    with pytest.raises(RateLimited):
        attempts.take("ada@example.org", "2001:db8:1:2:ffff::1")
    attempts.take("ada@example.org", "2001:db8:1:3::1")
