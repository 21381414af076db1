"""The disk of `footfall torture`: what a power cut leaves, and what its faults do."""

import errno
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.cli.torture.disk import PAGE_BYTES, Disk, Keep
from footfall.cli.torture.faults import Call, Fault, Faults

MODE = 0o600
BYTES = 1 << 20


def disk_with(data: bytes, *, synced: bool) -> Disk:
    disk = Disk(BYTES)
    disk.create("/file", MODE).write(data, 0)
    if synced:
        disk.sync()
    return disk


def content(disk: Disk, path: str = "/file") -> bytes:
    return bytes(disk.file(path).data)


def test_synced_bytes_outlive_every_cut() -> None:
    for keep in Keep:
        disk = disk_with(b"kept", synced=True)
        assert disk.cut(keep, seed=1) == 0
        assert content(disk) == b"kept"


def test_a_cut_that_keeps_nothing_forgets_what_was_written_since_the_sync() -> None:
    disk = disk_with(b"kept", synced=True)
    disk.file("/file").write(b" and more", 4)
    disk.file("/file").truncate(6)
    assert disk.cut(Keep.NOTHING, seed=1) == 1
    assert content(disk) == b"kept"


def test_a_cut_that_keeps_random_pages_keeps_some_and_forgets_some() -> None:
    disk = disk_with(b"a" * PAGE_BYTES * 40, synced=True)
    disk.file("/file").write(b"b" * PAGE_BYTES * 40, 0)
    disk.cut(Keep.RANDOM_PAGES, seed=1)
    after = content(disk)
    pages = [after[first : first + PAGE_BYTES] for first in range(0, len(after), PAGE_BYTES)]
    assert {page[:1] for page in pages} == {b"a", b"b"}
    assert all(page == page[:1] * PAGE_BYTES for page in pages)


def test_the_sync_of_a_file_does_not_keep_its_name() -> None:
    disk = disk_with(b"data", synced=False)
    disk.file("/file").sync()
    disk.cut(Keep.NOTHING, seed=1)
    with pytest.raises(OSError, match="/file") as absent:
        disk.find("/file")
    assert absent.value.errno == errno.ENOENT


def test_the_sync_of_a_directory_keeps_names_and_no_bytes() -> None:
    disk = disk_with(b"data", synced=False)
    disk.sync_folder(disk.root)
    disk.cut(Keep.NOTHING, seed=1)
    assert content(disk) == b""


def test_a_rename_is_kept_whole_or_not_at_all() -> None:
    seen = set()
    for seed in range(20):
        disk = disk_with(b"new", synced=True)
        disk.rename("/file", "/renamed")
        disk.cut(Keep.RANDOM_PAGES, seed)
        seen.add(tuple(disk.root.entries))
    assert seen == {("file",), ("renamed",)}


def test_a_file_that_was_removed_without_a_sync_comes_back() -> None:
    disk = disk_with(b"kept", synced=True)
    disk.remove("/file")
    assert not disk.root.entries
    disk.cut(Keep.NOTHING, seed=1)
    assert content(disk) == b"kept"


def test_a_disk_without_room_takes_nothing_until_something_is_removed() -> None:
    disk = Disk(3 * PAGE_BYTES)
    disk.create("/file", MODE).write(bytes(PAGE_BYTES), 0)
    disk.reserve(PAGE_BYTES)
    with pytest.raises(OSError, match="full"):
        disk.reserve(3 * PAGE_BYTES)
    disk.remove("/file")
    disk.reserve(3 * PAGE_BYTES)


writes = st.lists(st.tuples(st.binary(min_size=1, max_size=9_000), st.integers(0, 20_000)))


@given(writes, writes, st.sampled_from(Keep), st.integers(0, 99))
def test_after_a_cut_each_page_is_the_synced_one_or_the_last_one(
    synced: list[tuple[bytes, int]], later: list[tuple[bytes, int]], keep: Keep, seed: int
) -> None:
    disk = disk_with(b"", synced=False)
    file = disk.file("/file")
    for data, offset in synced:
        file.write(data, offset)
    disk.sync()
    before = content(disk)
    for data, offset in later:
        file.write(data, offset)
    last = content(disk)
    disk.cut(keep, seed)
    after = content(disk)
    assert len(after) in (len(before), len(last))
    for first in range(0, len(after), PAGE_BYTES):
        page = slice(first, first + PAGE_BYTES)
        of_before, of_last = (one[page][: len(after[page])] for one in (before, last))
        assert after[page] in (
            of_before.ljust(len(after[page]), b"\0"),
            of_last.ljust(len(after[page]), b"\0"),
        )


def test_a_fault_meets_the_calls_that_it_names_from_the_nth_on() -> None:
    faults = Faults()
    faults.set((Fault("*/journal.db*", (Call.WRITE,), error="ENOSPC", after=1, times=1),))
    faults.meet(Call.WRITE, "/data/catalog.db")
    faults.meet(Call.SYNC, "/data/journal.db")
    faults.meet(Call.WRITE, "/data/journal.db-wal")
    with pytest.raises(OSError, match="journal") as full:
        faults.meet(Call.WRITE, "/data/journal.db")
    assert full.value.errno == errno.ENOSPC
    faults.meet(Call.WRITE, "/data/journal.db")
    assert faults.affected == 1


def test_a_flip_changes_one_bit() -> None:
    faults = Faults()
    faults.set((Fault("*", (Call.READ,), flip=True),))
    data = Random(1).randbytes(500)
    changed = faults.meet(Call.READ, "/file", data)
    different = int.from_bytes(data) ^ int.from_bytes(changed)
    assert different.bit_count() == 1
