"""The database, and profiles selected by what their fields say.

https://github.com/CopernicaMarketingSoftware/Documentation: `rest-get-databases`,
`rest-get-database-profiles`, `rest-fields-parameter`
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dialects.copernica import Mailing, refused
from tests.support.running import RunningServer

PEOPLE: list[dict[str, Any]] = [
    {"fields": {"name": "Ada", "age": "36", "country": "NL"}, "interests": ["soccer"]},
    {"fields": {"Name": "Bo", "age": 7, "country": "nl"}, "interests": ["baseball", "soccer"]},
    {"fields": {"name": "Cy", "age": "1e2", "country": "Belgié"}},
    {"fields": {"name": "Di", "age": "unknown"}},
    {"fields": {"name": "Gone", "shoe": "43"}, "interests": ["chess"]},
]


@pytest.fixture(scope="module")
def shop(server: RunningServer) -> Iterator[Mailing]:
    """Five profiles, the last of which was removed."""
    mailing = Mailing(server)
    made = [mailing.create("profiles", person) for person in PEOPLE]
    mailing.create(f"profile/{made[0]}/subprofiles/1", {"order": "A-1", "total": "19.50"})
    mailing.create(f"profile/{made[1]}/subprofiles/1", {"order": "A-2", "total": "9"})
    assert mailing.client.delete(f"/v4/profile/{made[-1]}").status_code == 204
    yield mailing
    mailing.close()


def names(found: Any) -> list[str]:
    return [row["name"] for row in found["data"]]


def people(shop: Mailing, *fields: str, path: str = "database/1/profiles", **query: Any) -> str:
    """The initials of those who are listed."""
    rows = shop.rows(path, **{"fields[]": list(fields), **query})
    return "".join((row["fields"].get("name") or row["fields"]["Name"])[0] for row in rows)


@pytest.mark.parametrize("root", ["", "/v1", "/v2", "/v3", "/v4"])
def test_every_version_lists_the_one_database_with_what_is_in_it(shop: Mailing, root: str) -> None:
    listed = shop.client.get(f"{root}/databases").json()
    assert (listed["start"], listed["count"], listed["total"]) == (0, 1, 1)
    (database,) = listed["data"]
    assert shop.client.get(f"{root}/database/1").json() == database
    assert shop.client.get(f"{root}/database/Footfall").json() == database
    assert (database["ID"], database["name"], database["archived"]) == ("1", "Footfall", False)
    assert names(database["fields"]) == ["name", "age", "country"]
    assert names(database["interests"]) == ["soccer", "baseball"]
    assert names(database["collections"]) == ["Footfall"]
    (collection,) = database["collections"]["data"]
    assert (collection["database"], names(collection["fields"])) == ("1", ["order", "total"])
    assert shop.client.get(f"{root}/collection/1").json() == collection
    for name in ("fields", "interests", "collections"):
        rows = shop.client.get(f"{root}/database/1/{name}").json()
        assert rows["data"] == database[name]["data"]
    fields = shop.client.get(f"{root}/collection/1/fields").json()["data"]
    assert fields == collection["fields"]["data"]
    for path in ("database/1/profileids", "collection/1/subprofileids"):
        ids = shop.client.get(f"{root}/{path}").json()
        assert ids == shop.get(path) != []
    assert len({row["ID"] for row in (*fields, *database["fields"]["data"])}) == 5


def test_lists_of_the_database_have_parts(shop: Mailing) -> None:
    path = "database/1/fields"
    assert names(shop.get(path, start=1, limit=1)) == ["age"]
    assert shop.get(path, total=0).keys() == {"start", "limit", "count", "data"}
    for part in ({"start": -1}, {"limit": -1}, {"limit": 0}, {"start": 9}):
        found = shop.get(path, **part)
        assert (found["data"], found["total"]) == ([], 3)
    ids = [row["ID"] for row in shop.rows("profiles")]
    assert shop.get("database/1/profileids") == ids
    assert shop.get("database/1/profileids", start=1, limit=2) == ids[1:3]
    assert shop.get("database/1/profileids", start=-1) == []
    assert shop.get("collection/1/subprofileids") == [row["ID"] for row in shop.rows("subprofiles")]


def test_what_is_unknown_or_not_served_is_refused_in_the_vendors_words(shop: Mailing) -> None:
    for path in ("database/2", "database/2/fields", "database/x/profileids"):
        assert refused(shop.client.get(f"/v4/{path}")) == "No database with supplied ID"
    for path in ("collection/2", "collection/2/fields", "collection/0/subprofileids"):
        assert refused(shop.client.get(f"/v4/{path}")) == "No collection with given ID"
    for path in ("database/1/views", "database/1/field/1", "collection/1/miniviews"):
        assert refused(shop.client.get(f"/v4/{path}")) == "Invalid method"
    for method in ("POST", "PUT", "DELETE"):
        for path in ("databases", "database/1", "database/1/fields", "collection/1"):
            assert refused(shop.client.request(method, f"/v2/{path}")) == "Invalid method"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (("age>16", "age<=65"), "A"),
        (("age>=7",), "ABC"),
        (("age==100",), "C"),
        (("age==7.0",), "B"),
        (("age!=7",), "ACD"),
        (("AGE<50",), "AB"),
        (("country==nl",), "AB"),
        (("country!=NL",), "CD"),
        (("country<>NL",), "CD"),
        (("country==",), "D"),
        (("country==BELGIÉ",), "C"),
        (("country=~%EL%",), "C"),
        (("country!~n_",), "CD"),
        (("name>=c",), "CD"),
        ((" name==Bo ",), "B"),
        (("nobody==5",), "ABCD"),
        (("shoe==43",), "ABCD"),
        (("country",), "ABCD"),
        (("name==Ada", "name==Bo"), ""),
        (("name==';--",), ""),
        (("name==Ada", "id>0", "created>2020-01-01"), "A"),
    ],
)
def test_profiles_are_selected_by_their_fields(
    shop: Mailing, fields: tuple[str, ...], found: str
) -> None:
    for path in ("database/1/profiles", "profiles"):
        assert people(shop, *fields, path=path) == found
        assert shop.get(path, **{"fields[]": fields})["total"] == len(found)


def test_profiles_come_in_the_order_that_is_asked_for(shop: Mailing) -> None:
    assert people(shop, orderby="name", order="desc") == "DCBA"
    assert people(shop, orderby="country", order="asc") == "DCAB"
    assert people(shop, orderby="COUNTRY", start=1, limit=2) == "CA"
    assert people(shop, order="desc") == people(shop, orderby="id", order="desc") == "DCBA"
    assert people(shop, orderby="nothing") == people(shop, orderby="id") == "ABCD"
    assert sorted(people(shop, orderby="random")) == list("ABCD")
    profile = shop.rows("profiles")[3]["ID"]
    strange = ('a"b', "a\\", "'", "$", "[0]", "a.b", "5", "é ü", "\n")
    written = shop.client.put(f"/v4/profile/{profile}/fields", json=dict.fromkeys(strange, "1"))
    assert written.status_code == 204
    for name in strange:
        assert sorted(people(shop, orderby=name, order="desc")) == list("ABCD")
    assert people(shop, orderby="a.b", order="desc")[0] == "D"
    first = shop.rows("profiles")[0]["ID"]
    assert shop.client.put(f"/v4/profile/{first}", json={"interests": ["tea"]}).status_code == 204
    assert people(shop, orderby="modified", order="desc")[0] == "A"
    assert "nextid" in shop.get("profiles")
    assert "nextid" not in shop.get("profiles", orderby="name")


def test_a_comparison_that_is_too_large_is_refused(shop: Mailing) -> None:
    for fields in (["name=~" + "%a" * 101], ["name=~a\0"], ["name==A"] * 51):
        answer = shop.client.get("/v4/profiles", params={"fields[]": fields})
        assert refused(answer).startswith("Invalid data provided: ")
    for value in ("9" * 400, "-1e999", "1e-999", " 7 ", "٧", "0x10", "nan", "inf"):
        assert shop.client.get("/v4/profiles", params={"fields[]": f"age>{value}"}).is_success


def test_subprofiles_are_selected_in_the_same_way(shop: Mailing) -> None:
    for path in ("collection/1/subprofiles", "subprofiles"):
        (row,) = shop.rows(path, **{"fields[]": "total>9", "dataonly": "true"})
        assert row.keys() == {"ID", "fields", "modified"}
        assert row["fields"]["order"] == "A-1"


def test_dataonly_leaves_the_rest_of_a_profile_out(shop: Mailing) -> None:
    for row in shop.rows("database/1/profiles", dataonly=1):
        assert row.keys() == {"ID", "fields", "interests", "modified"}
    assert "secret" in shop.rows("database/1/profiles", dataonly="false")[0]
