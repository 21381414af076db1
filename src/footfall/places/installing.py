"""A place database takes its place in DATA/places: from a file or a URL, packed or not.

    fetch | copy  →  unpack (.gz, .tar.gz, .zip)  →  check  →  fsync, rename

What fails before the rename leaves everything as it was.
"""

import asyncio
import contextlib
import gzip
import re
import shutil
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from footfall.core.errors import InvalidRequest, NotFound, TooLarge
from footfall.places.checking import Checked, Unusable, check
from footfall.runtime.data_directory import sync
from footfall.runtime.outbound import Outbound, Unreachable

CHUNK_BYTES: Final = 1 << 20
SUFFIX: Final = ".mmdb"
INCOMING: Final = ".incoming-"
ABANDONED_SECONDS: Final = 86_400
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

OnBytes = Callable[[int, int], None]
"""Called with the progress: how many bytes are there, of how many, 0 where that is not known."""


class Installed(msgspec.Struct, frozen=True):
    """`name` is that of the file in DATA/places; `replaced` whether it had one before."""

    name: str
    checked: Checked
    replaced: bool


class Source(msgspec.Struct, frozen=True):
    """A path or an http(s) URL, and how much may be read of it."""

    text: str
    bytes_max: int
    allow_private: bool

    @property
    def is_url(self) -> bool:
        return self.text.lower().startswith(("http://", "https://"))


def install(folder: Path, source: Source, name: str, on_bytes: OnBytes) -> Installed:
    """Check the database and put it in its place, closed to other users. Without a `name` it
    replaces the one whose `database_type` is the same.

    Raises InvalidRequest, TooLarge, OSError.
    """
    if name and not NAME.fullmatch(name):
        raise InvalidRequest("--name: write up to 80 lower-case letters, digits and hyphens.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear_abandoned(folder)
    with tempfile.TemporaryDirectory(prefix=INCOMING, dir=folder) as directory:
        given, ready = Path(directory, "given"), Path(directory, "ready")
        with given.open("xb") as file:
            if source.is_url:
                _fetch(source, file, on_bytes)
            else:
                _copy(source, file, on_bytes)
        _unpack(given, ready, source)
        try:
            checked = check(ready)
        except Unusable as error:
            raise InvalidRequest(f"{_shown(source)} is not used: {error}.") from None
        name = name or _name_of(checked.type)
        place = folder / f"{name}{SUFFIX}"
        replaced = place.exists()
        ready.chmod(0o600)
        sync(ready)
        ready.replace(place)
        sync(folder)
    return Installed(name, checked, replaced)


def remove(folder: Path, name: str) -> None:
    """Raises NotFound."""
    try:
        if not NAME.fullmatch(name):
            raise FileNotFoundError
        (folder / f"{name}{SUFFIX}").unlink()
    except FileNotFoundError:
        raise NotFound(f"There is no place data {name[:80]!r}. See: footfall places list") from None


def _fetch(source: Source, file: IO[bytes], on_bytes: OnBytes) -> None:
    asyncio.run(_download(source, file, on_bytes))


async def _download(source: Source, file: IO[bytes], on_bytes: OnBytes) -> None:
    outbound = Outbound(allow_private=source.allow_private, at_once_per_host=1)
    try:
        await outbound.download(source.text, file, source.bytes_max, on_bytes)
    except Unreachable as error:
        raise InvalidRequest(f"{_shown(source)} cannot be downloaded: {error}.") from None
    finally:
        await outbound.close()


def _copy(source: Source, file: IO[bytes], on_bytes: OnBytes) -> None:
    path = Path(source.text)
    if not path.is_file():
        raise InvalidRequest(f"{path} is not a file. Give the path or the URL of an .mmdb file.")
    total, done = path.stat().st_size, 0
    with path.open("rb") as given:
        while chunk := given.read(CHUNK_BYTES):
            done += len(chunk)
            _bound(done, source)
            file.write(chunk)
            on_bytes(done, total)


def _unpack(given: Path, ready: Path, source: Source) -> None:
    """The .mmdb of a compressed file or an archive, recognised by its first bytes."""
    try:
        with _opened(given) as packed, ready.open("xb") as file:
            while chunk := packed.read(CHUNK_BYTES):
                _bound(file.tell() + len(chunk), source)
                file.write(chunk)
    except (zlib.error, EOFError, tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise InvalidRequest(f"{_shown(source)} cannot be unpacked: {error}.") from None
    except LookupError:
        raise InvalidRequest(f"{_shown(source)} has no .mmdb file in it.") from None


@contextlib.contextmanager
def _opened(given: Path) -> Iterator[Any]:
    """Raises LookupError when an archive has no .mmdb."""
    with given.open("rb") as file:
        beginning = file.read(4)
    if beginning == b"PK\x03\x04":
        with zipfile.ZipFile(given) as archive:
            names = [one for one in archive.namelist() if one.lower().endswith(SUFFIX)]
            with archive.open(names[0]) as file:
                yield file
    elif beginning[:2] != b"\x1f\x8b":
        with given.open("rb") as file:
            yield file
    elif _is_tar(given):
        with tarfile.open(given) as archive:
            found = (one for one in archive if one.isfile() and one.name.lower().endswith(SUFFIX))
            member = next(found, None)
            extracted = archive.extractfile(member) if member else None
            if extracted is None:
                raise LookupError
            yield extracted
    else:
        with gzip.open(given) as unpacked:
            yield unpacked


def _is_tar(given: Path) -> bool:
    with gzip.open(given) as file:
        return file.read(512)[257:262] == b"ustar"


def _bound(size: int, source: Source) -> None:
    if size > source.bytes_max:
        raise TooLarge(
            f"{_shown(source)} is larger than {source.bytes_max:,} bytes."
            " FOOTFALL_PLACE_BYTES_MAX raises the limit."
        )


def _shown(source: Source) -> str:
    """A URL without what may be secret: its query, and the user name and password before the
    host."""
    if not source.is_url:
        return source.text
    return re.sub(r"(?<=://)[^/?#]*@", "", source.text).partition("?")[0]


def _name_of(database_type: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", database_type.lower()).strip("-")[:80].strip("-") or "places"


def _clear_abandoned(folder: Path) -> None:
    """Remove what an installation left that was killed: none takes a day."""
    for path in folder.glob(f"{INCOMING}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
