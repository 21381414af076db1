"""Members, sessions and one-time links in a real catalog, with a clock of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from footfall.core.accounts import Role, Scope
from footfall.core.calendar import DAY_MS
from footfall.core.errors import Conflict, InvalidRequest, NotFound, Unauthorized
from footfall.members.members import LINK_DAYS, Invited, Members, read_email
from footfall.members.sessions import SESSIONS_MAX, Sessions, SignedIn, check_password
from footfall.members.tokens import csrf_of
from tests.support.catalogs import new_catalog

START = 1_790_000_000_000
DAYS = 30
PASSWORD = "correct horse"


class Place:
    """A catalog with one account, and the time in it."""

    def __init__(self, directory: Path) -> None:
        self.now = START
        self.catalog = new_catalog(directory, self.clock)
        self.account = self.catalog.create_account("Owner", "owner@localhost")[0].id
        self.members = Members(self.catalog, self.clock, "https://example.org")
        self.sessions = Sessions(self.catalog, self.clock, DAYS)

    def clock(self) -> int:
        return self.now

    def use(self, link: str, email: str = "", password: str = PASSWORD) -> SignedIn:
        return self.sessions.welcome(link.partition("#")[2], email, "", password)

    def join(self, email: str, role: Role = Role.OWNER) -> SignedIn:
        return self.use(self.members.invite(self.account, email, "", role).link)

    def refused(self, token: str) -> bool:
        try:
            self.sessions.find(token)
        except Unauthorized:
            return True
        return False


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.catalog.close()


# ── sessions ──────────────────────────────────────────────────────────────────────────────────


def test_a_session_ends_when_it_is_not_used_for_its_days(place: Place) -> None:
    token = place.join("ada@example.org").token
    place.now += DAYS * DAY_MS - 1
    assert place.sessions.find(token).member.email == "ada@example.org"
    place.now += DAYS * DAY_MS - 1
    assert not place.refused(token), "its end moves with every use"
    place.now += DAYS * DAY_MS
    assert place.refused(token)


def test_a_clock_that_is_set_back_ends_no_session(place: Place) -> None:
    token = place.join("ada@example.org").token
    place.now -= 3 * DAY_MS
    assert not place.refused(token)
    place.now += 2 * DAY_MS
    assert place.sessions.find(token).member.last_seen_at == START - 3 * DAY_MS
    assert place.sessions.find(token).member.last_seen_at == place.now


def test_a_new_password_ends_every_session_but_the_one_it_begins(place: Place) -> None:
    first = place.join("ada@example.org")
    second = place.sessions.sign_in("Ada@Example.org ", PASSWORD)
    link = place.members.link(place.account, first.member.id).link
    changed = place.sessions.change_password(second.member, PASSWORD, "battery staple")
    assert place.refused(first.token)
    assert place.refused(second.token)
    assert not place.refused(changed.token)
    with pytest.raises(Unauthorized):
        place.use(link)
    with pytest.raises(Unauthorized):
        place.sessions.sign_in("ada@example.org", PASSWORD)
    place.sessions.sign_in("ada@example.org", "battery staple")


def test_the_old_password_is_needed_for_a_new_one(place: Place) -> None:
    ada = place.join("ada@example.org")
    with pytest.raises(InvalidRequest):
        place.sessions.change_password(ada.member, "wrong horse", "battery staple")
    assert not place.refused(ada.token)


def test_whatever_is_wrong_the_refusal_is_the_same(place: Place) -> None:
    place.join("ada@example.org")
    place.members.invite(place.account, "bo@example.org", "", Role.VIEWER)
    said = set()
    for email in ("ada@example.org", "bo@example.org", "nobody@example.org", ""):
        with pytest.raises(Unauthorized) as refusal:
            place.sessions.sign_in(email, "wrong horse")
        said.add(refusal.value.message)
    assert len(said) == 1


def test_who_signs_in_too_often_loses_the_session_unused_for_longest(place: Place) -> None:
    tokens = [place.join("ada@example.org").token]
    for _ in range(SESSIONS_MAX):
        place.now += 1
        tokens.append(place.sessions.sign_in("ada@example.org", PASSWORD).token)
    assert place.refused(tokens[0])
    assert not any(map(place.refused, tokens[1:]))


def test_nothing_that_opens_something_is_in_the_file(place: Place, tmp_path: Path) -> None:
    invited = place.members.invite(place.account, "bo@example.org", "", Role.VIEWER)
    ada = place.join("ada@example.org")
    place.catalog.scrub()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ada@example.org" in files
    for secret in (ada.token, ada.csrf, invited.link.partition("#")[2], PASSWORD):
        assert secret.encode() not in files


def test_a_csrf_token_is_the_sessions_own(place: Place) -> None:
    first, second = place.join("ada@example.org"), place.join("bo@example.org")
    assert first.csrf == csrf_of(first.token) != second.csrf
    assert first.token not in first.csrf


# ── one-time links ────────────────────────────────────────────────────────────────────────────


def test_a_link_works_once_and_for_its_days(place: Place) -> None:
    link = place.members.invite(place.account, "bo@example.org", "", Role.EDITOR).link
    bo = place.use(link)
    assert bo.caller.may(Scope.WRITE)
    assert not bo.caller.may(Scope.ADMIN)
    with pytest.raises(Unauthorized):
        place.use(link)
    late = place.members.link(place.account, bo.member.id).link
    place.now += LINK_DAYS * DAY_MS
    with pytest.raises(Unauthorized):
        place.use(late)
    assert not place.refused(bo.token), "a link that nobody used changes nothing"


def test_a_link_for_a_forgotten_password_ends_what_was_open(place: Place) -> None:
    ada = place.join("ada@example.org")
    older = place.members.link(place.account, ada.member.id).link
    newer = place.members.link(place.account, ada.member.id).link
    with pytest.raises(Unauthorized):
        place.use(older)
    place.use(newer, password="battery staple")
    assert place.refused(ada.token)


def test_every_start_makes_a_new_first_link_until_somebody_can_sign_in(place: Place) -> None:
    older, newer = place.members.first_link(), place.members.first_link()
    assert older is not None
    assert newer is not None
    with pytest.raises(Unauthorized):
        place.use(older, "ada@example.org")
    with pytest.raises(InvalidRequest):
        place.use(newer, "no address")
    ada = place.use(newer, "Ada@Example.org")
    assert (ada.member.email, ada.member.role) == ("ada@example.org", Role.OWNER)
    assert place.members.first_link() is None
    with pytest.raises(Unauthorized):
        place.use(newer, "eve@example.org")


def test_a_start_prints_no_second_link_while_the_first_works(place: Place) -> None:
    assert place.members.first_link(again=False) is not None
    assert place.members.first_link(again=False) is None
    assert place.members.first_link() is not None


def test_the_first_link_makes_no_second_owner(place: Place) -> None:
    link = place.members.first_link()
    assert link is not None
    place.join("ada@example.org")
    with pytest.raises(Conflict):
        place.use(link, "eve@example.org")


def test_who_is_invited_may_use_the_first_link_and_is_an_owner_then(place: Place) -> None:
    place.members.invite(place.account, "ada@example.org", "", Role.VIEWER)
    link = place.members.first_link()
    assert link is not None
    assert place.use(link, "ada@example.org").member.role is Role.OWNER


# ── members ───────────────────────────────────────────────────────────────────────────────────


def test_the_last_owner_who_can_sign_in_stays_one(place: Place) -> None:
    ada = place.join("ada@example.org").member
    invited = place.members.invite(place.account, "bo@example.org", "", Role.OWNER)
    with pytest.raises(Conflict):
        place.members.remove(place.account, ada.id)
    with pytest.raises(Conflict):
        place.members.change(place.account, ada.id, role=Role.EDITOR)
    place.use(invited.link)
    place.members.change(place.account, ada.id, role=Role.EDITOR)
    with pytest.raises(Conflict):
        place.members.remove(place.account, invited.member.id)


def test_who_is_removed_is_signed_out_at_once(place: Place) -> None:
    place.join("ada@example.org")
    bo = place.join("bo@example.org", Role.VIEWER)
    link = place.members.link(place.account, bo.member.id).link
    place.members.remove(place.account, bo.member.id)
    assert place.refused(bo.token)
    with pytest.raises(Unauthorized):
        place.use(link)
    with place.catalog.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM sessions")) == 1
        assert session.scalar(text("SELECT count(*) FROM invitations")) == 0


def test_a_role_counts_from_the_next_request_on(place: Place) -> None:
    place.join("ada@example.org")
    bo = place.join("bo@example.org", Role.OWNER)
    place.members.change(place.account, bo.member.id, role=Role.VIEWER)
    assert not place.sessions.find(bo.token).caller.may(Scope.WRITE)


def test_one_address_is_one_member(place: Place) -> None:
    other = place.catalog.create_account("Other", "other@localhost")[0].id
    invited: Invited = place.members.invite(place.account, "ada@example.org", "", Role.VIEWER)
    for account in (place.account, other):
        with pytest.raises(Conflict):
            place.members.invite(account, "ADA@example.org", "", Role.VIEWER)
    with pytest.raises(NotFound):
        place.members.remove(other, invited.member.id)


@pytest.mark.parametrize("email", ["", "ada", "@x", "a@", "a b@x", "a\n@x", "a@x\0y", "ä" * 300])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidRequest):
        read_email(email)


@given(st.text(max_size=300))
def test_an_address_that_is_read_is_read_again_as_itself(email: str) -> None:
    try:
        found = read_email(email)
    except InvalidRequest:
        return
    assert read_email(found) == found


@pytest.mark.parametrize("password", ["", "ninechars", "x" * 1_025, "Ada@Example.org"])
def test_a_password_is_long_enough_and_not_the_address(password: str) -> None:
    with pytest.raises(InvalidRequest):
        check_password(password, "ada@example.org")


def test_any_other_password_will_do() -> None:
    for password in ("correct horse", "x" * 10, "x" * 1_024, "پاس‌ورد من این است"):
        check_password(password, "ada@example.org")
