"""Months of archives: their bounds and their arithmetic."""

from hypothesis import given
from hypothesis import strategies as st

from footfall.jobs.archive.manifests import Month

MOMENTS = st.integers(1_735_689_600_000, 3_900_000_000_000)


@given(MOMENTS, st.integers(0, 600))
def test_each_moment_is_in_one_month_and_months_follow_each_other(at: int, count: int) -> None:
    month = Month.of(at)
    assert month.since <= at < month.until == month.next().since
    assert Month.of(month.since) == Month.of(month.until - 1) == month
    assert Month.read(str(month)) == month
    assert month.next().before(1) == month
    later = month
    for _ in range(count):
        later = later.next()
    assert later.before(count) == month
    assert later >= month
