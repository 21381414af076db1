"""Slugs and tokens with what people and programs put around them."""

from hypothesis import given
from hypothesis import strategies as some

from footfall.capture.signed_links import SignedLink, Signer
from footfall.core.events import EventKind
from footfall.web.misprints import PART_OF_SLUG, PART_OF_TOKEN, trimmed

around = some.text(some.characters(categories=["P", "S", "Z", "C"], exclude_characters="-_"))


@given(some.text())
def test_any_text_is_trimmed_once_and_for_all(text: str) -> None:
    for part in (PART_OF_SLUG, PART_OF_TOKEN):
        once = trimmed(text, part)
        assert once in text
        assert trimmed(once, part) == once


@given(around, some.from_regex("[a-z0-9-]{3,48}", fullmatch=True), around)
def test_a_slug_stays_whole(before: str, slug: str, after: str) -> None:
    assert trimmed(before + slug + after, PART_OF_SLUG) == slug


@given(around, some.text(max_size=20), around)
def test_a_token_stays_whole(before: str, unique: str, after: str) -> None:
    link = Signer(b"k" * 32).write(SignedLink(1, EventKind.OPEN, unique=unique))
    assert trimmed(before + link + after, PART_OF_TOKEN) == link
