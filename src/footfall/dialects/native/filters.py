"""Filters: `column=value` and `column.operator=value`, in a query and in JSON alike."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from footfall.capture.client_address import node_address
from footfall.capture.enrichment import referrer_host
from footfall.core.errors import InvalidRequest
from footfall.core.events import COLUMNS, DEVICES, NUMBERS, EventKind, Verdict
from footfall.core.ids import ID_MAX
from footfall.core.queries import METADATA, Condition, EventFilter, Operator, metadata_keys
from footfall.dialects.copernica.tables import SOURCE as COPERNICA
from footfall.dialects.everflow.records import SOURCE as EVERFLOW
from footfall.dialects.native.windows import Window, WindowRequest, read_moment
from footfall.dialects.openqr.records import SOURCE as OPENQR
from footfall.dialects.passentry.records.passes import SOURCE as PASSENTRY
from footfall.dialects.passentry.scan_list import CHOICES
from footfall.dialects.vantio.records import SOURCE as VANTIO
from footfall.parsing import countries
from footfall.parsing.numbers import read_number, read_whole

OPERATORS: Final = {
    "is": Operator.IS,
    "not": Operator.NOT,
    "prefix": Operator.PREFIX,
    "contains": Operator.CONTAINS,
    "from": Operator.FROM,
    "to": Operator.TO,
}
PRESENT: Final = "present"
TIMES: Final = ("occurred_at", "received_at")
MONEY: Final = frozenset({"payout_micros", "revenue_micros", "sale_micros"})
"""Columns of whole numbers that may be below 0."""

ADDRESS: Final = "ip"
FILTERED: Final = tuple(name for name in COLUMNS if name not in ("account", "delay", "metadata"))
"""What conditions may be put on, beside `metadata.` and a path and the TIMES."""

VALUES_MAX: Final = 1_000
CONDITIONS_MAX: Final = 50
TEXT_MAX: Final = 2_048
KEYS_MAX: Final = 8
SOURCES: Final = (OPENQR, VANTIO, COPERNICA, EVERFLOW, PASSENTRY, "native", "redirect")
"""Values of `Event.source`: the APIs, and unknown short links."""
_NAMES: Final[dict[str, Sequence[str]]] = {
    "kind": list(EventKind),
    "verdict": list(Verdict),
    "device": DEVICES,
    "source": SOURCES,
    "scan_medium": ("", *CHOICES["scanType"]),
    "scan_status": ("", *CHOICES["status"]),
    "validation": ("", *CHOICES["validationType"]),
    "country": ("", *sorted(countries.CODES)),
}
"""Columns with a closed set of values."""

_TEST_NAMES: Final = ", ".join((*OPERATORS, PRESENT))

Filters = Mapping[str, str | int | float | bool | list[str | int | float]]


class FilteredRequest(WindowRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events of a window that match: by column, or `column.operator`."""

    filters: Filters = msgspec.field(default_factory=dict)

    def filter(self, account: int, window: Window) -> EventFilter:
        """Raises InvalidRequest."""
        filters = read_json(self.filters)
        return read_filters(filters, account, window.zone, window.since, window.until)


def read_conditions(given: Mapping[str, Sequence[str]]) -> tuple[Condition, ...]:
    """Raises InvalidRequest, naming what is wrong; times are not among them."""
    conditions = []
    for name, values in given.items():
        column, operator = _split(name)
        if column in TIMES:
            raise InvalidRequest(f"{name[:80]}: the window is that of the whole question.")
        conditions.append(_condition(name, column, operator, values))
    if len(conditions) > CONDITIONS_MAX:
        raise InvalidRequest(f"At most {CONDITIONS_MAX} conditions at once.")
    return tuple(conditions)


def read_filters(
    given: Mapping[str, Sequence[str]],
    account: int,
    zone: str = "UTC",
    since: int | None = None,
    until: int | None = None,
) -> EventFilter:
    """What is in the window [since, until) and matches the filters, whose times are local to the
    zone. Raises InvalidRequest, naming what is wrong."""
    bounds: dict[str, Any] = {"occurred_since": since, "occurred_until": until}
    others = {}
    for name, values in given.items():
        column, operator = _split(name)
        if column in TIMES:
            _bound(bounds, column, operator, name, values, zone)
        else:
            others[name] = values
    tracker, rest = _tracker(read_conditions(others))
    return EventFilter(account=account, tracker=tracker, conditions=rest, **bounds)


def read_json(filters: Filters) -> dict[str, list[str]]:
    """The filters of a JSON body as those of a query."""
    return {
        name: [_text(one) for one in (value if isinstance(value, list) else [value])]
        for name, value in filters.items()
    }


def read_column(name: str) -> str:
    """A column that events can be grouped by or shown with. Raises InvalidRequest."""
    if name in FILTERED:
        return name
    if not name.startswith(METADATA):
        raise InvalidRequest(
            f"There is no column {name[:60]!r}. GET /reports/schema has them;"
            " metadata.KEY reaches into the metadata."
        )
    if not _is_path(name):
        raise InvalidRequest(
            f"{name[:60]!r} is not a path into the metadata. Write metadata.KEY or"
            f" metadata.KEY.KEY, with up to {KEYS_MAX} keys. Quote a key that has a dot or is"
            " empty, as in JSON:"
            ' metadata."utm.source".'
        )
    return name


def _is_path(name: str) -> bool:
    try:
        keys = metadata_keys(name)
    except ValueError:
        return False
    return len(keys) <= KEYS_MAX and len(name) <= TEXT_MAX


def _text(value: str | float | bool) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _split(name: str) -> tuple[str, str]:
    column, dot, last = name.rpartition(".")
    is_test = last in OPERATORS or last == PRESENT
    # One key behind `metadata.` is a key, whatever its name; behind another one it is the test.
    if dot and is_test and (not name.startswith(METADATA) or _is_path(column)):
        return (column if column in TIMES else read_column(column)), last
    if not name.startswith(METADATA) and dot and column in (*FILTERED, *TIMES):
        raise InvalidRequest(f"{name[:80]}: there is no test {last[:20]!r}, only {_TEST_NAMES}.")
    return (name if name in TIMES else read_column(name)), "is"


def _condition(name: str, column: str, test: str, values: Sequence[str]) -> Condition:
    if len(values) > VALUES_MAX or any(len(value) > TEXT_MAX for value in values):
        raise InvalidRequest(
            f"{name[:80]}: at most {VALUES_MAX} values of {TEXT_MAX} characters each."
        )
    if test == PRESENT:
        if len(values) != 1 or values[0] not in ("true", "false"):
            raise InvalidRequest(f"{name[:80]}: write true or false.{_as_key(name)}")
        present = values[0] == "true"
        return Condition(column, Operator.PRESENT if present else Operator.ABSENT)
    operator = OPERATORS[test]
    if operator in (Operator.FROM, Operator.TO):
        if len(values) != 1 or not values[0]:
            what = "address" if column == ADDRESS else "number"
            raise InvalidRequest(f"{name[:80]}: give one {what}.{_as_key(name)}")
        if column in _NAMES:
            raise InvalidRequest(f"{name[:80]}: names are not compared by size.")
        read = _known if column == ADDRESS else _number
        return Condition(column, operator, (read(name, column, values[0]),))
    if not values:
        raise InvalidRequest(f"{name[:80]}: give at least one value.")
    if operator in (Operator.IS, Operator.NOT):
        values = [_known(name, column, value) for value in values]
    elif column in _NAMES:
        for value in values:
            _check_part(name, column, operator, value)
    elif column == "referrer_host":  # hosts are stored in lower case, other letters as punycode
        values = [referrer_host(f"//{value}") or value.lower() for value in values]
    return Condition(column, operator, tuple(values))


def _as_key(name: str) -> str:
    """How a test at the end of a path is written when it is meant as a key."""
    last = name.rpartition(".")[2]
    return f" For the key {last!r} write {name[:80]}.is." if name.startswith(METADATA) else ""


def _known(name: str, column: str, value: str) -> str:
    if column in NUMBERS:
        number = read_whole(value, ID_MAX)
        if number is None or (number < 0 and column not in MONEY):
            find = (
                " GET /trackers?search=NAME finds the id of a name." if column == "tracker" else ""
            )
            what = "a whole number" if column in MONEY else "a number from 0 up"
            raise InvalidRequest(f"{name[:80]}: {value[:40]!r} is not {what}.{find}")
        return str(number)
    if column in _NAMES and value not in _NAMES[column]:
        raise _unknown_name(name, column, value)
    if column == ADDRESS and value:
        if not (address := node_address(value)):
            raise InvalidRequest(f"{name[:80]}: {value[:60]!r} is no address.")
        return address
    if column == "referrer_host":
        return referrer_host(f"//{value}") or value
    return value


def _check_part(name: str, column: str, operator: Operator, part: str) -> None:
    """A part that no name of the closed set has would be a silent 0."""
    has = str.startswith if operator is Operator.PREFIX else str.__contains__
    if not any(has(one, part) for one in _NAMES[column]):
        raise _unknown_name(name, column, part)


def _unknown_name(name: str, column: str, value: str) -> InvalidRequest:
    if column == "country":
        meant = countries.nearest_code(value)
        return InvalidRequest(
            f"{name[:80]}: {value[:40]!r} is not a country's code. Write two capital letters of"
            f" ISO 3166-1, such as {meant or 'NL'}, or nothing for unknown."
        )
    names = ", ".join(filter(None, _NAMES[column]))
    unknown = ", or empty for unknown" if "" in _NAMES[column] else ""
    return InvalidRequest(
        f"{name[:80]}: {value[:40]!r} is not one of its values: {names}{unknown}."
    )


def _number(name: str, column: str, value: str) -> str:
    number = read_whole(value, ID_MAX) if column in NUMBERS else read_number(value)
    if number is None:
        what = f"a whole number up to {ID_MAX}" if column in NUMBERS else "a number"
        raise InvalidRequest(f"{name[:80]}: {value[:40]!r} is not {what}.{_as_key(name)}")
    return str(number)


def _bound(
    bounds: dict[str, Any], column: str, test: str, name: str, values: Sequence[str], zone: str
) -> None:
    if test not in ("from", "to") or len(values) != 1:
        raise InvalidRequest(f"{name[:80]}: write {column}.from=TIME or {column}.to=TIME.")
    at = read_moment(values[0], name, zone)
    occurred = "occurred_" if column == "occurred_at" else ""
    key, closer = (f"{occurred}since", max) if test == "from" else (f"{occurred}until", min)
    known = bounds.get(key)
    bounds[key] = at if known is None else closer(known, at)


def _tracker(conditions: tuple[Condition, ...]) -> tuple[int | None, tuple[Condition, ...]]:
    """One tracker's events lie together: they are requested by themselves."""
    for one in conditions:
        if one.column == "tracker" and one.operator is Operator.IS and len(one.values) == 1:
            rest = tuple(other for other in conditions if other is not one)
            return int(one.values[0]), rest
    return None, conditions
