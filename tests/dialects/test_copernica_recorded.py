"""What clients recorded of the vendor's live API (v2), of profiles and of paths that are wrong.

https://github.com/rmuit/copernica-api: `tests/ApiBehaviorTest.php`.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.dialects.copernica import Mailing, refused
from tests.support.running import RunningServer

UNKNOWN = {
    "database": "No database with supplied ID",
    "collection": "No collection with given ID",
    "profile": "No entity with supplied ID",
    "subprofile": "No subprofile with supplied ID",
}
BEHIND = {
    "database": "collections copy field fields intentions interests profileids profiles views",
    "collection": "field fields intentions miniviews subprofileids subprofiles unsubscribe",
    "profile": "datarequest fields files interests ms/destinations ms/emailings "
    "publisher/destinations publisher/emailings subprofiles",
    "subprofile": "datarequest fields ms/destinations publisher/emailings",
}
METHODS = ("GET", "POST", "PUT", "DELETE")
MISSING = "Invalid request, element {} is missing in 'directory' path"


@pytest.fixture(scope="module")
def shop(server: RunningServer) -> Iterator[Mailing]:
    """An account with a profile and a subprofile."""
    mailing = Mailing(server)
    mailing.profile = mailing.create("profiles", {"fields": {"LastName": "Muit"}})
    mailing.subprofile = mailing.create(f"profile/{mailing.profile}/subprofiles/1", {"Score": 6})
    yield mailing
    mailing.close()


def ask(mailing: Mailing, method: str, path: str, **body: Any) -> Any:
    return mailing.client.request(method, f"/v2/{path}", **body)


def say(mailing: Mailing, method: str, path: str, **body: Any) -> str:
    """The text of the refusal."""
    return refused(ask(mailing, method, path, **body))


def id_of(mailing: Mailing, resource: str) -> str:
    return {"profile": mailing.profile, "subprofile": mailing.subprofile}.get(resource, "1")


@pytest.mark.parametrize("root", ["", "/v1", "/v2", "/v3", "/v4"])
def test_every_version_has_profiles_by_database_and_subprofiles_by_collection(
    shop: Mailing, root: str
) -> None:
    made = shop.client.post(f"{root}/database/1/profiles", json={"fields": {"LastName": "Muit"}})
    profile = made.headers["x-created"]
    path = f"{root}/profile/{profile}/subprofiles/1"
    subprofile = shop.client.post(path, json={"Score": 6}).headers["x-created"]
    assert [row["ID"] for row in shop.client.get(path).json()["data"]] == [subprofile]
    profiles = shop.client.get(f"{root}/database/1/profiles").json()
    assert profile in [row["ID"] for row in profiles["data"]]
    subprofiles = shop.client.get(f"{root}/collection/1/subprofiles").json()
    assert subprofile in [row["ID"] for row in subprofiles["data"]]
    for path, name in ((f"profile/{profile}", "LastName"), (f"subprofile/{subprofile}", "Score")):
        for method in ("PUT", "POST"):
            answer = shop.client.request(method, f"{root}/{path}/fields", json={name: method})
            assert answer.status_code == (204 if root in ("/v3", "/v4") else 303)
            assert shop.client.get(f"{root}/{path}/fields").json() == {name: method}


@pytest.mark.parametrize("resource", UNKNOWN)
def test_a_path_that_ends_before_its_id_says_which_part_is_missing(
    shop: Mailing, resource: str
) -> None:
    for method in METHODS:
        for end in ("", "/", "//"):
            assert say(shop, method, f"{resource}{end}") == MISSING.format(1)
    for method in ("GET", "POST", "PUT"):
        for end in ("", "/", "//"):
            path = f"profile/{shop.profile}/subprofiles{end}"
            assert say(shop, method, path) == MISSING.format(3)
    assert say(shop, "GET", f"PROFILE/{shop.profile}") == "Invalid method"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("resource", UNKNOWN)
def test_an_id_that_is_unknown_is_refused_before_anything_behind_it(
    shop: Mailing, resource: str, method: str
) -> None:
    paths = ["99984", "-1", "bogus/path", "/bogus", f"/{id_of(shop, resource)}", "9" * 30]
    for more in BEHIND[resource].split():
        paths += [f"0/{more}", f"/{more}", more]
    for path in paths:
        assert say(shop, method, f"{resource}/{path}") == UNKNOWN[resource], path
    # Mailings are refused in the same way.
    for path in ("publisher/emailing/0/bogus", "ms/message/bogus/path", "publisher/destination//x"):
        assert say(shop, method, path) == "No entity with supplied ID", path


def test_behind_an_id_that_is_known_a_path_that_is_not_served_is_an_invalid_method(
    shop: Mailing,
) -> None:
    for method, resource, more in (
        *(("GET", "profile", "datarequest"), ("GET", "profile", "subprofile")),
        *(("POST", "profile", "files"), ("PUT", "profile", "publisher"), ("POST", "profile", "ms")),
        *(("DELETE", "profile", "fields"), ("DELETE", "profile", "subprofiles")),
        *(("DELETE", "profile", "subprofiles/1"), ("GET", "subprofile", "datarequest")),
        *(("PUT", "subprofile", "ms"), ("DELETE", "subprofile", "fields")),
        *(("GET", "database", "copy"), ("POST", "database", "profileids")),
        *(("DELETE", "database", "profiles"), ("DELETE", "collection", "subprofiles")),
        *(("POST", "collection", "subprofiles"), ("GET", "collection", "field")),
        *(
            (method, resource, part)
            for method in METHODS
            for resource in UNKNOWN
            for part in ("0", "/0")
        ),
    ):
        path = f"{resource}/{id_of(shop, resource)}/{more}"
        assert say(shop, method, path) == "Invalid method", f"{method} {path}"


def test_profiles_are_made_as_the_live_api_makes_them(mailing: Mailing) -> None:
    for wrong in (True, 0, "blah"):
        for path in ("database/1/profiles", "database/1/profiles/bogus"):
            assert say(mailing, "POST", path, json={"fields": wrong}) == "Invalid data provided"
    fields = {"Email": "rm@example.org", "email": "", "laSTNAme": "Muiii", "LaSTNAme": "Muit"}
    body = {"tonky": {"nothing": "not"}, "fields": fields}
    made = [
        ask(mailing, "POST", "database/1/profiles", json=body),
        ask(mailing, "POST", "database/fOOTfall/profiles/7", json={"FIELDS": fields}),
        # An empty array of PHP's is a list in JSON.
        ask(mailing, "POST", "database/1/profiles//bogus/", json=[]),
        ask(mailing, "POST", "database/1/profiles", json={"fields": []}),
    ]
    assert [one.status_code for one in made] == [201] * 4
    rows = ask(mailing, "GET", "database/1/profiles/bogus/path").json()["data"]
    assert [row["ID"] for row in rows] == [one.headers["x-created"] for one in made]
    assert rows[0]["fields"] == {"Email": "", "laSTNAme": "Muit"}
    assert [row["fields"] for row in rows[1:]] == [{}] * 3
    for row in rows:
        assert len(row["secret"]) == 28
        assert row["removed"] is False
    profile = rows[0]["ID"]
    for path in ("fields", "fields/1", "fields/bogus/path"):
        assert ask(mailing, "GET", f"profile/{profile}/{path}").json() == rows[0]["fields"]


def make_old(mailing: Mailing, resource: str, id: str) -> dict[str, str]:
    """As if it had last changed on 14 November 2023: times are shown in whole seconds."""
    with contextlib.closing(sqlite3.connect(mailing.server.data / "catalog.db")) as catalog:
        catalog.execute(
            f"UPDATE copernica_{resource}s SET updated_at = 1700000000000 WHERE id = ?", (id,)
        )
        catalog.commit()
    return {"modified": "2023-11-14 23:13:20"}


def changed(mailing: Mailing, path: str, body: Any) -> str:
    """Where the answer of a PUT leads."""
    answer = ask(mailing, "PUT", path, json=body)
    assert (answer.status_code, answer.content) == (303, b""), answer.text
    return str(answer.headers["location"]).partition("/v2/")[2]


@pytest.mark.parametrize("resource", ["profile", "subprofile"])
def test_a_change_is_as_the_live_api_makes_it(mailing: Mailing, resource: str) -> None:
    id = mailing.create("profiles", {"fields": {"ANumber": -1, "LastName": "Muit"}})
    if resource == "subprofile":
        id = mailing.create(f"profile/{id}/subprofiles/1", {"ANumber": -1, "LastName": "Muit"})
    path = f"{resource}/{id}"
    before = ask(mailing, "GET", path).json()
    before |= make_old(mailing, resource, id)
    bodies: tuple[Any, ...] = (
        {"fields": "bogus", "secret": 's`~"{}'},
        {"fields": []},
        [],
        {"fields": None},
    )
    for body in bodies:
        assert changed(mailing, f"{path}/", body) == path
    assert ask(mailing, "GET", path).json() == {**before, "secret": 's`~"{}'}
    assert changed(mailing, f"{path}/fields", {"ANumber": -1}) == path
    assert ask(mailing, "GET", path).json()["modified"] == before["modified"]
    assert changed(mailing, path, {"fields": {"lastNAME": "", "anumber": None}}) == path
    after = ask(mailing, "GET", path).json()
    assert after["fields"] == {"ANumber": "", "LastName": ""}
    assert after["modified"] > before["modified"]


def test_what_was_removed_is_shown_with_its_time_and_without_its_fields(mailing: Mailing) -> None:
    profile = mailing.create("profiles", {"fields": {"Email": "a@example.org"}, "interests": ["x"]})
    other = mailing.create("profiles", {})
    first, second = (
        mailing.create(f"profile/{profile}/subprofiles/{collection}", {"Score": 6})
        for collection in ("1", "fOOTfall")
    )
    kept = mailing.create(f"profile/{other}/subprofiles/1", {})
    before = {path: ask(mailing, "GET", path).json() for path in (f"subprofile/{first}",)}
    answer = ask(mailing, "DELETE", f"subprofile/{first}")
    assert (answer.status_code, answer.headers["x-deleted"]) == (
        200,
        f"subprofile/{first}".replace("/", " "),
    )
    found = ask(mailing, "GET", f"subprofile/{first}").json()
    assert found["removed"] >= found["created"]
    expected = {**before[f"subprofile/{first}"], "fields": {"Score": ""}}
    assert found == {**expected, "removed": found["removed"]}
    assert ask(mailing, "DELETE", f"profile/{profile}").status_code == 200
    for path in (f"profile/{profile}", f"subprofile/{first}", f"subprofile/{second}"):
        row = ask(mailing, "GET", path).json()
        assert set(row["fields"].values()) == {""}
        assert row["removed"] >= row["modified"]
        word = path.partition("/")[0]
        for end in ("", "/bogus"):
            text = say(mailing, "DELETE", f"{path}{end}")
            assert text == f"This {word} has already been removed"
        # It can be changed, and stays empty.
        changed(mailing, path, {"secret": "other", "fields": {"Email": "b@example.org"}})
        after = ask(mailing, "GET", path).json()
        assert (after["fields"], after["secret"]) == (row["fields"], "other")
        assert after["removed"] == row["removed"]
    assert ask(mailing, "GET", f"profile/{profile}").json()["interests"] == []
    for path, ids in (
        *(("profiles", [other]), ("database/1/profiles", [other])),
        *(("subprofiles", [kept]), ("collection/1/subprofiles", [kept])),
        *((f"profile/{profile}/subprofiles/1", []), (f"profile/{other}/subprofiles/1", [kept])),
    ):
        page = ask(mailing, "GET", path).json()
        assert ([row["ID"] for row in page["data"]], page["total"]) == (ids, len(ids)), path


def test_a_subprofile_of_an_unknown_collection_is_not_created(mailing: Mailing) -> None:
    profile = mailing.create("profiles", {})
    for end in ("99984", "-1", "bogus/path"):
        path = f"profile/{profile}/subprofiles/{end}"
        assert say(mailing, "POST", path, json={}) == "Subprofile could not be created"
        assert say(mailing, "GET", path) == UNKNOWN["collection"]
    answer = ask(mailing, "POST", f"profile/{profile}/subprofiles/1/bogus/path", json={"a": 1})
    assert answer.status_code == 201


def test_v1_takes_a_deletion_of_nothing_for_a_success(mailing: Mailing) -> None:
    for path in ("/v1/profile/99984", "/v1/subprofile/99984", "/v1/emailing/99984"):
        answer = mailing.client.delete(path)
        assert (answer.status_code, "x-deleted" in answer.headers) == (204, False)
    for version in (2, 3, 4):
        assert refused(mailing.client.delete(f"/v{version}/profile/99984")) == UNKNOWN["profile"]


def test_a_comparison_has_no_space_before_its_operator(mailing: Mailing) -> None:
    made = [mailing.create("profiles", {}) for _ in range(2)]
    for text, ids in ((f" iD=={made[0]} ", made[:1]), (f"ID =={made[0]}", made)):
        page = ask(mailing, "GET", "profiles", params={"fields[]": text}).json()
        assert [row["ID"] for row in page["data"]] == ids, text
