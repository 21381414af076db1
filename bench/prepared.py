"""A data directory with an account and codes in it, before the first server starts there."""

from functools import partial
from pathlib import Path

import msgspec

from footfall import bootstrap
from footfall.catalog.tables import TrackerRow
from footfall.cli.demo.generate import Subject
from footfall.config import Settings
from footfall.core.accounts import Privacy
from footfall.core.events import EventKind
from footfall.dialects.openqr.records import SOURCE, create_dynamic
from tests.support.running import ADMIN_KEY, RunningServer

COARSE_SLUG = "bench-coarse"
FULL_SLUG = "bench-full"


class Prepared(msgspec.Struct, frozen=True):
    """`subjects` are codes of the OpenQR dialect, which are coarse; the first has the slug
    `bench-coarse`. `full` is a tracker with everything that a visit shows, `bench-full`."""

    directory: Path
    subjects: list[Subject]
    full: int


def prepare(directory: Path, codes: int) -> Prepared:
    """Make the account and so many codes."""
    settings = Settings(data=str(directory), bootstrap_key=ADMIN_KEY)
    catalog = bootstrap.open_catalog(settings)
    bootstrap.bootstrap(catalog, settings)
    now = catalog.clock()
    subjects = []
    with catalog.writing() as session:
        for number in range(codes):
            slug = f"{COARSE_SLUG}{number or ''}"
            code = create_dynamic(
                session, 1, "https://example.org/", now=now, draw_slug=partial(str, slug)
            )
            assert code.tracker_id is not None
            subjects.append(Subject(code.tracker_id, code.id))
        tracker = TrackerRow(
            account_id=1,
            slug=FULL_SLUG,
            kind=EventKind.SCAN.value,
            source=SOURCE,
            destination="https://example.org/",
            privacy=Privacy.FULL.value,
            created_at=now,
            updated_at=now,
        )
        session.add(tracker)
        session.flush()
        full = tracker.id
    catalog.close()
    return Prepared(directory, subjects, full)


def server_on(directory: Path) -> RunningServer:
    """A server with every step of enrichment on: visitors' addresses come by a proxy's header."""
    return RunningServer(directory, trusted_proxy_hops=1, requests_per_minute=1_000_000)
