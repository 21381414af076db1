"""Makes an account and the code that is scanned, in a data directory of its own."""

from footfall import bootstrap
from footfall.catalog.tables import TrackerRow
from footfall.cli.torture.scanning import SLUG
from footfall.config import load
from footfall.core.accounts import Privacy
from footfall.core.events import EventKind


def main() -> None:
    settings, _ = load()
    catalog = bootstrap.open_catalog(settings)
    bootstrap.bootstrap(catalog, settings)
    now = catalog.clock()
    with catalog.writing() as session:
        session.add(
            TrackerRow(
                account_id=1,
                slug=SLUG,
                kind=EventKind.SCAN.value,
                source="torture",
                destination="https://example.org/",
                privacy=Privacy.FULL.value,  # the number of a scan travels in its referrer
                created_at=now,
                updated_at=now,
            )
        )
    catalog.close()


if __name__ == "__main__":
    main()
