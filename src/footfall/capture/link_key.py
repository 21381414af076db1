"""The key that signs links: made once, and kept with the data."""

import logging
import os
import secrets
import threading
from pathlib import Path
from typing import Final

from footfall.core.errors import FootfallError, Unavailable
from footfall.runtime.data_directory import sync

KEY_BYTES: Final = 32

log = logging.getLogger(__name__)


class KeyUnreadable(FootfallError):
    code = "key_unreadable"


class KeyUnkept(Unavailable):
    code = "key_unkept"


class LinkKey:
    """The key in this file, made when there is none. Raises KeyUnreadable: another key would make
    every pixel and link that is out in the world invalid, so none is made in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        found = _read(path)
        self._kept = found is not None
        self.key = found or secrets.token_bytes(KEY_BYTES)
        try:
            self.keep()
        except KeyUnkept as error:  # a full disk must not stop a redirect
            log.warning("%s", error.message)

    def keep(self) -> None:
        """Before anything is signed: after a restart it must still be valid. Raises KeyUnkept."""
        with self._lock:
            if self._kept:
                return
            try:
                _write(self._path, self.key)
            except OSError as error:
                raise KeyUnkept(
                    f"{self._path} cannot be written ({error.strerror}): no link is signed yet."
                ) from error
            self._kept = True


def _read(path: Path) -> bytes | None:
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return None
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


def _write(path: Path, key: bytes) -> None:
    """On disk under its name when this returns."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)
