"""Statistics of a mailing that are estimates contradict none of its counts."""

from hypothesis import given
from hypothesis import strategies as some

from footfall.dialects.copernica.event_rows import NAMES
from footfall.dialects.copernica.statistics import DECISIVE, emailing_statistics

NUMBERS = some.integers(0, 5_000)


@given(
    NUMBERS,
    some.lists(NUMBERS, min_size=len(DECISIVE), max_size=len(DECISIVE)),
    some.lists(NUMBERS, min_size=2 * len(DECISIVE), max_size=2 * len(DECISIVE)),
)
def test_no_unique_and_no_result_is_above_its_total(
    destinations: int, events: list[int], visitors: list[int]
) -> None:
    counts = dict(zip(DECISIVE, events, strict=True))
    found = emailing_statistics(destinations, counts, visitors)
    results = [getattr(found.dominant_results, NAMES[kind]) for kind in DECISIVE]
    assert all(0 <= one <= most for one, most in zip(results, events, strict=True))
    assert sum(results) + found.unknown.total == destinations
    for one in (found.errors, found.abuses, found.unsubscribes, found.clicks, found.impressions):
        assert one.unique <= one.total
