"""The zone of a page is searched: by city, by country, by an older name, by offset."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator

from tests.browser.functions import Functions
from tests.browser.walking import Dashboard, on_a_phone_too
from tests.support.running import RunningServer


@pytest.fixture(scope="module")
def search() -> Iterator[Functions]:
    with Functions("zones.ts") as functions:
        yield functions


@pytest.fixture(scope="module")
def zones(product: RunningServer) -> list[dict[str, Any]]:
    """As the page has them: with the names of their countries."""
    names = {
        "IN": "India",
        "UA": "Ukraine",
        "IS": "Iceland",
        "BR": "Brazil",
        "JP": "Japan",
        "MX": "Mexico",
    }
    listed = product.client.get("/zones").raise_for_status().json()["zones"]
    return [{**zone, "countryName": names.get(zone["country"], "")} for zone in listed]


@pytest.mark.parametrize(
    ("typed", "first", "formerly"),
    [
        ("Kolkata", "Asia/Kolkata", None),
        ("kolk", "Asia/Kolkata", None),
        ("Calcutta", "Asia/Kolkata", "Asia/Calcutta"),
        ("india", "Asia/Kolkata", None),
        ("Kyiv", "Europe/Kyiv", None),
        ("europe/kiev", "Europe/Kyiv", "Europe/Kiev"),
        ("Rangoon", "Asia/Yangon", "Asia/Rangoon"),
        ("Montreal", "America/Toronto", "America/Montreal"),
        ("são paulo", "America/Sao_Paulo", None),
        ("york", "America/New_York", None),
        ("buenos aires", "America/Argentina/Buenos_Aires", None),
        ("iceland", "Atlantic/Reykjavik", None),
        ("us/pacific", "America/Los_Angeles", "US/Pacific"),
        ("japan", "Asia/Tokyo", None),
        ("mexico", "America/Mexico_City", None),
        ("utc", "UTC", None),
        ("zulu", "UTC", "Etc/Zulu"),
        ("etc/gmt+5", "Etc/GMT+5", None),
    ],
)
def test_a_zone_is_found_by_its_names_and_its_country(
    search: Functions, zones: list[dict[str, Any]], typed: str, first: str, formerly: str | None
) -> None:
    found = search("searchZones", zones, typed)
    assert found, typed
    assert found[0]["zone"]["name"] == first
    assert found[0].get("alias") == formerly


@pytest.mark.parametrize(
    ("typed", "offsets"),
    [
        ("+05:30", {"+05:30"}),
        ("UTC+5:30", {"+05:30"}),
        ("gmt +0530", {"+05:30"}),
        ("UTC+5", {"+05:00"}),
        ("+05:", {"+05:00", "+05:30", "+05:45"}),
        ("+05:4", {"+05:45"}),
        ("utc-3", {"-03:00"}),
        ("\N{MINUS SIGN}09:30", {"-09:30"}),
        ("UTC-0", {"+00:00"}),
        ("5:45", {"+05:45"}),
        ("+25", set()),
    ],
)
def test_a_zone_is_found_by_its_offset(
    search: Functions, zones: list[dict[str, Any]], typed: str, offsets: set[str]
) -> None:
    found = {one["zone"]["utc_offset"] for one in search("searchZones", zones, typed)}
    assert found == offsets


@pytest.mark.parametrize(("typed", "sign"), [("utc-", "-"), ("+", "+")])
def test_a_sign_alone_finds_all_on_that_side_of_utc(
    search: Functions, zones: list[dict[str, Any]], typed: str, sign: str
) -> None:
    found = search("searchZones", zones, typed)
    assert [one["zone"] for one in found] == [one for one in zones if sign in one["utc_offset"]]


def test_no_text_finds_all_zones_and_any_text_some_or_none(
    search: Functions, zones: list[dict[str, Any]]
) -> None:
    assert [one["zone"] for one in search("searchZones", zones, " ")] == zones
    for text in (
        "(",
        "\\",
        "[a",
        "*",
        "+",
        "12",
        "/",
        "nowhere at all",
        "\N{LATIN SMALL LETTER I}",
    ):
        assert isinstance(search("searchZones", zones, text), list)
    assert search("searchZones", zones, "nowhere at all") == []


def field_of(dashboard: Dashboard, address: str) -> Locator:
    page = dashboard.open(address, "Overview")
    field = page.get_by_role("combobox", name="Time zone")
    page.wait_for_function(
        "() => document.querySelector('[role=combobox]').value.includes(', UTC')"
    )
    return field


def test_a_zone_is_chosen_by_keyboard(dashboard: Dashboard) -> None:
    field = field_of(dashboard, "/?zone=UTC")
    page = field.page
    field.focus()
    assert field.get_attribute("aria-expanded") == "false"
    page.keyboard.type("calc")
    assert field.get_attribute("aria-expanded") == "true"
    active = page.locator(f"[id='{field.get_attribute('aria-activedescendant')}']")
    assert re.search(r"Kolkata\s+UTC\+05:30", active.inner_text())
    assert "formerly Asia/Calcutta" in active.inner_text()
    page.get_by_role("status").get_by_text("1 time zone", exact=True).wait_for(state="attached")
    assert not dashboard.serious_violations()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*zone=Asia%2FKolkata*")
    assert field.input_value() == "Asia/Kolkata, UTC+05:30"
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("listbox", name="Time zone").get_by_role("option", selected=True)
    assert chosen.get_attribute("id") == field.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    assert "Asia%2FKolkata" in page.url
    page.keyboard.type("nowhere")
    page.get_by_text("No time zone matches.").first.wait_for()
    page.keyboard.press("Tab")
    assert field.input_value() == "Asia/Kolkata, UTC+05:30"


@on_a_phone_too
def test_a_zone_is_chosen_by_pointer_and_its_list_is_on_the_screen(dashboard: Dashboard) -> None:
    field = field_of(dashboard, "/?zone=Europe/Kiev")
    page = field.page
    now = datetime.now(ZoneInfo("Europe/Kyiv")).isoformat()[-6:]
    assert field.input_value() == f"Europe/Kyiv, UTC{now}"
    field.click()
    popup = page.get_by_role("listbox", name="Time zone")
    box, size = popup.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert popup.get_by_role("option").count() > 400
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    field.fill("+05:45")
    option = popup.get_by_role("option", name="Kathmandu")
    target = option.bounding_box()
    assert target is not None
    assert target["height"] >= 24
    option.click()
    page.wait_for_url("**/*zone=Asia%2FKathmandu*")
    popup.wait_for(state="hidden")
