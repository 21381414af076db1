"""Fixtures: real servers, real engines, real directories. Nothing here pretends."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from footfall.cli.torture import server as tortured
from tests.support import forked, running
from tests.support.running import ADMIN_KEY, RunningServer

StartServer = Callable[..., RunningServer]
MEMORY = Path("/dev/shm")
ROOM_BYTES = 6 << 30
LONGEST = (
    "tests/dialects/test_openapi.py",
    "tests/system/test_torture.py",
    "tests/system/",
    "tests/contract/test_books.py",
    "tests/properties/test_everflow_filters.py",
    "tests/properties/test_zones.py",
    "tests/browser/",
)
WORKER_BYTES = 4 << 30
"""What a worker has with its server, engine and browser, and much left over."""


# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure() -> None:
    """Data directories lie in memory where there is much of it: the engine makes ten thousands of
    small files here, which a disk takes a fourth of all time for. `PYTEST_DEBUG_TEMPROOT` names
    another place. Nothing here cuts the power, so no test can tell."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    # No test speaks TLS, and every `httpx.get` takes 24 ms to read the world's certificates.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)
    # The engine imports numpy, which starts a thread for each core, and nothing here multiplies.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workercount"):  # the process that only hands out tests
        forked.prepare()
        running.begin, running.begin_other = forked.begin, forked.begin_other
        running.make_data = forked.copy_empty
        tortured.begin = forked.begin_module


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start a server with settings of its own, for example `start_server(short_url=…)`."""
    started: list[RunningServer] = []

    def start(data: Path | None = None, **settings: object) -> RunningServer:
        server = RunningServer(data or tmp_path / f"data-{len(started)}", **settings)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests that do not care about its settings: wide limits, account 1."""
    shared = RunningServer(
        tmp_path_factory.mktemp("shared") / "data",
        bootstrap_key=ADMIN_KEY,
        creations_per_hour=100_000,
        requests_per_minute=1_000_000,
        requests_per_second=1_000_000,
    )
    shared.start()
    yield shared
    shared.close()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, where memory allows: of two tests on two cores both wait for
    a fifth of the time, for an answer or a process to start."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores + 1, memory // WORKER_BYTES - 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: nobody waits for one of them at the end."""

    def rank(item: pytest.Item) -> int:
        return [item.nodeid.startswith(one) for one in (*LONGEST, "")].index(True)

    items.sort(key=rank)


def in_words(value: object) -> str:
    """A parameter in a test's name, the same in every process: no address of a function is."""
    return "…" if callable(value) else str(value)
