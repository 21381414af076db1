"""The data directory and the address of a server: for one process alone."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from footfall.core.errors import FootfallError, InvalidRequest


class DirectoryInUse(FootfallError):
    code = "directory_in_use"


class AddressInUse(FootfallError):
    code = "address_in_use"


def check_address(host: str, port: int) -> None:
    """Raise AddressInUse when another program listens there.

    The server would share the port with it in silence (SO_REUSEPORT), and scans would go now to
    one and now to the other.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressInUse(
                f"Cannot listen on {host} port {port}: {error.strerror}. Stop what is there, or "
                "choose another port with --port (FOOTFALL_PORT)."
            ) from None


def make_directory(directory: Path) -> None:
    """The data directory, unless it is there. Raises InvalidRequest."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequest(
            f"{directory} cannot be the data directory: {error.strerror}. Choose another one with "
            "--data (FOOTFALL_DATA), or give this user the right to make it."
        ) from None


@contextlib.contextmanager
def locked_directory(directory: Path) -> Iterator[None]:
    """The data directory, made if it is missing, for this process alone.

    The lock is the kernel's: it goes with the process, however that ends.
    """
    make_directory(directory)
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode(errors="replace") or "?"
        os.close(descriptor)
        raise DirectoryInUse(
            f"{directory} is used by another Footfall (process {holder.strip()}). "
            "Stop that one, or choose another directory with --data."
        ) from None
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
