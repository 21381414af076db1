"""On what it was measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

PACKAGES: Final = ("footfall", "chdb", "clickhouse-connect", "granian", "litestar", "uvicorn")


def describe() -> list[str]:
    """Lines of text: processor, memory, kernel, date and versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"Processor: {_field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        f"Memory: {int(_field('/proc/meminfo', 'MemTotal').split()[0]) / (1 << 20):.1f} GiB",
        f"Kernel: {platform.system()} {platform.release()}, Python {platform.python_version()}",
        f"Versions: {versions}",
        f"Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
