"""Whether a file is a MaxMind DB file that can be used: `python -m footfall.places.checking FILE`.

It runs in a process of its own, within limits of time and memory: a damaged file may crash the
library that reads it, and one that was made to harm may unfold a small record into gigabytes.
The process prints a `Checked` as JSON, or a sentence and exits with 1.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from itertools import chain, islice
from pathlib import Path
from typing import Final

import maxminddb
import msgspec

from footfall.places.layouts import LAYOUTS, fields_of

SECONDS_MAX: Final = 60
MEMORY_BYTES_MAX: Final = 256 << 20
LOOKUPS: Final = 1 << 16
"""Addresses of IPv4 that are looked up, as many of IPv6, and as many of the first networks."""


GOLDEN: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835
MASK: Final = (1 << 125) - 1


class Checked(msgspec.Struct, frozen=True):
    """`type` is the file's own word for what it holds; `built_at` in milliseconds since 1970;
    `fields` are those of an event that it knows of some address."""

    type: str
    built_at: int
    fields: list[str]


class Unusable(Exception):
    """The file cannot be used; the text says why."""


def check(path: Path) -> Checked:
    """Raises Unusable."""
    command = [sys.executable, "-m", "footfall.places.checking", str(path)]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unusable(f"to look addresses up takes more than {SECONDS_MAX} s") from None
    if done.returncode == 0:
        return msgspec.json.decode(done.stdout, type=Checked)
    said = done.stdout.strip() if done.returncode == 1 else ""
    raise Unusable(said or "to look up addresses crashes the reader, or takes too much memory")


def _look(path: Path) -> Checked:
    """Raises Unusable."""
    try:
        reader = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Unusable(f"it is not a MaxMind DB file (.mmdb): {error}") from None
    metadata = reader.metadata()
    fields: set[str] = set()
    keys: set[str] = set()
    try:
        looked_up = map(reader.get, _addresses(4 if metadata.ip_version == 4 else 6))
        for record in chain(looked_up, (one for _, one in islice(reader, LOOKUPS))):
            fields.update(fields_of(record))
            if isinstance(record, dict):
                keys.update(record)
    except (ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Unusable(f"it is damaged: a record cannot be read ({error})") from None
    if not fields:
        has = f"its records have {', '.join(sorted(keys)[:20])}" if keys else "it has no records"
        raise Unusable(f"it knows nothing of the fields {', '.join(LAYOUTS)}: {has}")
    in_order = [name for name in LAYOUTS if name in fields]
    return Checked(metadata.database_type, metadata.build_epoch * 1000, in_order)


def _addresses(version: int) -> Iterator[str]:
    """An address of every IPv4 network /16, and others spread over the IPv6 block that is in use:
    by the golden ratio, which leaves no gap."""
    for number in range(LOOKUPS):
        yield str(IPv4Address(number << 16 | number * 40_503 % (1 << 16)))
        if version == 6:
            yield str(IPv6Address(1 << 125 | (number * GOLDEN & MASK)))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    try:
        checked = _look(Path(sys.argv[1]))
    except Unusable as error:
        sys.stdout.write(str(error))
        sys.exit(1)
    sys.stdout.buffer.write(msgspec.json.encode(checked))


if __name__ == "__main__":
    main()
