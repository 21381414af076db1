"""Signed links: what is written is read, and nothing else is."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.capture.link_key import KeyUnkept, KeyUnreadable, LinkKey
from footfall.capture.signed_links import SignedLink, Signer
from footfall.core.events import REFERENCES, EventKind

SIGNER = Signer(bytes(32))
LINKS = some.builds(
    SignedLink,
    tracker=some.integers(1, (1 << 63) - 1),
    kind=some.sampled_from(EventKind),
    references=some.dictionaries(some.sampled_from(REFERENCES), some.text(max_size=40)),
    unique=some.text(max_size=40),
    landing=some.text(max_size=200),
)
URL_LETTERS = set(string.ascii_letters + string.digits + "-_")


@given(link=LINKS)
def test_a_link_is_read_as_it_was_written_and_is_plain_text_of_a_url(link: SignedLink) -> None:
    text = SIGNER.write(link)
    assert set(text) <= URL_LETTERS
    assert SIGNER.read(text) == link


@given(link=LINKS, place=some.integers(0), letter=some.sampled_from(sorted(URL_LETTERS)))
def test_a_link_that_was_changed_is_none(link: SignedLink, place: int, letter: str) -> None:
    text = SIGNER.write(link)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    read = SIGNER.read(changed)
    # The last letter may hold bits that mean nothing: then it is the same link.
    assert read is None or read == link


@given(link=LINKS)
def test_another_key_reads_nothing(link: SignedLink) -> None:
    assert Signer(b"1" * 32).read(SIGNER.write(link)) is None


@given(text=some.text())
def test_text_that_nobody_signed_is_none(text: str) -> None:
    assert SIGNER.read(text) is None


@given(link=LINKS)
def test_a_visitor_is_one_for_each_who_is_counted_once(link: SignedLink) -> None:
    assert 0 <= link.visitor < 1 << 32
    assert (link.visitor == 0) == (link.unique == "")


def test_the_key_is_made_once_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "link-key"
    key = LinkKey(path).key
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert LinkKey(path).key == key
    path.write_text("torn")
    with pytest.raises(KeyUnreadable, match="backup"):
        LinkKey(path)
    assert path.read_text() == "torn"


def test_nothing_is_signed_before_the_key_is_on_disk(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    made = LinkKey(directory / "link-key")  # there is no such directory yet
    signer = Signer(made.key, made.keep)
    with pytest.raises(KeyUnkept, match="no link is signed yet"):
        signer.write(SignedLink(tracker=2, kind=EventKind.OPEN))
    directory.mkdir()
    text = signer.write(SignedLink(tracker=2, kind=EventKind.OPEN))
    assert Signer(LinkKey(directory / "link-key").key).read(text) is not None
