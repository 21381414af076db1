"""Makes an account and the code that is scanned, in a data directory of its own."""

from footfall import bootstrap
from footfall.catalog.records import new_tracker
from footfall.cli.torture.scanning import SLUG
from footfall.config import load
from footfall.core.accounts import Privacy


def main() -> None:
    settings, _ = load()
    catalog = bootstrap.open_catalog(settings)
    bootstrap.bootstrap(catalog, settings)
    now = catalog.clock()
    with catalog.writing() as session:
        session.add(
            new_tracker(
                *(1, "torture", now, SLUG),
                destination="https://example.org/",
                privacy=Privacy.FULL.value,  # the number of a scan travels in its referrer
            )
        )
    catalog.close()


if __name__ == "__main__":
    main()
