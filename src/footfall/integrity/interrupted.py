"""`footfall verify --rederive --apply` that did not reach its end: a file says so until it does.

Rows and counts may differ until then, and the same command brings them together.
"""

import os
from pathlib import Path
from typing import Final

from footfall.runtime.data_directory import sync

NAME: Final = "rederiving"
COMMAND: Final = "footfall verify --rederive --apply"


def begin(directory: Path) -> None:
    """Durable when it returns. Raises OSError."""
    with (directory / NAME).open("wb") as file:
        os.fsync(file.fileno())
    sync(directory)


def end(directory: Path) -> None:
    (directory / NAME).unlink(missing_ok=True)


def warning(directory: Path) -> str:
    """ "" when none was interrupted."""
    if not (directory / NAME).exists():
        return ""
    return (
        f"{COMMAND} was interrupted, so rows and counts may differ in what is derived from user "
        f"agents and referrers. Stop the server and give {COMMAND} again: it continues."
    )
