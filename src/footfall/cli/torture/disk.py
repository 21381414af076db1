"""A file system in memory that knows which bytes were synced, and forgets the others at a cut.

A program sees `File.data` and `Folder.entries`. A power cut leaves `File.durable`, which `fsync` of
the file brings up to date, and the entries that `fsync` of a directory made durable. Changes of
entries become durable in the order in which they were made, as in a file system with a journal;
`fsync` of a file alone makes no entry durable, as POSIX allows and some file systems do.
"""

import errno
import stat
import time
from collections.abc import Iterator
from enum import StrEnum
from random import Random
from typing import Final

PAGE_BYTES: Final = 4096
ROOT_INODE: Final = 1


class Keep(StrEnum):
    """What a cut keeps of what nobody synced."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    RANDOM_PAGES = "random pages"


class File:
    """Bytes and, of each page that differs from its durable bytes, the number."""

    __slots__ = ("changed", "data", "dirty", "durable", "inode", "mode", "target")

    def __init__(self, inode: int, mode: int, target: str = "") -> None:
        self.inode = inode
        self.mode = mode
        self.target = target  # of a symbolic link
        self.changed = time.time_ns()
        self.data = bytearray()
        self.durable = bytearray()
        self.dirty: set[int] = set()

    def write(self, data: bytes, offset: int) -> None:
        if offset > len(self.data):
            self.truncate(offset)
        self.data[offset : offset + len(data)] = data
        self._touch(offset, offset + len(data))

    def truncate(self, length: int) -> None:
        before = len(self.data)
        if length < before:
            del self.data[length:]
        else:
            self.data.extend(bytes(length - before))
        self._touch(min(before, length), max(before, length))

    def _touch(self, first: int, end: int) -> None:
        self.dirty.update(range(first // PAGE_BYTES, -(-end // PAGE_BYTES)))
        self.changed = time.time_ns()

    def sync(self) -> None:
        self._make_durable(self.dirty, len(self.data))
        self.dirty.clear()

    def cut(self, keep: Keep, chance: Random) -> bool:
        """Forget what the policy forgets. True when something was."""
        forgets = bool(self.dirty) and keep is not Keep.EVERYTHING
        if keep is Keep.EVERYTHING:
            self.sync()
        elif keep is Keep.RANDOM_PAGES and self.dirty:
            kept = {page for page in sorted(self.dirty) if chance.random() < 0.5}
            lengths = len(self.durable), len(self.data)
            self._make_durable(kept, chance.choice(lengths))
        self.data = bytearray(self.durable)
        self.dirty.clear()
        return forgets

    def _make_durable(self, pages: set[int], length: int) -> None:
        if length < len(self.durable):
            del self.durable[length:]
        else:
            self.durable.extend(bytes(length - len(self.durable)))
        for page in pages:
            first = page * PAGE_BYTES
            if first < length:
                end = min(first + PAGE_BYTES, length)
                self.durable[first:end] = self.data[first:end].ljust(end - first, b"\0")


class Folder:
    __slots__ = ("changed", "durable", "entries", "inode", "mode")

    def __init__(self, inode: int, mode: int) -> None:
        self.inode = inode
        self.mode = mode
        self.changed = time.time_ns()
        self.entries: dict[str, Node] = {}
        self.durable: dict[str, Node] = {}


Node = File | Folder
Change = tuple[tuple[Folder, str, Node | None], ...]
"""Entries that become durable in one step: a rename is two."""


class Disk:
    """The tree. Paths are absolute. Each method raises OSError as the system call does; none is
    safe for two threads at once."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._space = 0
        self._inode = ROOT_INODE
        self.root = Folder(ROOT_INODE, stat.S_IFDIR | 0o755)
        self._changes: list[Change] = []

    # ── paths ─────────────────────────────────────────────────────────────────────────────────

    def find(self, path: str) -> Node:
        node: Node = self.root
        for name in path.split("/"):
            if not name:
                continue
            if not isinstance(node, Folder):
                raise OSError(errno.ENOTDIR, path)
            found = node.entries.get(name)
            if found is None:
                raise OSError(errno.ENOENT, path)
            node = found
        return node

    def file(self, path: str) -> File:
        node = self.find(path)
        if isinstance(node, Folder):
            raise OSError(errno.EISDIR, path)
        return node

    def folder(self, path: str) -> Folder:
        node = self.find(path)
        if not isinstance(node, Folder):
            raise OSError(errno.ENOTDIR, path)
        return node

    def _parent(self, path: str) -> tuple[Folder, str]:
        above, _, name = path.rpartition("/")
        return self.folder(above), name

    def files(self) -> Iterator[tuple[str, File]]:
        """All of them with their paths, in order."""
        waiting: list[tuple[str, Node]] = [("", self.root)]
        while waiting:
            path, node = waiting.pop()
            if isinstance(node, File):
                yield path, node
            else:
                below = sorted(node.entries.items(), reverse=True)
                waiting += [(f"{path}/{name}", one) for name, one in below]

    def used(self) -> int:
        return sum(len(file.data) for file in {one.inode: one for _, one in self.files()}.values())

    def reserve(self, bytes_more: int) -> None:
        """Raises OSError when so much more does not fit."""
        self._space -= bytes_more
        if self._space < 0:  # what was removed since makes room
            self._space = self.bytes_max - self.used() - bytes_more
        if self._space < 0:
            raise OSError(errno.ENOSPC, "the disk is full")

    # ── changes ───────────────────────────────────────────────────────────────────────────────

    def create(self, path: str, mode: int, target: str = "") -> File:
        file = File(self._next(), mode if stat.S_IFMT(mode) else stat.S_IFREG | mode, target)
        self._add(path, file)
        return file

    def make_folder(self, path: str, mode: int) -> None:
        self._add(path, Folder(self._next(), stat.S_IFDIR | mode))

    def link(self, path: str, existing: str) -> None:
        self._add(path, self.file(existing))

    def _add(self, path: str, node: Node) -> None:
        self.reserve(PAGE_BYTES)
        parent, name = self._parent(path)
        if name in parent.entries:
            raise OSError(errno.EEXIST, path)
        self._change((parent, name, node))

    def remove(self, path: str) -> None:
        self.file(path)
        self._change((*self._parent(path), None))

    def remove_folder(self, path: str) -> None:
        if self.folder(path).entries:
            raise OSError(errno.ENOTEMPTY, path)
        self._change((*self._parent(path), None))

    def rename(self, old: str, new: str) -> None:
        node = self.find(old)
        parent, name = self._parent(new)
        replaced = parent.entries.get(name)
        if isinstance(replaced, Folder) and replaced.entries:
            raise OSError(errno.ENOTEMPTY, new)
        self._change((*self._parent(old), None), (parent, name, node))

    def _change(self, *change: tuple[Folder, str, Node | None]) -> None:
        for folder, name, node in change:
            _put(folder.entries, name, node)
            folder.changed = time.time_ns()
        self._changes.append(change)

    def _next(self) -> int:
        self._inode += 1
        return self._inode

    # ── what lasts ────────────────────────────────────────────────────────────────────────────

    def sync_folder(self, folder: Folder) -> None:
        """Make its entries durable, and each change that was made before them."""
        touched = [
            number
            for number, change in enumerate(self._changes)
            if any(one is folder for one, _, _ in change)
        ]
        if touched:
            self._make_durable(touched[-1] + 1)

    def sync(self) -> None:
        """Make all of it durable, as sync(2) does."""
        self._make_durable(len(self._changes))
        for _, file in self.files():
            file.sync()

    def cut(self, keep: Keep, seed: int) -> int:
        """Cut the power: what is not durable is gone, apart from what the policy keeps of it.
        Returns how many changes of entries and how many files were forgotten in whole or part."""
        chance = Random(seed)  # noqa: S311  (which pages, not secrets)
        kept = {
            Keep.NOTHING: 0,
            Keep.EVERYTHING: len(self._changes),
            Keep.RANDOM_PAGES: chance.randint(0, len(self._changes)),
        }[keep]
        self._make_durable(kept)
        forgotten = len(self._changes)
        self._changes.clear()
        _return_to_durable(self.root)
        seen = {file.inode: file for _, file in self.files()}
        return forgotten + sum(file.cut(keep, chance) for file in seen.values())

    def _make_durable(self, changes: int) -> None:
        for change in self._changes[:changes]:
            for folder, name, node in change:
                _put(folder.durable, name, node)
        del self._changes[:changes]


def _put(entries: dict[str, Node], name: str, node: Node | None) -> None:
    if node is None:
        entries.pop(name, None)
    else:
        entries[name] = node


def _return_to_durable(folder: Folder) -> None:
    folder.entries = dict(folder.durable)
    for node in folder.entries.values():
        if isinstance(node, Folder):
            _return_to_durable(node)
