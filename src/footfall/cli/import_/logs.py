"""Lines of access logs as rows: nginx and Apache (common, combined, with the host before them), and
Caddy's JSON. Every row has these columns:

    time  ip  method  path  status  size  referrer  user_agent  accept_language  host  range

`ip` is "" where the log has a host name or `unix:` in its place. `range` is the part of the page
that was requested, "" for all of it; only Caddy writes it down.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import msgspec

from footfall.capture.client_address import node_address

Fields = dict[str, Any]

_TEXT: Final = r'"((?:[^"\\]|\\.)*)"'
_LINE: Final = re.compile(
    r"(?:(?P<host>[^\s:]+):\d+ (?!- ))?(?P<ip>\S+) \S+ .*? ?\[(?P<time>[^\]]+)\] "
    rf"{_TEXT} (?P<status>\d{{3}}) (?P<size>\d+|-)(?: {_TEXT} {_TEXT})?"
)
_TIME: Final = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_ESCAPED: Final = re.compile(r"((?:\\x[0-9A-Fa-f]{2})+)|\\(.)")
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v", "f": "\f"}


class BadLine(ValueError):
    """This line is not of the format; the message says why."""


def read_line(line: str) -> Fields:
    """Of nginx or Apache. Raises BadLine."""
    found = _LINE.match(line)
    if found is None:
        raise BadLine("This is no line of an access log in the common or combined format.")
    request, referrer, user_agent = (_plain(text) for text in found.group(4, 7, 8))
    method, _, rest = request.partition(" ")
    return {
        "time": _time(found["time"]),
        "ip": node_address(found["ip"]),
        "method": method,
        "path": rest.rpartition(" HTTP/")[0] or rest,
        "status": int(found["status"]),
        "size": 0 if found["size"] == "-" else int(found["size"]),
        "referrer": referrer,
        "user_agent": user_agent,
        "accept_language": "",
        "host": found["host"] or "",
        "range": "",
    }


def _plain(text: str | None) -> str:
    """Without the escapes of the log: bytes as `\\xC3\\xA9`, which are UTF-8, else Latin-1, and
    `\\"`, `\\n`; `-` stands for nothing."""
    if text is None or text == "-":
        return ""

    def unescape(found: re.Match[str]) -> str:
        if not found[1]:
            return _CONTROLS.get(found[2], found[2])
        escaped = bytes.fromhex(found[1].replace("\\x", ""))
        try:
            return escaped.decode()
        except UnicodeDecodeError:
            return escaped.decode("latin-1")

    return _ESCAPED.sub(unescape, text) if "\\" in text else text


def _time(text: str) -> str:
    """ISO 8601 with the offset of the line."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise BadLine(f"This is no time of an access log: {text[:40]}")
    day, year, hour, minute, second = (int(found[place]) for place in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(found[8]), minutes=int(found[9])) * (1 if found[7] == "+" else -1)
    try:
        month = _MONTHS.index(found[2]) + 1
        zone = timezone(offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).isoformat()
    except ValueError as error:
        raise BadLine(f"This is no time: {text[:40]} ({error})") from None


class _CaddyRequest(msgspec.Struct):
    remote_ip: str = ""
    client_ip: str = ""
    method: str = ""
    host: str = ""
    uri: str = ""
    headers: dict[str, list[str]] = {}


class _CaddyLine(msgspec.Struct):
    ts: float | str
    request: _CaddyRequest
    status: int = 0
    size: int = 0


_decode_caddy: Final = msgspec.json.Decoder(_CaddyLine).decode


def read_caddy_line(line: str) -> Fields:
    """Raises BadLine."""
    try:
        read = _decode_caddy(line)
        time = read.ts
        if isinstance(time, float):
            time = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise BadLine(f"This is no line of Caddy's log: {str(error)[:100]}") from None
    headers = {name.lower(): values[0] for name, values in read.request.headers.items() if values}
    return {
        "time": time,
        "ip": node_address(read.request.client_ip or read.request.remote_ip),
        "method": read.request.method,
        "path": read.request.uri,
        "status": read.status,
        "size": read.size,
        "referrer": headers.get("referer", ""),
        "user_agent": headers.get("user-agent", ""),
        "accept_language": headers.get("accept-language", ""),
        "host": read.request.host,
        "range": headers.get("range", ""),
    }
