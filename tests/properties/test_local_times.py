"""Windows between local times: each event by the time that it shows, on days when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as some

from footfall.dialects.copernica.list_queries import Bounds, Comparison, read_window
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
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def changes_of(zone: ZoneInfo) -> list[datetime]:
    """When the clocks of a zone change in 2025; the middle of the year where they never do."""
    moments = [FIRST + place * QUARTER for place in range(365 * 96)]
    found = [
        moment
        for moment in moments
        if moment.astimezone(zone).utcoffset() != (moment - QUARTER).astimezone(zone).utcoffset()
    ]
    return found or [moments[len(moments) // 2]]


CHANGES = [(zone, change) for zone in ZONES for change in changes_of(zone)]

Near = tuple[ZoneInfo, datetime]
near = some.sampled_from(CHANGES)
seconds = some.integers(-3_700, 3_700)
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


def moment_of(near: Near, second: int) -> int:
    """Milliseconds since 1970."""
    return int(near[1].timestamp() + second) * 1000


@given(near=near, second=seconds)
def test_a_span_is_from_the_first_to_the_last_moment_that_shows_its_time(
    near: Near, second: int
) -> None:
    zone, moment = near[0], moment_of(near, second)
    text = to_local(moment, zone)
    span = read_span(text, zone)
    assert span is not None
    shown = clocks_at(text, zone)
    assert (span.first, span.last) == (shown[0], shown[-1])
    assert span.end == span.last + 1000
    assert moment in shown


@given(near=near, second=seconds)
def test_a_time_that_no_clock_shows_is_when_the_clock_goes_forward(near: Near, second: int) -> None:
    zone, change = near
    text = (change.astimezone(zone) + timedelta(seconds=second)).strftime(SHOWN)
    if clocks_at(text, zone):
        return
    span = read_span(text, zone)
    assert span is not None
    assert span.first == span.last == span.end
    assert to_local(span.first - 1000, zone) < text < to_local(span.first, zone)


@settings(max_examples=600)
@given(near=near, second=seconds, rest=milliseconds, bound=seconds, operator=operators)
def test_a_comparison_keeps_every_event_that_shows_such_a_time(
    near: Near, second: int, rest: int, bound: int, operator: str
) -> None:
    """In an hour that comes twice it may keep more, and nowhere else."""
    zone, moment = near[0], moment_of(near, second)
    text = to_local(moment_of(near, bound), zone)
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


@settings(max_examples=600)
@given(near=near, edges=some.tuples(seconds, seconds, seconds), second=seconds, rest=milliseconds)
def test_windows_that_meet_hold_every_event_between_their_ends_once(
    near: Near, edges: tuple[int, int, int], second: int, rest: int
) -> None:
    """Each end is the first moment that shows its time, also in the hour that comes twice."""
    zone, moment = near[0], moment_of(near, second)
    first, middle, last = sorted(to_local(moment_of(near, edge), zone) for edge in edges)
    shown = to_local(moment, zone)
    found = 0
    for begin, end in ((first, middle), (middle, last)):
        bounds = Bounds(zone)
        query = {"begintime": begin, "endtime": end}
        read_window(dict(query), ("begintime", "endtime"), bounds, zone)
        found += holds(bounds, moment + rest, shown)
    assert found == (clocks_at(first, zone)[0] <= moment + rest < clocks_at(last, zone)[0])
    if len(clocks_at(shown, zone)) == 1:
        assert found == (first <= shown < last)


def test_times_are_read_in_the_forms_that_people_write() -> None:
    midnight = read_span("2026-07-01", AMSTERDAM)
    assert midnight == read_span(" 2026-7-1 00:00 ", AMSTERDAM)
    assert midnight == read_span("2026-07-01T00:00:00", AMSTERDAM)
    for text in ("", "2026", "2026-02-30", "2026-01-01 25:00", "2026-01-01 1", "now", "²026-01-01"):
        assert read_span(text, AMSTERDAM) is None
