"""Words at locked codes, with a clock that the test moves: guests of one venue, and one among them
who guesses."""

from footfall.core.accounts import Privacy
from footfall.core.events import EventKind
from footfall.core.trackers import Lock, Tracker
from footfall.members.passwords import Lane, hash_password
from footfall.runtime.attempts import DAY_SECONDS, QUIET, WrongTries
from footfall.web.unlocking import VENUE_PACE, WRONG, Locks
from tests.unit.test_tries import Clock, guesses_of, network

RIGHT = "4321"
CODE = Tracker(
    id=1,
    account=1,
    slug="code",
    kind=EventKind.SCAN,
    source="openqr",
    destination="https://example.org",
    privacy=Privacy.FULL,
)


async def test_who_guesses_in_a_venue_keeps_its_guests_out_for_minutes() -> None:
    clock = Clock()
    lock = Lock(pin_hash=hash_password(RIGHT))
    locks = Locks(Lane(1_000), clock)
    for guest in range(500):
        assert await locks.open(CODE, lock, RIGHT, f"192.0.2.{guest % 250}") is None
    longest, end = 0, clock.now + 2 * 3_600
    while clock.now < end:
        refused = await locks.open(CODE, lock, "0000", "192.0.2.66")
        assert refused is not None
        if refused is not WRONG:
            longest = max(longest, refused.retry_seconds)
            clock.now += refused.retry_seconds
    assert longest == VENUE_PACE.longest_seconds <= 300
    clock.now += longest
    assert await locks.open(CODE, lock, RIGHT, "192.0.2.1") is None


async def test_a_network_that_never_opened_a_code_waits_longer() -> None:
    clock = Clock()
    lock = Lock(pin_hash=hash_password(RIGHT))
    locks = Locks(Lane(1_000), clock)
    waits = [0]
    while len(waits) < 7:
        refused = await locks.open(CODE, lock, "0000", "192.0.2.66")
        assert refused is not None
        if refused is not WRONG:
            waits.append(refused.retry_seconds)
            clock.now += refused.retry_seconds
    assert waits[1:] == [60, 120, 240, 480, 960, 1_920]


def test_a_venue_allows_about_as_many_wrong_words_as_a_provider() -> None:
    clock = Clock()
    among = WrongTries(QUIET, clock, known=VENUE_PACE)
    among.right("lock", network(1))
    assert guesses_of(network(1), among, clock, DAY_SECONDS) <= 288 + VENUE_PACE.most


def test_a_guest_may_mistype_as_before_soon_after_somebody_guessed() -> None:
    """However many words that were: right ones give back what is counted."""
    clock = Clock()
    among = WrongTries(QUIET, clock, known=VENUE_PACE)
    among.right("lock", network(1))
    guesses_of(network(1), among, clock, 5 * DAY_SECONDS)
    clock.now += VENUE_PACE.longest_seconds
    for _ in range(5):
        among.right("lock", network(1))
    among.wrong("lock", network(1))
    assert among.seconds_to_wait("lock", network(1)) == 0
