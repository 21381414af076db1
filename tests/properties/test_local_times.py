"""Windows between local times: each event by the time that it shows, on days when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as some

from footfall.dialects.copernica.questions import Bounds, Comparison, read_window
from footfall.dialects.copernica.times import read_span, to_local

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = [
    AMSTERDAM,
    ZoneInfo("UTC"),
    ZoneInfo("America/St_Johns"),
    ZoneInfo("Australia/Lord_Howe"),  # changes by half an hour
    ZoneInfo("Africa/Cairo"),  # at midnight
    ZoneInfo("Pacific/Apia"),
]
CHANGES = [
    datetime(2025, 3, 30, 1, tzinfo=UTC),
    datetime(2025, 10, 26, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2025, 4, 5, 15, tzinfo=UTC),
    datetime(2025, 10, 4, 15, 30, tzinfo=UTC),
    datetime(2025, 3, 9, 5, 30, tzinfo=UTC),
    datetime(2025, 4, 24, 22, tzinfo=UTC),
    datetime(2026, 7, 1, tzinfo=UTC),
]

zones = some.sampled_from(ZONES)
near = some.tuples(some.sampled_from(CHANGES), some.integers(-10_800, 10_800))
moments = near.map(lambda near: int(near[0].timestamp() + near[1]) * 1000)
milliseconds = some.integers(0, 999)
operators = some.sampled_from(["==", "!=", "<", ">", "<=", ">="])
SHOWN = "%Y-%m-%d %H:%M:%S"
WITHIN = {
    "==": str.__eq__,
    "<": str.__lt__,
    ">": str.__gt__,
    "<=": str.__le__,
    ">=": str.__ge__,
}


def clocks_at(text: str, zone: ZoneInfo) -> list[int]:
    """The real seconds that show a local time, by trying all of the day."""
    local = datetime.strptime(text, SHOWN).replace(tzinfo=UTC)
    found = []
    for offset in range(-15 * 4, 15 * 4):
        moment = local + timedelta(minutes=15 * offset)
        if moment.astimezone(zone).strftime(SHOWN) == text:
            found.append(int(moment.timestamp()) * 1000)
    return found


@given(zone=zones, moment=moments)
def test_a_span_is_from_the_first_to_the_last_moment_that_shows_its_time(
    zone: ZoneInfo, moment: int
) -> None:
    text = to_local(moment, zone)
    span = read_span(text, zone)
    assert span is not None
    shown = clocks_at(text, zone)
    assert (span.first, span.last) == (shown[0], shown[-1])
    assert span.end == span.last + 1000
    assert moment in shown


@given(zone=zones, near=near)
def test_a_time_that_no_clock_shows_is_when_the_clock_goes_forward(
    zone: ZoneInfo, near: tuple[datetime, int]
) -> None:
    text = (near[0].astimezone(zone) + timedelta(seconds=near[1])).strftime(SHOWN)
    if clocks_at(text, zone):
        return
    span = read_span(text, zone)
    assert span is not None
    assert span.first == span.last == span.end
    assert to_local(span.first - 1000, zone) < text < to_local(span.first, zone)


@example(AMSTERDAM, 1_761_440_400_000 + 1_800_000, 0, "2025-10-26 02:30:00", ">=")
@given(zone=zones, moment=moments, rest=milliseconds, bound=moments, operator=operators)
def test_a_comparison_keeps_every_event_that_shows_such_a_time(
    zone: ZoneInfo, moment: int, rest: int, bound: int | str, operator: str
) -> None:
    """A comparison holds for every event whose shown time is so; in an hour that comes twice it
    may hold for more, and nowhere else."""
    text = bound if isinstance(bound, str) else to_local(bound, zone)
    shown = to_local(moment, zone)
    bounds = Bounds(zone)
    bounds.compare([Comparison("timestamp", operator, text)])
    kept = holds(bounds, moment + rest, shown)
    wanted = shown != text if operator == "!=" else WITHIN[operator](shown, text)
    if len(clocks_at(text, zone)) == 1 and len(clocks_at(shown, zone)) == 1:
        assert kept == wanted
    else:
        assert kept or not wanted


def holds(bounds: Bounds, moment: int, shown: str) -> bool:
    """Whether an event is within the bounds, as the event store has it."""
    conditions = bounds.conditions()
    if conditions is None:
        return False
    since, until = conditions["occurred_since"], conditions["occurred_until"]
    return (
        (since is None or moment >= since)
        and (until is None or moment < until)
        and all((shown == like.pattern) is not like.negated for like in conditions["likes"])
    )


@given(zone=zones, edges=some.tuples(moments, moments, moments), moment=moments, rest=milliseconds)
def test_windows_that_meet_lose_no_event(
    zone: ZoneInfo, edges: tuple[int, int, int], moment: int, rest: int
) -> None:
    first, middle, last = sorted(to_local(edge, zone) for edge in edges)
    shown = to_local(moment, zone)
    found = 0
    for begin, end in ((first, middle), (middle, last)):
        bounds = Bounds(zone)
        query = {"begintime": begin, "endtime": end}
        read_window(dict(query), ("begintime", "endtime"), bounds, zone)
        found += holds(bounds, moment + rest, shown)
    if first <= shown < last:
        assert found >= 1
    ambiguous = any(len(clocks_at(text, zone)) != 1 for text in (first, middle, last, shown))
    if not ambiguous:
        assert found == (first <= shown < last)


def test_times_are_read_in_the_forms_that_people_write() -> None:
    midnight = read_span("2026-07-01", AMSTERDAM)
    assert midnight == read_span(" 2026-7-1 00:00 ", AMSTERDAM)
    assert midnight == read_span("2026-07-01T00:00:00", AMSTERDAM)
    for text in ("", "2026", "2026-02-30", "2026-01-01 25:00", "2026-01-01 1", "now", "²026-01-01"):
        assert read_span(text, AMSTERDAM) is None
