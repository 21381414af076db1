"""Texts in the form in which they are compared, in Python and in the catalog's SQL."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Integer, String, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from footfall.catalog.searching import Folded, FoldedUrl, is_same, matches, register
from footfall.parsing.folding import fold, fold_url, readable_url


class Base(DeclarativeBase):
    pass


class Text(Base):
    __tablename__ = "texts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str | None] = mapped_column(String)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path: Path = tmp_path_factory.mktemp("texts") / "texts.db"
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, _: register(connection))
    Base.metadata.create_all(engine)
    return Session(engine)


@given(st.text())
@example("Å ſ ẞ İ ﬁ")
def test_a_text_and_its_normal_forms_are_the_same(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CAFÉ", "cafe\u0301"),
        ("STRASSE", "straße"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("\N{KELVIN SIGN}", "k"),
        ("한글", unicodedata.normalize("NFD", "한글")),
    ],
)
def test_two_spellings_of_a_word_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("other", ["cafe", "cafè", "caf é"])
def test_other_words_stay_other_words(other: str) -> None:
    assert fold(other) != fold("café")


@given(st.text() | st.text("%xn-0123456789abcdefAB./:éü"))
@example("xn--a-\ud800")
def test_no_text_is_too_odd_to_be_read_as_a_url(text: str) -> None:
    readable_url(text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://xn--mnchen-3ya.de/", "https://münchen.de/"),
        ("https://www.XN--MNCHEN-3YA.de/a", "https://www.münchen.de/a"),
        ("https://example.org/caf%C3%A9?q=%e2%82%ac", "https://example.org/café?q=€"),
        ("https://example.org/%FF%C3%A9x%ff", "https://example.org/%FF%C3%A9x%ff"),
        ("https://xn--999999999.de/100%", "https://xn--999999999.de/100%"),
    ],
)
def test_a_url_is_shown_as_a_browser_shows_it(url: str, shown: str) -> None:
    assert readable_url(url) == shown


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@example(text="https://xn--mnchen-3ya.de/100%25_%C3%9C")
@example(text="ABC")
@example(text="École")
def test_sql_folds_as_python_does(session: Session, text: str) -> None:
    row = Text(text=text)
    session.add(row)
    session.flush()
    id = row.id
    found = session.execute(
        select(Folded(Text.text), FoldedUrl(Text.text)).where(Text.id == id)
    ).one()
    assert (found[0], found[1]) == (fold(text), fold_url(text))
    same = select(Text.id).where(Text.id == id, is_same(Text.text, text.upper().lower().upper()))
    assert (session.scalar(same) is not None) == (fold(text.upper().lower().upper()) == fold(text))
    for part in (text, text[:3], text[1:]):
        assert session.scalar(select(Text.id).where(Text.id == id, matches(part, [Text.text])))
        assert session.scalar(select(Text.id).where(Text.id == id, matches(part, (), [Text.text])))
    session.rollback()


def test_what_is_not_there_is_nothing(session: Session) -> None:
    session.rollback()
    session.add(Text(text=None))
    (found,) = session.execute(select(Folded(Text.text), FoldedUrl(Text.text))).all()
    assert [one is None for one in found] == [True, True]
    assert session.scalar(select(Text.id).where(matches("", [Text.text]))) is None
    session.rollback()
