"""Loads the demo into a data directory that no server uses at the moment."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from footfall import bootstrap
from footfall.catalog.catalog import SqlCatalog
from footfall.cli.demo.apis import ApiData, Order
from footfall.cli.demo.calendar import slots
from footfall.cli.demo.codes import create_codes, find_codes, subjects
from footfall.cli.demo.doors import PROMISED
from footfall.cli.demo.generate import Plan, Subject, generate, insert_lines
from footfall.cli.demo.people import REFERRERS, profiles
from footfall.config import Settings
from footfall.core.accounts import Privacy
from footfall.core.calendar import DAY_MS
from footfall.core.errors import Conflict, InvalidRequest
from footfall.core.ids import EPOCH_MS
from footfall.dialects.openqr.records import SOURCE
from footfall.runtime.data_directory import DirectoryInUse, locked_directory
from footfall.store.paths import own_temporary_files

DAYS_MAX: Final = 365
PEOPLE_PER_EVENT: Final = 0.4
"""So visitors come back, as guests of a restaurant do."""


class Loaded(msgspec.Struct, frozen=True):
    """`added` is 0 when the demo was there already; `first` is set at a first start."""

    first: bootstrap.FirstStart | None
    added: int


def load_demo(
    settings: Settings, events: int, days: int, seed: int, progress: Callable[[int], None]
) -> Loaded:
    """Make the resources of every API and their events; interrupted and repeated, complete them.

    `progress` hears how many events each step added. Raises DirectoryInUse while a server runs,
    InvalidRequest, and Conflict when there is another demo.
    """
    try:
        with locked_directory(settings.directory):
            own_temporary_files(settings.directory)
            return _load(settings, events, days, seed, progress)
    except DirectoryInUse as error:
        raise DirectoryInUse(
            f"{error.message} The demo is loaded while no server runs; start it afterwards."
        ) from None


def _load(
    settings: Settings, events: int, days: int, seed: int, progress: Callable[[int], None]
) -> Loaded:
    if not 1 <= days <= DAYS_MAX or bootstrap.now() - (days + 1) * DAY_MS < EPOCH_MS:
        raise InvalidRequest(f"days must be from 1 to {DAYS_MAX}, and not reach before 2025.")
    path = settings.directory / "demo.json"
    order = _read_order(path, Order(events, days, seed, bootstrap.now()))
    catalog = bootstrap.open_catalog(settings)
    first = bootstrap.bootstrap(catalog, settings)
    subjects = _codes(catalog, order)
    if order.complete:
        catalog.close()
        return Loaded(first, 0)
    owner = catalog.owner()
    assert owner is not None
    apis = ApiData(order, owner)
    lines = apis.load(catalog, settings.directory / "demo-resources.json")
    plan = demo_plan(order, owner.id, subjects, max(1, order.events - len(lines) - PROMISED))
    url, memory = bootstrap.store_url(settings), settings.memory_bytes_max
    added = 0
    for inserted in chain(
        generate(url, memory, plan), insert_lines(url, memory, f"{plan.name}-apis", lines)
    ):
        added += inserted
        progress(inserted)
    _write_order(path, msgspec.structs.replace(order, complete=True))
    catalog.close()
    return Loaded(first, added + PROMISED)


def demo_plan(order: Order, account: int, subjects: list[Subject], events: int) -> Plan:
    """OpenQR's codes are coarse whatever the account's mode: so is the demo of them."""
    return Plan(
        name=f"demo-{order.until}",
        account=account,
        source=SOURCE,
        seed=order.seed,
        privacy=Privacy.COARSE,
        slots=slots(events, order.days, order.until, len(subjects)),
        subjects=subjects,
        profiles=profiles(order.seed),
        referrers=REFERRERS,
        people=max(1, int(events * PEOPLE_PER_EVENT)),
    )


def _codes(catalog: SqlCatalog, order: Order) -> list[Subject]:
    """The trackers of the demo's codes, made at its first day unless they are there."""
    owner = catalog.owner()
    assert owner is not None
    with catalog.writing() as session:
        codes = find_codes(session, owner.id)
        if not codes:
            codes = create_codes(session, owner.id, order.until - order.days * DAY_MS)
        return subjects(codes)


def _read_order(path: Path, wanted: Order) -> Order:
    """The order of an earlier run, or this one, which is then kept."""
    if not path.exists():
        _write_order(path, wanted)
        return wanted
    earlier = msgspec.json.decode(path.read_bytes(), type=Order)
    if (earlier.events, earlier.days, earlier.seed) != (wanted.events, wanted.days, wanted.seed):
        raise Conflict(
            f"There is another demo in {path.parent}: --events {earlier.events} "
            f"--days {earlier.days} --seed {earlier.seed}. Choose another directory with --data."
        )
    return earlier


def _write_order(path: Path, order: Order) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(order))
    new.replace(path)
