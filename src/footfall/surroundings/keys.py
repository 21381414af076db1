"""The key that signs links: made once, and kept with the data."""

import os
import secrets
from pathlib import Path
from typing import Final

from footfall.core.errors import FootfallError

KEY_BYTES: Final = 32


class KeyUnreadable(FootfallError):
    code = "key_unreadable"


def link_key(path: Path) -> bytes:
    """The key in this file, made when there is none. Raises KeyUnreadable: another key would make
    every pixel and link that is out in the world invalid, so none is made in its place."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return _make(path)
    except OSError as error:
        raise KeyUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnreadable(
            f"{path} does not hold a key of {KEY_BYTES} bytes in hex. Put it back from a backup; "
            "remove it only if no signed link is in use."
        )
    return key


def _make(path: Path) -> bytes:
    """On disk under its name before anything is signed with it."""
    key = secrets.token_bytes(KEY_BYTES)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return key
