"""Settings: from the environment, else a TOML file, else a default.

Each field `x_y` is the key `x_y` of the file and `FOOTFALL_X_Y` of the environment. HELP is the
documentation that `footfall config` and docs/settings.md show.
"""

import difflib
import ipaddress
import os
import re
import tomllib
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import msgspec

from footfall.core.accounts import Privacy
from footfall.core.classification import Network
from footfall.core.destinations import DEFAULT_PORTS
from footfall.core.errors import InvalidRequest
from footfall.parsing.invalid_values import describe
from footfall.parsing.urls import read_host

FILE_VARIABLE: Final = "FOOTFALL_CONFIG"
PREFIX: Final = "FOOTFALL_"
OTHERS: Final = (FILE_VARIABLE, "FOOTFALL_KEY", "FOOTFALL_URL")
"""Variables of commands, beside those of settings."""
_OF_KUBERNETES: Final = re.compile(r"FOOTFALL_(SERVICE_|PORT_\d)")
FILE_DEFAULT: Final = "footfall.toml"
ANY_IPV4: Final = "0.0.0.0"  # noqa: S104
LIMITS: Final = (
    ("port", 1, 65_535),
    ("node", 0, 1023),
    ("trusted_proxy_hops", 0, 20),
    ("raw_days", 1, 36_500),
    ("dedup_window_days", 1, 365),
    ("session_days", 1, 365),
    ("vantio_rows_max", 100, 1_000),
    ("webhook_timeout_seconds", 1, 60),
    ("webhook_failing_days", 1, 365),
    ("password_checks_per_second", 1, 1_000),
    ("read_wait_seconds", 0.1, 600),
    ("scan_wait_seconds", 0.05, 60),
    ("waiting_bytes_max", 1_000_000, 1 << 50),
    ("read_seconds_max", 1, 3_600),
    ("read_memory_bytes_max", 10_000_000, 1 << 50),
    ("heavy_reads_waiting_max", 0, 10_000),
    ("report_cells_max", 1_000, 1 << 31),
    ("live_streams_max", 0, 100_000),
    ("live_streams_of_account_max", 0, 100_000),
    ("memory_bytes_max", 100_000_000, 1 << 50),
    ("journal_bytes_max", 1_000, 1 << 50),
    ("place_bytes_max", 1_000, 1 << 40),
    ("body_bytes_max", 1_000, 1 << 30),
    ("bodies_bytes_max", 40_000_000, 1 << 40),
    ("connections_max", 64, 1_000_000),
    ("connections_per_address_max", 1, 1_000_000),
    ("requests_per_address_max", 1, 1_000_000),
    ("idle_seconds", 0.5, 3_600),
    ("send_timeout_seconds", 0.5, 86_400),
    ("stop_seconds", 0, 3_600),
    ("creations_per_hour", 1, 1 << 31),
    ("requests_per_minute", 1, 1 << 31),
    ("requests_per_second", 1, 1 << 31),
    ("report_rows_per_minute", 1, 1 << 50),
)
FORWARDED_HEADERS: Final = ("X-Forwarded-For", "Forwarded")
PATHS: Final = ("data", "place_file")
"""Taken from the directory of the start; absolute from then on."""
SECRETS: Final = frozenset({"bootstrap_key", "store_url"})


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    data: str = "data"
    host: str = "127.0.0.1"
    port: int = 3000
    public_url: str = ""
    short_url: str = ""
    store_url: str = ""
    memory_bytes_max: int = 300_000_000
    journal_bytes_max: int = 2 << 30
    dedup_window_days: int = 7
    read_wait_seconds: float = 10.0
    scan_wait_seconds: float = 2.0
    waiting_bytes_max: int = 64 << 20
    read_seconds_max: float = 30.0
    read_memory_bytes_max: int = 150_000_000
    heavy_reads_waiting_max: int = 4
    report_cells_max: int = 1_000_000
    live_streams_max: int = 200
    live_streams_of_account_max: int = 100
    node: int = 0
    trusted_proxy_hops: int = 0
    forwarded_header: str = "X-Forwarded-For"
    country_header: str = "CF-IPCountry"
    place_file: str = ""
    place_bytes_max: int = 1 << 30
    internal_addresses: str = ""
    privacy: Privacy = Privacy.FULL
    raw_days: int | None = None
    creations_per_hour: int = 20
    requests_per_minute: int = 600
    requests_per_second: int = 10
    report_rows_per_minute: int = 1_000_000_000
    body_bytes_max: int = 1 << 20
    bodies_bytes_max: int = 48 << 20
    connections_max: int = 16_384
    connections_per_address_max: int = 512
    requests_per_address_max: int = 128
    idle_seconds: float = 5.0
    send_timeout_seconds: float = 60.0
    stop_seconds: float = 5.0
    allow_private_destinations: bool = False
    copernica_zone: str = "Europe/Amsterdam"
    vantio_rows_max: int = 100
    session_days: int = 30
    password_checks_per_second: int = 8
    webhook_timeout_seconds: float = 10.0
    webhook_failing_days: int = 5
    bootstrap_key: str = ""

    @property
    def directory(self) -> Path:
        return Path(self.data)

    @property
    def public_path(self) -> str:
        """The path of `public_url` without a slash at its end; "" at a host's root."""
        return urlsplit(self.public_base).path

    @property
    def public_base(self) -> str:
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"

    @property
    def local_base(self) -> str:
        """How programs on this machine reach the server."""
        host = {ANY_IPV4: "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def short_base(self) -> str:
        """What a slug is appended to, with the slash."""
        return f"{self.short_url.rstrip('/')}/" if self.short_url else f"{self.public_base}/s/"

    @property
    def short_host(self) -> str:
        """The dedicated short host as `host_of` has it, or ""."""
        return host_of(self.short_url)

    @property
    def internal_networks(self) -> tuple[Network, ...]:
        return tuple(
            ipaddress.ip_network(text.strip(), strict=False)
            for text in self.internal_addresses.split(",")
            if text.strip()
        )


def host_of(url: str) -> str:
    """The host of an http(s) URL, with its port unless it is the scheme's own: in lower case and
    punycode, without a final dot. "" for none, or for text that is not a host name."""
    parts = urlsplit(url)
    try:
        host, port = read_host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if ":" in host:
        host = f"[{host}]"
    return host if port in (None, DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


HELP: Final[Mapping[str, str]] = {
    "data": "Directory of the journal, catalog and embedded event store. One server at a time.",
    "host": "Address to listen on. 0.0.0.0 for all.",
    "port": "Port to listen on.",
    "public_url": "How the world reaches this server, also below a path. Default: "
    "http://localhost:PORT",
    "short_url": "A dedicated host for short links, for example https://go.example.org. "
    "Default: PUBLIC_URL/s",
    "store_url": "The event store: empty for the embedded engine in DATA/store, or "
    "clickhouse://user:password@host:8123/database",
    "memory_bytes_max": "Memory the embedded engine may use. The default lets the server live "
    "on a machine of 1 GB.",
    "journal_bytes_max": "Limit of the backlog between journal and event store. Past it, "
    "redirects go on unrecorded and are counted as such.",
    "dedup_window_days": "How many days event ids are remembered to detect duplicates.",
    "read_wait_seconds": "How long a read waits for journalled events to enter the store before "
    "it answers 503.",
    "scan_wait_seconds": "How long a person may be held by a disk that takes no writes. Then they "
    "are redirected, and the scan is counted as pending until it is known whether it was recorded.",
    "waiting_bytes_max": "Limit of the events that wait in memory for the disk. POST /events may "
    "use half of it and is then answered with 503; past it, redirects go on unrecorded.",
    "read_seconds_max": "How long a read may take once it is its turn. Past it, it is answered "
    "with 413.",
    "read_memory_bytes_max": "Memory of the event store that one read may take. Past it, it is "
    "answered with 413.",
    "heavy_reads_waiting_max": "How many heavy reads of an account wait while one runs. Past it, "
    "429.",
    "report_cells_max": "How many values a report may have: rows times columns. Past it, 413.",
    "live_streams_max": "How many streams of live events may be open at once. Past it, 429.",
    "live_streams_of_account_max": "How many of them one account may have. Past it, 429.",
    "node": "0 to 1023: part of every event id. Give each server its own when several fill one "
    "event store.",
    "trusted_proxy_hops": "How many proxies in front of the server append to forwarded_header. "
    "0 trusts no header and takes the connection's address.",
    "forwarded_header": "Header in which trusted proxies append the address they saw: "
    "X-Forwarded-For or Forwarded (RFC 7239). Read only when trusted_proxy_hops is at least 1.",
    "country_header": "Header in which a trusted proxy names the visitor's country. "
    "Read only when trusted_proxy_hops is at least 1.",
    "place_file": "Path of a MaxMind DB file (.mmdb) that another program keeps up to date, read "
    "before those of footfall places update and the bundled countries. Replace it by renaming.",
    "place_bytes_max": "Largest file that footfall places update takes, downloaded and unpacked.",
    "internal_addresses": "Comma-separated addresses or networks whose visits are stored with "
    "the verdict 'internal'.",
    "privacy": "Privacy mode of a new account: full, truncated or coarse.",
    "raw_days": "Days that a new account keeps raw events. Default: for ever. Rollups stay.",
    "creations_per_hour": "How many codes an account may create in any hour.",
    "requests_per_minute": "How many API requests a key may make in a minute.",
    "requests_per_second": "How many requests a key may make in a second to one path with one "
    "method, at /api/v1 as PassEntry has it.",
    "report_rows_per_minute": "How many rows the reports of a key may read in a minute; "
    "rollups read few.",
    "body_bytes_max": "Largest request body; a larger one is answered with 413.",
    "bodies_bytes_max": "Bytes of all request bodies under way, received and inflated. Past it, "
    "requests with a body get 503 and Retry-After.",
    "connections_max": "How many connections are open at once, of which each takes 3 to 20 KB of "
    "memory. Above half of it, those that are silent longest are closed.",
    "connections_per_address_max": "How many connections an IPv4 address or an IPv6 /64 may keep "
    "open while more than half of connections_max is in use. Not applied behind a proxy "
    "(trusted_proxy_hops).",
    "requests_per_address_max": "How many requests of a client's address may be under way at once, "
    "scans apart. More get 429 and Retry-After.",
    "idle_seconds": "How long a connection may be without a complete request header, at its start "
    "and between two requests. A proxy that keeps connections open must let go of them earlier.",
    "send_timeout_seconds": "How long a client may take nothing of an answer that is streamed "
    "(events, live events, exports). Then its connection is closed.",
    "stop_seconds": "How long answers under way may go on after a signal to stop. Then connections "
    "are cut off; the process ends within 5 seconds more.",
    "allow_private_destinations": "1 lets codes point at loopback and private addresses: for "
    "local trials.",
    "copernica_zone": "The time zone of Copernica's API, whose times name none.",
    "vantio_rows_max": "Most rows of one page of Vantio's lists, 100 to 1000. "
    "With 1000 the samples of the vendor's pages count right up to 1,000 rows.",
    "session_days": "Days after which a member who did not come back must sign in again.",
    "password_checks_per_second": "How many passwords are compared in a second, of sign-ins, of "
    "known browsers and of locked codes each; more get 429 or 503. Each takes 20 ms of a core.",
    "webhook_timeout_seconds": "How long a receiver of webhooks may take to answer a message.",
    "webhook_failing_days": "A webhook whose receiver took no message for so many days is disabled "
    "when another message is given up.",
    "bootstrap_key": "The admin key of the first account, set at the first start: for "
    "containers and tests.",
}


class Setting(msgspec.Struct, frozen=True):
    """One setting with its value, where it came from and what it means."""

    name: str
    value: Any
    source: str
    help: str


def load(
    environment: Mapping[str, str] = os.environ, options: Mapping[str, Any] | None = None
) -> tuple[Settings, list[Setting]]:
    """Settings and their sources. `options` are those of the command line.

    Raises InvalidRequest, naming the setting and its source.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    path = Path(environment.get(FILE_VARIABLE, FILE_DEFAULT))
    if path.exists():
        for name, value in _read_file(path).items():
            values[name], sources[name] = value, str(path)
    elif FILE_VARIABLE in environment:
        raise InvalidRequest(f"{FILE_VARIABLE} names {path}, which does not exist.")
    for name in Settings.__struct_fields__:
        variable = f"FOOTFALL_{name.upper()}"
        if variable in environment:
            values[name], sources[name] = environment[variable], f"environment {variable}"
    for name, value in (options or {}).items():
        if value is not None:
            values[name], sources[name] = value, "command line"

    converted: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        name = field.name
        if name in values:
            try:
                converted[name] = msgspec.convert(values[name], field.type, strict=False)
            except msgspec.ValidationError as error:
                text = _expected(name, field.type, values[name]) or describe(error, field.type)
                raise InvalidRequest(f"{name} ({sources[name]}): {text}") from None
    for name in PATHS:
        if value := converted.get(name, getattr(Settings(), name)):
            converted[name] = str(Path(value).absolute())
    settings = Settings(**converted)
    for name, problem in _problems(settings):
        raise InvalidRequest(f"{name} ({sources.get(name, 'default')}): {problem}")
    shown = [
        Setting(
            name,
            "(set)" if name in SECRETS and getattr(settings, name) else getattr(settings, name),
            sources.get(name, "default"),
            HELP[name],
        )
        for name in Settings.__struct_fields__
    ]
    return settings, shown


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """A warning for each variable that looks like a setting and is not one. Not refused: other
    programs set such variables too."""
    known = [*(f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__), *OTHERS]
    return [
        f"{name} is not a setting and has no effect.{_nearest(name, known)} See: footfall config"
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known and not _OF_KUBERNETES.match(name)
    ]


def _nearest(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {found[0]}?" if found else ""


def _expected(name: str, type: Any, value: object) -> str:
    """What a value of a plain type must be, "" for another type."""
    words = {int: "a whole number", float: "a number", bool: "1 or 0", str: "text"}
    kinds = [one for one in (type, *get_args(type)) if one in words]
    if not kinds:
        return ""
    span = next((f" from {least} to {most}" for of, least, most in LIMITS if of == name), "")
    return f"must be {words[kinds[0]]}{span}, and is {str(value)[:60]!r}"


BOOTSTRAP_KEY_FORM: Final = re.compile(r"oqr_[A-Za-z0-9]{20,120}")


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """What a value of the right type may still be wrong about: setting and what to change."""
    if any("\ud800" <= character <= "\udfff" for character in settings.data):
        yield "data", "must be the path of a directory in UTF-8"
    for name in ("public_url", "short_url"):
        url = urlsplit(getattr(settings, name))
        if getattr(settings, name) and not (
            url.scheme in ("http", "https") and host_of(getattr(settings, name))
        ):
            yield name, "must begin with http:// or https:// and name a host"
    if urlsplit(settings.short_url).path.strip("/"):
        yield "short_url", "must be a host without a path: codes are at its root"
    if settings.short_url and settings.short_host == host_of(settings.public_base):
        yield "short_url", "must be another host than public_url: the API is at that one's root"
    for name, least, most in LIMITS:
        value = getattr(settings, name)
        if value is not None and not least <= value <= most:
            yield name, f"must be from {least} to {most}"
    try:
        _ = settings.internal_networks
    except ValueError as error:
        yield "internal_addresses", str(error)
    if settings.copernica_zone not in zoneinfo.available_timezones():
        yield "copernica_zone", "must be a name such as Europe/Amsterdam or UTC"
    if settings.forwarded_header.lower() not in map(str.lower, FORWARDED_HEADERS):
        yield "forwarded_header", f"must be {' or '.join(FORWARDED_HEADERS)}"
    key = settings.bootstrap_key
    if key and not BOOTSTRAP_KEY_FORM.fullmatch(key):
        yield "bootstrap_key", "must be oqr_ and 20 to 120 letters and digits"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"{path} is not valid TOML: {error}") from None
    unknown = sorted(set(content) - set(Settings.__struct_fields__))
    if unknown:
        meant = _nearest(unknown[0], Settings.__struct_fields__)
        raise InvalidRequest(f"{path}: unknown setting {unknown[0]}.{meant} See: footfall config")
    return content
