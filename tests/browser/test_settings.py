"""Settings: who may sign in, and which programs."""

import json
import re
import subprocess

from playwright.sync_api import expect

from tests.browser.walking import EMAIL, PASSWORD, Dashboard, on_a_phone_too


def test_a_member_is_invited_with_a_link_joins_and_is_removed(dashboard: Dashboard) -> None:
    page = dashboard.open("/settings", "Settings")
    page.get_by_text(re.compile(r"^(Full|Truncated|Coarse): ")).wait_for()
    page.get_by_role("button", name="Invite a member").click()
    invitation = page.get_by_role("dialog", name="Invite a member")
    invitation.get_by_label("E-mail").fill("bo@example.org")
    invitation.get_by_label("Role").select_option("editor")
    assert not dashboard.serious_violations()
    invitation.get_by_role("button", name="Create the link").click()
    once = page.get_by_role("dialog", name="One-time link")
    once.get_by_role("button", name="Copy").click()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert not dashboard.serious_violations()
    once.get_by_role("button", name="Done").click()
    assert not dashboard.is_wider_than_screen()

    _joins(dashboard, link)
    members = page.get_by_role("region", name="Members")
    page.get_by_label("Role of bo@example.org").select_option("viewer")
    expect(page.get_by_label("Role of bo@example.org")).to_have_value("viewer")
    page.reload()
    expect(page.get_by_label("Role of bo@example.org")).to_have_value("viewer")
    page.get_by_role("button", name="Remove bo@example.org").click()
    sure = page.get_by_role("dialog", name="Remove bo@example.org")
    sure.get_by_role("button", name="Remove", exact=True).click()
    expect(members.get_by_text("bo@example.org")).to_have_count(0)


def test_a_key_is_shown_once_works_and_is_revoked(dashboard: Dashboard) -> None:
    page = dashboard.open("/settings", "Settings")
    page.get_by_role("button", name="Create a key").click()
    form = page.get_by_role("dialog", name="Create a key")
    form.get_by_label("New codes an hour").fill("500")
    form.get_by_label("Name").fill("till")
    form.get_by_label("Expires").select_option("After 90 days")
    assert not dashboard.serious_violations()
    form.get_by_role("button", name="Create the key").click()
    made = page.get_by_role("dialog", name="The new key")
    made.get_by_role("button", name="Copy").nth(1).click()
    curl = page.evaluate("() => navigator.clipboard.readText()")
    assert len(_run(curl)["events"]) == 1
    assert not dashboard.serious_violations()
    made.get_by_role("button", name="Done").click()

    page.get_by_text("500 new codes an hour").wait_for()
    page.get_by_role("button", name="Revoke till").click()
    sure = page.get_by_role("dialog", name="Revoke till")
    sure.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("checkbox", name=re.compile(r"Show \d+ revoked or expired")).check()
    page.get_by_text("Revoked").first.wait_for()
    assert "error" in _run(curl)
    assert not dashboard.serious_violations()


def test_the_own_password_is_changed(dashboard: Dashboard) -> None:
    link = dashboard.server.client.post(
        "/members", json={"email": "cy@example.org", "role": "viewer"}
    ).json()
    context = dashboard.page.context.browser.new_context(  # type: ignore[union-attr]
        viewport=dashboard.page.viewport_size, locale="en-GB"
    )
    page = context.new_page()
    page.goto(link["link"])
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.goto(link["link"].split("/welcome")[0] + "/settings")
    page.get_by_text("Members and keys are for owners").wait_for()
    assert page.get_by_role("button", name="Create a key").count() == 0
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill("another quiet street")
    page.get_by_role("button", name="Change the password").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    page.get_by_text("The password is changed").wait_for()
    page.reload()
    page.get_by_role("heading", name="Settings").wait_for()
    context.close()
    dashboard.server.client.delete(f"/members/{link['id']}")


def test_an_invitation_says_what_it_is_for(dashboard: Dashboard) -> None:
    page = dashboard.open("/settings", "Settings")
    page.get_by_role("button", name="Invite a member").click()
    page.get_by_role("dialog").get_by_label("E-mail").fill("di@example.org")
    page.get_by_role("dialog").get_by_role("combobox").select_option("editor")
    page.get_by_role("button", name="Create the link").click()
    link = page.get_by_role("dialog").get_by_text("/dashboard/welcome#").inner_text()
    page.get_by_role("button", name="Done").click()
    page.goto(link)
    page.get_by_text(re.compile(rf"You are invited to .+ as Editor by {EMAIL}\.")).wait_for()
    page.get_by_text("This link works once, until").wait_for()
    assert not dashboard.serious_violations()
    members = dashboard.server.client.get("/members").json()["members"]
    (one,) = [one["id"] for one in members if one["email"] == "di@example.org"]
    dashboard.server.client.delete(f"/members/{one}")


def _joins(dashboard: Dashboard, link: str) -> None:
    """Somebody else, with a browser of their own, uses the link."""
    browser = dashboard.page.context.browser
    assert browser is not None
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(link)
    page.get_by_label("New password").fill("a street that is quiet")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Overview").wait_for()
    context.close()


def _run(command: str) -> dict[str, list[object]]:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, timeout=20)
    answer: dict[str, list[object]] = json.loads(done.stdout)
    return answer


@on_a_phone_too
def test_the_age_of_the_place_data_and_its_vendor_are_shown(dashboard: Dashboard) -> None:
    page = dashboard.open("/settings", "Settings")
    page.get_by_text(re.compile(r"bundled: data of 2026-06-01, \d+ days old")).wait_for()
    menu = page.get_by_role("button", name="Menu", exact=True)
    if menu.is_visible():
        menu.click()
    credit = page.get_by_role("link", name="IP Geolocation by DB-IP")
    expect(credit).to_have_attribute("href", "https://db-ip.com")
    assert not dashboard.serious_violations()
