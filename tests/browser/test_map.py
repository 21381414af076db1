"""The map of countries: what its colours mean, whose shapes it has, and how a country is picked."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from playwright.sync_api import Locator, Page

from footfall.parsing.countries import TABLE
from tests.browser.functions import WEB, Functions
from tests.browser.walking import PHONE, Dashboard, on_a_phone_too

PATIENT: Final = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
SHAPELESS: Final = "2 more have no shape on the map: Antarctica, European Union."


@pytest.fixture(scope="module")
def levels() -> Iterator[Functions]:
    with Functions("parts/levels.ts") as functions:
        yield functions


@pytest.fixture
def shapes() -> dict[str, Any]:
    world = json.loads((WEB / "src/parts/world.json").read_text())
    return {shape["code"]: shape for shape in world["shapes"]}


@PATIENT
@given(most=some.integers(1, 10**9), count=some.integers(1, 10**9))
def test_every_count_has_one_colour_and_a_greater_count_no_lesser_one(
    levels: Functions, most: int, count: int
) -> None:
    ranges = levels("levelsUpTo", most)
    assert 1 <= len(ranges) <= 5
    assert ranges[0][0] == 1
    assert ranges[-1][1] == most
    assert all(first <= last for first, last in ranges)
    assert all(end + 1 == first for (_, end), (first, _) in pairwise(ranges))
    first, last = ranges[levels("levelOf", min(count, most), ranges) - 1]
    assert first <= min(count, most) <= last


def test_no_events_have_the_colour_of_none(levels: Functions) -> None:
    assert levels("levelsUpTo", 0) == []
    assert levels("levelOf", 0, [[1, 9]]) == 0


def test_every_code_of_iso_3166_has_a_place_on_the_map(shapes: dict[str, Any]) -> None:
    """Antarctica is left out, and said to be. Kosovo's code is in use, though unassigned."""
    assert set(shapes) == {*TABLE, "XK"} - {"AQ"}


def test_territories_have_shapes_of_their_own(shapes: dict[str, Any]) -> None:
    apart = {"GF": "FR", "RE": "FR", "GP": "FR", "MQ": "FR", "YT": "FR"}
    apart |= {"SJ": "NO", "HK": "CN", "PR": "US", "BQ": "NL", "TK": "NZ"}
    for territory, state in apart.items():
        x, y = shapes[territory]["x"], shapes[territory]["y"]
        corners = _points(shapes[state]["path"])
        away = min(((x - left) ** 2 + (y - top) ** 2) ** 0.5 for left, top in corners)
        # Hong Kong borders on China, and Svalbard's middle is 15 units from Norway.
        assert away > (10 if territory != "HK" else 0), (territory, away)


def _points(path: str) -> Iterator[tuple[float, float]]:
    """In units of the view box: a path has half units, and steps from the point before."""
    x = y = 0
    for command, left, top in re.findall(r"([Ml])(-?\d+) (-?\d+)", path):
        x, y = (int(left), int(top)) if command == "M" else (x + int(left), y + int(top))
        yield x / 2, y / 2


def open_map(dashboard: Dashboard) -> tuple[Page, Locator]:
    """Of a page with events in a small country, one in Antarctica, and of no country."""
    sent = {"GF": 40, "RE": 9, "AQ": 1, "EU": 2}
    events = [{"kind": "scan", "country": one} for one, count in sent.items() for _ in range(count)]
    dashboard.server.client.post("/events", json=[*events, {"kind": "scan"}]).raise_for_status()
    page = dashboard.open("/", "Overview")
    countries = page.get_by_role("listbox", name="Countries")
    countries.get_by_role("option", name="French Guiana").wait_for()
    return page, countries


def test_the_map_says_what_its_colours_mean_and_what_it_cannot_show(dashboard: Dashboard) -> None:
    page, countries = open_map(dashboard)
    legend = page.get_by_role("list", name="Colours by number of events").get_by_role("listitem")
    none, *ranges = legend.all_inner_texts()
    assert none == "0"
    assert ranges[0].startswith("1")
    assert all(re.fullmatch(r"[\d,]+(–[\d,]+)?", one) for one in ranges)
    page.get_by_text(SHAPELESS).wait_for()
    page.get_by_text(re.compile(r"events? (is|are) of an unknown country")).wait_for()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        colours = legend.evaluate_all(
            "all => all.map(one => getComputedStyle(one, '::before').backgroundColor)"
        )
        assert len(set(colours)) == len(ranges) + 1
    guiana = countries.get_by_role("option", name="French Guiana")
    france = countries.get_by_role("option", name="France", exact=False)
    assert guiana.count() == 1
    assert re.search(r"^French Guiana: [\d,]+ events \(", guiana.get_attribute("aria-label") or "")
    assert france.count() <= 1
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


@on_a_phone_too
def test_a_small_country_is_picked_beside_its_dot_and_let_go_again(dashboard: Dashboard) -> None:
    page, countries = open_map(dashboard)
    reunion = countries.get_by_role("option", name="Réunion")
    reunion.scroll_into_view_if_needed()
    box = reunion.bounding_box()
    assert box is not None
    # 11 px from its centre: a target has 24.
    page.mouse.click(box["x"] + box["width"] / 2 + 11, box["y"] + box["height"] / 2)
    page.wait_for_url("**/*f.country=RE*")
    picked = countries.get_by_role("option", name="Réunion", selected=True)
    picked.wait_for()
    page.get_by_text("Country: Réunion").wait_for()
    sources = page.get_by_role("list", name="By source")
    sources.get_by_text("100%").wait_for()
    address = sources.get_by_role("link", name="Trackers").get_attribute("href")
    assert "f.country=RE" in (address or "")
    remove = page.get_by_role("button", name="Remove the filter: Réunion")
    size = remove.bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) >= 24
    assert not dashboard.serious_violations()
    remove.click()
    page.get_by_text("Country: Réunion").wait_for(state="detached")
    assert "f.country" not in page.url


def test_on_a_phone_countries_too_narrow_to_touch_have_buttons(
    dashboard: Dashboard, shapes: dict[str, Any]
) -> None:
    page, countries = open_map(dashboard)
    page.set_viewport_size(PHONE)
    beside = page.locator(".small-countries")
    whole = beside.get_by_role("button", name=re.compile("^Show all"))
    if whole.count():
        whole.click()
    map_width = page.locator(".map svg").evaluate("one => one.getBoundingClientRect().width")
    scale = map_width / json.loads((WEB / "src/parts/world.json").read_text())["width"]
    codes = countries.get_by_role("option").evaluate_all("all => all.map(one => one.dataset.code)")
    narrow = [code for code in codes if shapes[code]["narrow"] * scale < 24]
    buttons = beside.get_by_role("listitem").get_by_role("button")
    assert {"GF", "RE"} <= set(narrow)
    assert buttons.count() == len(narrow)
    sizes = buttons.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(one => [one.width, one.height])"
    )
    assert min(map(min, sizes)) >= 24
    buttons.filter(has_text="Réunion").click()
    page.wait_for_url("**/*f.country=RE*")
    page.get_by_text("Country: Réunion").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()


def test_the_map_is_used_by_keyboard(dashboard: Dashboard) -> None:
    page, countries = open_map(dashboard)
    page.get_by_role("button", name="List", exact=True).focus()
    page.keyboard.press("Tab")
    focused = page.locator("[role=option]:focus")
    assert focused.get_attribute("aria-posinset") == "1"
    page.keyboard.press("End")
    last = countries.get_by_role("option").count()
    assert focused.get_attribute("aria-posinset") == str(last)
    page.keyboard.press("ArrowLeft")
    assert focused.get_attribute("aria-posinset") == str(last - 1)
    page.keyboard.press("Home")
    page.keyboard.press("f")
    while not (focused.get_attribute("aria-label") or "").startswith("French Guiana:"):
        page.keyboard.press("f")
    outline = page.locator(".map .focus path")
    assert outline.evaluate("one => getComputedStyle(one).strokeWidth") == "3px"
    page.keyboard.press("Enter")
    page.wait_for_url("**/*f.country=GF*")
    page.get_by_text("Country: French Guiana").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Country: French Guiana").wait_for(state="detached")


def test_the_list_has_every_country_and_picks_one_too(dashboard: Dashboard) -> None:
    page, _ = open_map(dashboard)
    page.get_by_role("button", name="List", exact=True).click()
    rows = page.get_by_role("list", name="Countries")
    page.get_by_role("button", name=re.compile("^Show all")).click()
    rows.get_by_role("button", name="Antarctica", exact=True).click()
    page.get_by_text("Country: Antarctica").wait_for()
    assert not dashboard.serious_violations()
    assert not dashboard.is_wider_than_screen()
    rows.get_by_role("button", name="Unknown", exact=True).click()
    page.get_by_text("Country: Unknown").wait_for()
    rows.get_by_role("button", name="Unknown", exact=True).click()
    page.get_by_text("Country: Unknown").wait_for(state="detached")


def test_a_page_of_one_code_shows_one_country_too(dashboard: Dashboard) -> None:
    code = dashboard.server.create_code()
    page = dashboard.open(f"/codes/{code['id']}?f.country=GF", code["slug"])
    page.get_by_text("Country: French Guiana").wait_for()
    page.get_by_text("No events in these days.").or_(page.get_by_role("listbox")).first.wait_for()
