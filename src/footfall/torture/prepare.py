"""Makes an account and the code that is scanned, in a data directory of its own."""

from footfall import opening
from footfall.catalog.tables import TrackerRow
from footfall.config import load
from footfall.core.accounts import Privacy
from footfall.core.events import EventKind
from footfall.torture.scanning import SLUG


def main() -> None:
    settings, _ = load()
    catalog = opening.open_catalog(settings)
    opening.bootstrap(catalog, settings)
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
