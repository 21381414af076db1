"""No file of a data directory is for other users."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.runtime.data_directory import PARTS, is_part, make_private, open_to_others
from tests.conftest import StartServer
from tests.support.running import RunningServer, footfall, output_of, wait_for

OTHERS = 0o077
CREATE = """
import sys
from footfall.bootstrap import bootstrap, open_catalog
from footfall.config import Settings

settings = Settings(data=sys.argv[1])
catalog = open_catalog(settings)
bootstrap(catalog, settings)
catalog.close()
print("created")
"""
"""As the first start of a server does."""


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_paths(directory: Path) -> list[str]:
    """What is not for the owner alone. What goes meanwhile is nothing."""
    found = []
    for path in (directory, *directory.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_mode & OTHERS and not path.is_symlink():
                found.append(f"{path.relative_to(directory)} {path.lstat().st_mode:o}")
    return found


def open_up(directory: Path) -> None:
    """As an earlier version, or a backup that was put back, left it."""
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def use_everything(server: RunningServer) -> None:
    code = server.create_code()
    server.client.post("/events", json=[{"kind": "open", "user_agent": "x", "ip": "8.8.8.8"}])
    server.scan(code["slug"])
    server.client.get("/events")
    for format in ("csv", "parquet"):
        export = server.client.post("/exports", json={"format": format}).json()
        path = f"/exports/{export['id']}"
        wait_for(lambda path=path: server.client.get(path).json()["state"] == "done" or None)  # type: ignore[misc]
    assert server.client.get("/events", params={"format": "parquet"}).status_code == 200


def test_every_file_is_the_users_own_also_in_a_directory_that_was_open(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server()
    use_everything(server)
    assert open_paths(server.data) == []
    assert (server.data / "catalog.db-wal").exists()
    unknown = [path.name for path in server.data.iterdir() if not is_part(path.name)]
    assert unknown == [], "a new part belongs into directory.PARTS"
    server.stop()

    open_up(server.data)
    server.start()
    assert open_paths(server.data) == []
    use_everything(server)
    assert open_paths(server.data) == []
    for command in ("keys", "accounts", "members"):
        assert footfall(command, "list", "--data", str(server.data)).returncode == 0
    server.kill()
    assert footfall("doctor", "--data", str(server.data)).returncode == 0
    assert open_paths(server.data) == []


def test_a_new_directory_is_the_users_own_whatever_the_umask(
    tmp_path: Path, start_server: StartServer
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    start_server(data).stop()
    assert (data / "catalog.db").exists()
    assert open_paths(data) == []


@pytest.mark.parametrize("command", ["keys list", "keys create", "accounts list", "members list"])
@pytest.mark.parametrize("name", ["typo", "", "."])
def test_a_mistyped_directory_is_refused_and_not_created(
    tmp_path: Path, command: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = footfall(*command.split(), "--data", name)
    assert done.returncode == 1
    assert "is not a data directory of Footfall" in done.stderr.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_closed_is_said(tmp_path: Path, start_server: StartServer) -> None:
    mode_of_another = Path("/etc/passwd").stat().st_mode
    data = tmp_path / "data"
    data.mkdir()
    (data / "somebody else's").touch()
    (data / "demo.json").symlink_to("/etc/passwd")
    (data / "link-key").write_text("00" * 32)
    data.chmod(0o777)
    make_private(data)
    assert open_to_others(data) == [data, data / "demo.json"]
    assert stat.S_IMODE(data.stat().st_mode) == 0o777, "others keep files here"
    assert stat.S_IMODE((data / "link-key").stat().st_mode) == 0o600
    assert Path("/etc/passwd").stat().st_mode == mode_of_another
    (data / "demo.json").unlink()
    output_of(CREATE, data)
    said = footfall("doctor", "--data", str(data))
    assert said.returncode == 1
    assert "other users: may read or replace" in said.stdout
    data.chmod(0o700)
    assert open_to_others(data) == []


def test_a_directory_for_everybody_stays_one(tmp_path: Path) -> None:
    data = tmp_path / "tmp"
    data.mkdir()
    data.chmod(0o1777)
    make_private(data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o1777


@pytest.mark.parametrize("name", [*sorted(PARTS), "catalog.db-wal", "journal.db-shm", "demo.new"])
def test_parts_are_known_by_name(name: str) -> None:
    assert is_part(name)


@pytest.mark.parametrize("name", ["x", "my.new", "store2", "catalog.db.bak", ".ssh", "-wal"])
def test_nothing_else_is_touched(tmp_path: Path, name: str) -> None:
    assert not is_part(name)
    (tmp_path / name).touch()
    (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert (tmp_path / name).stat().st_mode & OTHERS == 0o044
    assert tmp_path.stat().st_mode & OTHERS == 0o055
