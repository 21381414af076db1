"""From a row's columns to the fields of an event.

    kind=impression                       the same for every row
    occurred_at=column:time               what stands in a column
    references.campaign=column:utm        one of the references; likewise metadata.NAME

A column that has the name of a field is that field, unless the mapping says otherwise. Names are
compared without the spaces around them and without regard to capitals.
"""

import re
import tomllib
import zoneinfo
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from footfall.cli.import_.formats import LOGS, FileFormat
from footfall.core.calendar import OffsetMissing, parse_time
from footfall.core.errors import InvalidRequest
from footfall.core.events import REFERENCES
from footfall.core.ids import ID_MAX
from footfall.dialects.native.ingest_body import EventRequest
from footfall.parsing.numbers import read_whole
from footfall.web.misprints import PART_OF_SLUG, trimmed

COLUMN: Final = "column:"
FIELDS: Final = frozenset(EventRequest.__struct_fields__) - {"references", "metadata"}
OF_LOGS: Final = {
    "occurred_at": f"{COLUMN}time",
    **{name: f"{COLUMN}{name}" for name in ("ip", "user_agent", "referrer", "accept_language")},
}
GROUPS: Final = ("references", "metadata")
UNUSED_MAX: Final = 50
SCAN: Final = re.compile(r"/+s/+([^?#]+)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
SECONDS_MAX: Final = 100_000_000_000
"""A greater number is a time in milliseconds: as seconds it would be after the year 5000."""
MILLISECONDS_MAX: Final = 10**15


class BadRow(ValueError):
    """This row makes no event; the message says why."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file of a mapping and the command line say together."""

    map: dict[str, Any] = {}
    tracker: int | None = None
    path: list[str] = []
    zone: str = ""


def read_plan(
    file: Path | None, maps: Iterable[str], tracker: int | None, path: list[str], zone: str
) -> Plan:
    """The command line wins over the file. Raises InvalidRequest."""
    try:
        content = tomllib.loads(file.read_text()) if file else {}
        plan = msgspec.convert(content, Plan)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise InvalidRequest(f"{file} is no mapping: {error}") from None
    flat = dict(_flattened(plan.map))
    for text in maps:
        field, sign, value = text.partition("=")
        if not sign:
            raise InvalidRequest(f"--map {text}: write FIELD=VALUE or FIELD=column:NAME.")
        flat[field.strip()] = value
    for field in flat:
        check_field(field)
    plan = Plan(
        map=flat,
        tracker=plan.tracker if tracker is None else tracker,
        path=path or plan.path,
        zone=zone or plan.zone,
    )
    if plan.zone and plan.zone not in zoneinfo.available_timezones():
        raise InvalidRequest(f"There is no time zone {plan.zone}: write Europe/Amsterdam or UTC.")
    return plan


def _flattened(table: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", str(value)


def check_field(name: str) -> None:
    """Raises InvalidRequest for what is no field of an event."""
    group, _, member = name.partition(".")
    if group == "references" and member in REFERENCES:
        return
    if (group == "metadata" and member) or name in FIELDS:
        return
    raise InvalidRequest(
        f"{name} is not a field of an event: {', '.join(sorted(FIELDS))}, references.NAME or"
        " metadata.NAME."
    )


class RowMapping:
    """Makes events of rows. `slugs` leads from slugs to trackers, for scans in access logs."""

    def __init__(self, plan: Plan, format: FileFormat, slugs: Mapping[str, int]) -> None:
        self._plan = plan
        self._slugs = slugs
        self._of_log = format in LOGS
        self._fields = {**(OF_LOGS if self._of_log else {}), **plan.map}
        self._used = {
            _folded(source[len(COLUMN) :])
            for source in self._fields.values()
            if source.startswith(COLUMN)
        }
        self.unused: set[str] = set()
        """Columns of the rows so far that are in no event."""

    def chosen(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is about something that is to be an event: of a log the successful GETs of
        the chosen paths, by default of the short links of this account."""
        if not self._of_log:
            return True
        if row["method"] != "GET" or not self._succeeded(row):
            return False
        if self._plan.path:
            return any(fnmatchcase(row["path"], pattern) for pattern in self._plan.path)
        return self._slug(row) is not None

    def event(self, row: Mapping[str, Any], id: str) -> dict[str, Any]:
        """Raises BadRow."""
        event: dict[str, Any] = {"id": id}
        columns = row if self._of_log else self._take_fields(event, row)
        for field, source in self._fields.items():
            value = source
            if source.startswith(COLUMN):
                name = source[len(COLUMN) :]
                if _folded(name) not in columns:
                    raise BadRow(f"There is no column {name}.")
                value = columns[_folded(name)]
            _put(event, field, value)
        return self._completed(event, row)

    def _take_fields(self, event: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        """Put those columns into an event that have the name of a field; all of them by their
        folded names."""
        columns: dict[str, Any] = {}
        for column, value in row.items():
            name = _folded(column)
            columns[name] = value
            group, dot, _ = name.partition(".")
            if name in FIELDS or (dot and group in GROUPS):
                member = column.strip().partition(".")[2]  # names in metadata keep their capitals
                _put(event, f"metadata.{member}" if group == "metadata" else name, value)
            elif name in GROUPS and isinstance(value, dict):
                event[name] = dict(value)
            elif name not in self._used and len(self.unused) < UNUSED_MAX:
                self.unused.add(column)
        return columns

    def _succeeded(self, row: Mapping[str, Any]) -> bool:
        """A view is a page that was sent, whole or from its beginning, or that the browser had
        still (304). Of a short link the redirect itself is the success."""
        status = row["status"]
        if self._slug(row) is not None or self._fields.get("kind", "impression") != "impression":
            return bool(status < 400)
        return status in (200, 304) or (status == 206 and row["range"].startswith("bytes=0-"))

    def _completed(self, event: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        if self._plan.tracker is not None:
            event["tracker"] = self._plan.tracker
        if self._of_log:
            slug = self._slug(row)
            if slug is not None:
                event.setdefault("tracker", self._slugs[slug])
            event.setdefault("kind", "impression" if slug is None else "scan")
            if slug is None:
                event.setdefault("url", row["path"])
        if "tracker" in event:
            event["tracker"] = _whole(event["tracker"], "tracker")
        if "occurred_at" in event:
            event["occurred_at"] = self._time(event["occurred_at"])
        for name in FIELDS - {"tracker", "occurred_at"}:
            if name in event and not isinstance(event[name], str):
                event[name] = str(event[name])
        return event

    def _slug(self, row: Mapping[str, Any]) -> str | None:
        """As the redirect finds it: in any case, and without what stands around it."""
        if (found := SCAN.match(row["path"])) is None:
            return None
        slug = unquote(found[1]).lower()
        if slug not in self._slugs:
            slug = trimmed(slug, PART_OF_SLUG)
        return slug if slug in self._slugs else None

    def _time(self, value: Any) -> Any:
        """Milliseconds since 1970, or the text as it is when it is a time with an offset."""
        if _NUMBER.fullmatch(str(value)):
            number = float(value)
            if abs(number) > MILLISECONDS_MAX:
                raise BadRow(f"occurred_at: {str(value)[:40]} is too far away.")
            return round(number if abs(number) > SECONDS_MAX else number * 1000)
        text = str(value).strip()
        try:
            parse_time(text)
        except OffsetMissing:
            if self._plan.zone:
                return parse_time(text, self._plan.zone)
            raise BadRow(
                "occurred_at: the time names no offset. Say the zone with --zone."
            ) from None
        except ValueError as error:
            raise BadRow(f"occurred_at: {error}") from None
        return text


@lru_cache(maxsize=1_024)
def _folded(column: str) -> str:
    return column.strip().casefold()


def _put(event: dict[str, Any], field: str, value: Any) -> None:
    """What is empty is left out: it is unknown."""
    if value is None or value == "":
        return
    group, _, member = field.partition(".")
    if not member:
        event[field] = value
    else:
        event.setdefault(group, {})[member] = value if group == "metadata" else str(value)


def _whole(value: Any, name: str) -> int:
    number = read_whole(str(value).strip(), ID_MAX)
    if number is None:
        raise BadRow(f"{name}: {str(value)[:40]} is not a whole number.")
    return number
