"""MaxMind DB files as vendors lay them out."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

NETWORK = "198.51.100.0/24"
ADDRESS = "198.51.100.7"


def write_mmdb(
    path: Path, type: str, records: Mapping[str, Any], ip_version: int = 6, built_at: int = 0
) -> Path:
    """By network. `built_at` in seconds since 1970, 0 for now."""
    writer = MMDBWriter(ip_version, type, ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    if built_at:
        content = path.read_bytes()
        place = content.rindex(b"build_epoch") + len(b"build_epoch")
        size = content[place] & 0x1F  # an extended type: its control byte, then 9 - 7
        value = built_at.to_bytes(size, "big")
        path.write_bytes(content[: place + 2] + value + content[place + 2 + size :])
    return path


def packed(path: Path, how: str) -> bytes:
    """The file in an archive or compressed: "gz", "tar.gz", "zip", or "" for as it is."""
    content, made = path.read_bytes(), io.BytesIO()
    if how == "gz":
        return gzip.compress(content)
    if how == "tar.gz":
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            for name, data in (
                ("City_2026/LICENSE.txt", b"read me"),
                ("City_2026/a.mmdb", content),
            ):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    elif how == "zip":
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("README.TXT", b"read me")
            archive.writestr("IP2LOCATION-LITE-DB11.MMDB", content)
    else:
        return content
    return made.getvalue()


def write_unfolding(path: Path, depth: int, width: int) -> Path:
    """A small file whose one record has `width` to the power of `depth` values: nested arrays, of
    which each element is a pointer to the same one."""
    data, before = b"\x41x", 0
    for _ in range(depth):
        at = len(data)
        data += bytes([width, 0x04]) + bytes([0x20 | before >> 8, before & 0xFF]) * width
        before = at
    record = len(data)
    data += b"\xe1\x47country" + bytes([0x20 | before >> 8, before & 0xFF])
    tree = (1 + 16 + record).to_bytes(3, "big") * 2
    facts = {
        "node_count": b"\xc1\x01",
        "record_size": b"\xa1\x18",
        "ip_version": b"\xa1\x04",
        "database_type": b"\x44bomb",
        "languages": b"\x00\x04",
        "binary_format_major_version": b"\xa1\x02",
        "binary_format_minor_version": b"\xa0",
        "build_epoch": b"\x04\x02" + (1_700_000_000).to_bytes(4, "big"),
        "description": b"\xe0",
    }
    metadata = b"".join(bytes([0x40 | len(k)]) + k.encode() + v for k, v in facts.items())
    marker = b"\xab\xcd\xefMaxMind.com" + bytes([0xE0 | len(facts)])
    path.write_bytes(tree + bytes(16) + data + marker + metadata)
    return path
