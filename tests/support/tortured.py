"""What the tests of `footfall torture` share."""

import contextlib
from collections.abc import Iterator

import pytest

from footfall.cli.torture.books import Books, Skipped


@contextlib.contextmanager
def skipped_with_its_reason() -> Iterator[None]:
    """A scenario that this machine cannot run is no failure of the server's."""
    try:
        yield
    except Skipped as reason:
        pytest.skip(reason.message)


def assert_balanced(books: Books) -> None:
    assert books.answered > 0
    assert (books.lost, books.doubled) == (0, 0), books
    assert books.tables_agree, books
    assert books.balanced, books
    assert books.stored == books.answered + books.extra + books.pending_stored, books
    assert books.rollup in (None, books.stored), books
