"""What holds for every endpoint of the Copernica dialect: it is documented, accounts are apart."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from footfall.bootstrap import open_catalog
from footfall.config import Settings
from footfall.core.accounts import Scope
from footfall.dialects.copernica.api import ENDPOINTS, OPERATIONS, WORDS, document
from footfall.dialects.copernica.databases import Collection, Database
from footfall.dialects.copernica.endpoints import Endpoint
from tests.dialects.copernica import SALE, Mailing, refused
from tests.support.running import RunningServer

PAGE = Path(__file__).parent.parent.parent / "docs" / "dialects" / "copernica.md"
NEW_NAMES = {"publisher": "html", "ms": "draganddrop"}
ROOTS = {1: "/v1", 2: "/v2", 3: "/v3", 4: "/v4"}
ALL = [(version, one) for version, endpoints in ENDPOINTS.items() for one in endpoints]


def test_every_endpoint_is_on_the_dialects_page() -> None:
    rows = re.findall(r"^\| (`(?:GET|POST|PUT)[^|]*) \|", PAGE.read_text(), re.MULTILINE)
    mentioned = set()
    for text in re.findall(r"`([A-Z, ]+ /[^`]+)`", "\n".join(rows)):
        methods, path = re.fullmatch(r"([A-Z, ]+) /\{version\}/(\S+)", text).groups()  # type: ignore[union-attr]
        for product in ("", "publisher/", "ms/"):
            for events in (
                "impressions",
                "clicks",
                "deliveries",
                "errors",
                "abuses",
                "unsubscribes",
            ):
                whole = path.replace("{product}/", product).replace("{events}", events)
                mentioned |= {(method, whole) for method in methods.split(", ")}
    for _, one in ALL:
        path = one.path.replace("message/", "destination/")
        assert (one.method, path) in mentioned, one.path


def test_every_path_without_a_product_begins_with_a_word_that_is_routed() -> None:
    for one in ENDPOINTS[1]:
        assert one.path.split("/")[0] in WORDS


def test_the_document_has_every_endpoint_at_every_root() -> None:
    described = {(one.method, one.path) for one in OPERATIONS}
    for version, one in ALL:
        for root in ("", "/v1") if version == 1 else (f"/v{version}",):
            assert (one.method, f"{root}/{one.path}") in described


def test_the_document_has_the_login_and_every_other_path_of_what_it_describes() -> None:
    paths = document()["paths"]
    for path in ("/", "/v4/authenticate"):
        login = paths[path]["post"]
        (form,) = login["requestBody"]["content"]
        assert (form, login["security"]) == ("application/x-www-form-urlencoded", [])
        assert list(login["responses"]["200"]["content"]) == ["text/plain"]
    for one in ENDPOINTS[4]:
        parts = [NEW_NAMES.get(part, part) for part in one.path.split("/")]
        assert one.method.lower() in paths[f"/v4/{'/'.join(parts)}"], one.path
    for one in ENDPOINTS[1]:
        if one.events:
            for version in (2, 3, 4):
                assert "get" in paths[f"/v{version}/{one.path}"], one.path


# ── accounts apart ────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def ours(server: RunningServer) -> Iterator[Mailing]:
    """An account with one of everything."""
    mailing = Mailing(server, subject="Ours")
    person = {"fields": {"our_email": "ours@example.org"}, "interests": ["our_interest"]}
    mailing.profile = mailing.create("profiles", person)
    path = f"profile/{mailing.profile}/subprofiles/1"
    mailing.subprofile = mailing.create(path, {"our_score": 6})
    made = mailing.address([{"subprofile": mailing.subprofile}], [SALE])["data"][0]
    mailing.destination = made["destination"]
    mailing.fetch(made["pixel"])
    mailing.fetch(made["links"][0])
    person = {"destination": mailing.destination, "profile": mailing.profile}
    for kind in ("delivery", "bounce", "complaint", "unsubscribe"):
        mailing.ingest({"kind": kind, "references": {**person, "subprofile": mailing.subprofile}})
    yield mailing
    mailing.close()


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> Iterator[httpx.Client]:
    """The admin of another account, with nothing in it."""
    catalog = open_catalog(Settings(data=str(server.data)))
    _, secret = catalog.create_account("Stranger", "stranger@example.org")
    catalog.close()
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        yield client


def place_of(mailing: Mailing, version: int, one: Endpoint) -> str:
    """The endpoint's path, for what this account has."""
    word = next((word for word in one.path.split("/") if f"{word}/{{id}}" in one.path), "")
    ids = {
        "emailing": mailing.emailing,
        "destination": mailing.destination,
        "message": mailing.destination,
        "profile": mailing.profile,
        "subprofile": mailing.subprofile,
        "database": "1",
        "collection": "1",
        "": "",
    }
    path = one.path.replace("{id}", ids[word]).replace("{collection}", "1")
    return f"{ROOTS[version]}/{path}"


def shown(mailing: Mailing) -> list[Any]:
    """Everything that the account has."""
    paths = ["publisher/emailings", "publisher/destinations", "profiles", "subprofiles"]
    paths += [f"publisher/emailing/{mailing.emailing}/links"]
    return [mailing.get(path) for path in paths]


@pytest.mark.parametrize("version", ENDPOINTS)
def test_no_account_sees_or_touches_anothers(
    ours: Mailing, stranger: httpx.Client, version: int
) -> None:
    before = shown(ours)
    body = {"destinations": [{"destination": ours.destination}]}
    for one in ENDPOINTS[version]:
        path = place_of(ours, version, one)
        about = f"{one.method} {path}"
        shared = one.path.startswith(("database/", "collection/"))  # each account has its own 1
        owned = "{id}" in one.path and not shared
        if one.method == "POST" and not owned:
            continue  # makes its own
        mine = ours.client.get(path).json() if one.method == "GET" else None
        response = stranger.request(one.method, path, json=None if one.method == "GET" else body)
        if one.method == "DELETE" and version == 1:
            assert (response.status_code, "x-deleted" in response.headers) == (204, False), about
        elif owned:
            assert refused(response).startswith(("No entity", "No subprofile")), about
            assert mine is None or "error" not in mine, about
        elif one.row in (Database, Collection) or one.answer in (Database, Collection):
            assert "our_" in str(mine), about
            assert "our_" not in response.text, about
        elif one.row is not None:
            assert (response.json()["total"], response.json()["data"]) == (0, []), about
            assert mine is not None
            assert mine["total"] == len(mine["data"]) > 0, about
        elif one.path == "identity":
            assert response.json()["name"] == "Stranger"
    assert shown(ours) == before


def test_v4_has_everything_of_the_products_by_their_new_names_too(ours: Mailing) -> None:
    asked = 0
    for one in ENDPOINTS[4]:
        path = place_of(ours, 4, one)
        parts = [NEW_NAMES.get(part, part) for part in path.split("/")]
        if one.method == "GET" and (alias := "/".join(parts)) != path:
            answer = ours.client.get(alias)
            assert (answer.status_code, answer.json()) == (200, ours.client.get(path).json()), alias
            assert refused(ours.client.get(alias.replace("/v4", "/v3"))) == "Invalid method"
            asked += 1
    assert asked > 60
    for name in NEW_NAMES.values():
        made = ours.client.post(f"/v4/{name}/emailings", json={"subject": "New names"})
        place = f"/v4/{name}/emailing/{made.headers['x-created']}"
        assert ours.client.put(place, json={"subject": "Newer"}).status_code == 204
        assert ours.client.get(place).json()["subject"] == "Newer"
        assert ours.client.delete(place).status_code == 204


def test_no_filter_finds_anothers_events(ours: Mailing, stranger: httpx.Client) -> None:
    for name in ("emailing", "destination", "profile", "subprofile"):
        for path in ("/impressions", "/v2/publisher/clicks", "/v4/ms/deliveries"):
            query = {name: getattr(ours, name)}
            assert ours.client.get(path, params=query).json()["total"] == 1
            assert stranger.get(path, params=query).json()["data"] == []


def test_nothing_of_anothers_goes_into_a_mailing(
    ours: Mailing, stranger: httpx.Client, server: RunningServer
) -> None:
    made = stranger.post("/v4/publisher/emailings", json={})
    emailing = made.headers["x-created"]
    for entry in (
        {"profile": ours.profile},
        {"subprofile": ours.subprofile},
        {"destination": ours.destination},
    ):
        path = f"/v4/publisher/emailing/{emailing}/links"
        text = refused(stranger.post(path, json={"destinations": [entry]}))
        assert text.startswith(("No entity", "No subprofile"))
    path = f"/v4/publisher/emailing/{emailing}/destinations"
    refused(stranger.post(path, json={"profile": ours.profile}))
    assert stranger.get(path).json()["data"] == []
    stranger.delete(f"/v4/publisher/emailing/{emailing}")


def test_a_key_that_may_only_read_changes_nothing(ours: Mailing) -> None:
    catalog = open_catalog(Settings(data=str(ours.server.data)))
    secret, _ = catalog.create_key(int(ours.account), "reads", frozenset({Scope.READ}))
    catalog.close()
    before = shown(ours)
    for version, one in ALL:
        path = place_of(ours, version, one)
        if one.method == "GET":
            continue
        response = ours.anybody.request(one.method, path, params={"access_token": secret}, json={})
        assert "scope 'write'" in refused(response), path
    assert shown(ours) == before
    answer = ours.anybody.get("/v4/publisher/impressions", params={"access_token": secret})
    assert answer.json()["total"] == 1
