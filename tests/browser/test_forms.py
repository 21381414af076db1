"""Forms send what was typed, exactly, and nothing else: nobody's change is undone by another's."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.people import browser_of, enter, join, open_page
from tests.support.running import RunningServer


@pytest.fixture
def page(server: RunningServer, chrome: Browser) -> Iterator[Page]:
    """An owner's, in a browser whose clock is not that of the days that the page shows."""
    with browser_of(server, chrome, zone="America/New_York") as context:
        enter(context, server, join(server, server.client, "owner"))
        yield context.new_page()


def _name() -> str:
    return f"n{uuid.uuid4().hex[:10]}"


def _sent(page: Page) -> list[Any]:
    """The bodies of changes, as they are sent."""
    bodies: list[Any] = []

    def note(request: Request) -> None:
        if request.method in ("PUT", "PATCH"):
            bodies.append(request.post_data_json)

    page.on("request", note)
    return bodies


# ── what differs ──────────────────────────────────────────────────────────────────────────────


def test_a_tracker_that_somebody_changed_meanwhile_is_not_changed_back(
    page: Page, server: RunningServer
) -> None:
    name = _name()
    made = {"kind": "open", "name": name, "privacy": "full"}
    path = server.client.post("/trackers", json=made).headers["location"]
    open_page(page, path, name)
    page.get_by_role("button", name="Change", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill(f"{name} by me")
    server.client.patch(path, json={"privacy": "coarse"}).raise_for_status()
    bodies = _sent(page)
    form.get_by_role("button", name="Save").click()
    form.get_by_text("Somebody else changed this since you opened it").wait_for()
    assert server.client.get(path).json()["name"] == name
    form.get_by_role("button", name="Load it again").click()
    expect(form.get_by_role("combobox")).to_have_value("coarse")
    expect(form.get_by_label("Name", exact=True)).to_have_value(f"{name} by me")
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")
    assert bodies == [{"name": f"{name} by me"}] * 2
    now = server.client.get(path).json()
    assert (now["name"], now["privacy"]) == (f"{name} by me", "coarse")


def test_a_field_that_two_people_change_is_named(page: Page, server: RunningServer) -> None:
    name = _name()
    path = server.client.post("/trackers", json={"kind": "open", "name": name}).headers["location"]
    open_page(page, path, name)
    page.get_by_role("button", name="Change", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill("mine")
    server.client.patch(path, json={"name": "theirs"}).raise_for_status()
    form.get_by_role("button", name="Save").click()
    form.get_by_role("button", name="Load it again").click()
    form.get_by_text("Somebody else changed this meanwhile: Name.").wait_for()
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")
    assert server.client.get(path).json()["name"] == "mine"


def test_an_offer_that_was_paused_meanwhile_stays_paused(page: Page, server: RunningServer) -> None:
    name = _name()
    key = {"X-Eflow-API-Key": server.key}
    maker = server.client.post("/v1/networks/advertisers", json={"name": name}, headers=key).json()
    body = {
        "name": name,
        "destination_url": "https://example.org/shoes",
        "network_advertiser_id": maker["network_advertiser_id"],
    }
    offer = server.client.post("/v1/networks/offers", json=body, headers=key).json()
    path = f"/v1/networks/offers/{offer['network_offer_id']}"
    open_page(page, f"/offers/{offer['network_offer_id']}", name)
    page.get_by_role("button", name="Change", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill(f"{name} new")
    server.client.put(path, json={"offer_status": "paused"}, headers=key).raise_for_status()
    bodies = _sent(page)
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")
    assert bodies == [{"name": f"{name} new"}]
    now = server.client.get(path, headers=key).json()
    assert (now["name"], now["offer_status"]) == (f"{name} new", "paused")


def test_a_mailing_and_an_ambassador_send_what_was_changed(
    page: Page, server: RunningServer
) -> None:
    name = _name()
    asked = {"subject": name, "description": "before"}
    mailing = server.client.post("/v4/publisher/emailings", json=asked).headers["x-created"]
    bodies = _sent(page)
    open_page(page, f"/mailings/{mailing}", name)
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("dialog").get_by_label("Subject").fill(f"{name} 2")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("heading", name=f"{name} 2", level=1).wait_for()
    assert bodies == [{"subject": f"{name} 2"}]


def test_rules_of_retention_that_changed_meanwhile_are_shown_first(
    page: Page, server: RunningServer
) -> None:
    open_page(page, "/trust", "Trust")
    page.get_by_role("link", name="Retention", exact=True).click()
    days = page.get_by_label("Days of raw events").first
    days.fill("3000")
    theirs = {"rules": [{"source": "*", "raw_days": 2999}]}
    server.client.put("/retention", json=theirs).raise_for_status()
    page.get_by_role("button", name="Preview deletion").click()
    page.get_by_role("button", name="Apply retention rules").click()
    page.get_by_text("Somebody else changed this since you opened it").wait_for()
    page.get_by_role("button", name="Load it again").click()
    expect(days).to_have_value("2999")
    server.client.put("/retention", json={"rules": []}).raise_for_status()


@pytest.mark.parametrize("mark", ["", 'W/"{digest}"', '"{digest}-gzip"'])
def test_what_is_read_through_a_proxy_that_compresses_is_changed(
    page: Page, server: RunningServer, mark: str
) -> None:
    """Without a mark: the proxy takes the tag away."""

    def through_proxy(route: Route) -> None:
        if route.request.method != "GET":
            route.continue_()
            return
        answer = route.fetch()
        headers = dict(answer.headers)
        tag = headers.pop("etag", "").strip('"')
        if mark and tag:
            headers["etag"] = mark.format(digest=tag)
        route.fulfill(response=answer, headers=headers)

    page.route("**/retention", through_proxy)
    page.route("**/trackers/*", through_proxy)
    open_page(page, "/trust", "Trust")
    page.get_by_role("link", name="Retention", exact=True).click()
    page.get_by_label("Days of raw events").first.fill("2998")
    page.get_by_role("button", name="Preview deletion").click()
    with page.expect_response(lambda one: one.request.method == "PUT") as response:
        page.get_by_role("button", name="Apply retention rules").click()
    assert response.value.status == 200
    server.client.put("/retention", json={"rules": []}).raise_for_status()
    name = _name()
    path = server.client.post("/trackers", json={"kind": "open", "name": name}).headers["location"]
    open_page(page, path, name)
    page.get_by_role("button", name="Change", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill(f"{name} new")
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="detached")
    assert server.client.get(path).json()["name"] == f"{name} new"


# ── what was typed ────────────────────────────────────────────────────────────────────────────


def test_an_amount_with_two_meanings_is_refused_beside_its_field(
    page: Page, server: RunningServer
) -> None:
    name = _name()
    asked = {"name": name, "landing_url": "https://example.org/join", "currency": "USD"}
    programme = server.client.post("/api/v1/programs", json=asked).json()["id"]
    open_page(page, f"/programmes/{programme}", name)
    page.get_by_role("button", name="Edit", exact=True).click()
    form = page.get_by_role("dialog")
    amount = form.get_by_label("Amount")
    save = form.get_by_role("button", name="Save")
    for typed, says in (
        ("1,000", "1,000 can be read in two ways. Write 1000,"),
        ("12,345", "12,345 can be read in two ways. Write 12345,"),
        ("1.2345", "USD has at most 2 digits after the decimal point."),
        ("a lot", "This is not an amount."),
    ):
        amount.fill(typed)
        form.get_by_text(says).wait_for()
        assert save.is_disabled()
    bodies = _sent(page)
    amount.fill("1.000,50")
    form.get_by_text("US$1,000.50").wait_for()
    save.click()
    form.wait_for(state="detached")
    assert bodies == [{"commission": {"type": "flat", "amount": 100_050}}]
    kept = server.client.get(f"/api/v1/programs/{programme}").json()
    assert kept["commission"] == {"type": "flat", "amount": 100_050}


@pytest.mark.parametrize(
    ("currency", "commission", "label", "filled"),
    [
        ("KWD", {"type": "flat", "amount": 1250}, "Amount", "1.250"),
        ("EUR", {"type": "percent", "percent": 7.125}, "Percent", "7.125"),
        ("EUR", {"type": "percent", "percent": 1e-7}, "Percent", "0.0000001"),
    ],
)
def test_a_form_takes_what_it_filled_in_itself(
    page: Page,
    server: RunningServer,
    currency: str,
    commission: dict[str, Any],
    label: str,
    filled: str,
) -> None:
    name = _name()
    asked = {"name": name, "landing_url": "https://example.org/join", "currency": currency}
    programme = server.client.post("/api/v1/programs", json=asked | {"commission": commission})
    path = f"/programmes/{programme.json()['id']}"
    open_page(page, path, name)
    bodies = _sent(page)

    def save(field: str, value: str) -> None:
        page.get_by_role("button", name="Edit", exact=True).click()
        form = page.get_by_role("dialog")
        expect(form.get_by_label(label)).to_have_value(filled)
        form.get_by_label(field, exact=True).fill(value)
        form.get_by_role("button", name="Save").click()
        form.wait_for(state="detached")

    save("Name", f"{name} 2")
    save("Currency", currency.lower())
    assert bodies == [{"name": f"{name} 2"}, {"currency": currency, "commission": commission}]


def test_a_pause_and_a_validity_are_in_the_zone_that_the_page_shows(
    page: Page, server: RunningServer
) -> None:
    name = _name()
    code = server.client.post(
        "/v1/dynamic", json={"destination": "https://example.org", "label": name}
    ).json()["id"]
    open_page(page, f"/codes/{code}?zone=Asia/Tokyo&show=access", name)
    page.get_by_label("Pause until (Asia/Tokyo)").fill("2031-05-01T10:00")
    page.get_by_role("button", name="Pause until then").click()
    page.get_by_text("1 May 2031, 10:00").wait_for()
    shown = server.client.get(f"/v1/dynamic/{code}").json()
    assert shown["pause_until"] == "2031-05-01T01:00:00Z"

    open_page(page, "/passes/list?zone=Asia/Tokyo", "Passes")
    page.get_by_role("button", name="Create a pass").or_(
        page.get_by_role("button", name="Create the first pass")
    ).first.click()
    page.get_by_label("Name of the holder").fill(name)
    page.get_by_label("Valid from (Asia/Tokyo)").fill("2031-05-01T10:00")
    page.get_by_label("Valid until (Asia/Tokyo)").fill("2031-05-02T10:00")
    page.get_by_role("dialog").get_by_role("button", name="Create a pass").click()
    page.get_by_role("link", name="Open its page with the barcode").wait_for()
    passes = server.client.get("/api/v1/passes?perPage=100").json()["data"]
    (one,) = [one["attributes"] for one in passes if name in str(one)]
    assert one["validFrom"].startswith("2031-05-01T01:00:00")
    assert one["expiresAt"].startswith("2031-05-02T01:00:00")


def test_a_tag_with_a_comma_stays_one_and_tags_of_others_stay(
    page: Page, server: RunningServer
) -> None:
    name = _name()
    code = server.client.post(
        "/v1/dynamic", json={"destination": "https://example.org", "label": name}
    ).json()["id"]
    path = f"/v1/dynamic/{code}"
    server.client.patch(path, json={"tags": ["north, upper", "wall"]}).raise_for_status()
    open_page(page, f"/codes/{code}?show=details", name)
    tags = page.get_by_label("Tags")
    expect(tags).to_have_value('"north, upper", wall')
    tags.fill('"north, upper, wall')
    page.get_by_text("A quote is not closed").wait_for()
    tags.fill('"north, upper", "south, lower"')
    server.client.patch(path, json={"tags": ["north, upper", "wall", "sale"]}).raise_for_status()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").get_by_text("Saved").wait_for()
    kept = server.client.get(path).json()["tags"]
    assert sorted(kept) == ["north, upper", "sale", "south, lower"]
    page.get_by_label("Label").fill(f"{name} 2")
    bodies = _sent(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name=f"{name} 2", level=1).wait_for()
    assert bodies == [{"label": f"{name} 2"}]
