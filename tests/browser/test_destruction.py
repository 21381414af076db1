"""What deletes something asks first, and names it."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_unsaved_edits import page

__all__ = ["page"]


@pytest.mark.parametrize(
    ("path", "opens", "makes", "field"),
    [
        ("/codes", "Folders", "Add", "New folder"),
        ("/passes/readers", "Create a reader", "Create a reader", "Name"),
    ],
)
def test_a_folder_and_a_reader_are_deleted_after_a_question(
    page: Page, path: str, opens: str, makes: str, field: str
) -> None:
    name = uuid.uuid4().hex
    page.goto(f"/dashboard{path}")
    page.get_by_role("main").get_by_role("button", name=opens).first.click()
    dialog = page.get_by_role("dialog", name=opens)
    dialog.get_by_label(field).first.fill(name)
    dialog.get_by_role("button", name=makes).click()
    if opens == "Folders":
        delete = page.get_by_role("button", name=f"Delete the folder {name}")
        gone = delete
    else:
        gone = page.get_by_role("button", name=name, exact=True)
        gone.click()
        delete = page.get_by_role("button", name="Delete the reader")
    delete.click()
    question = page.get_by_role("dialog", name=name)
    question.get_by_role("button", name="Cancel").click()
    question.wait_for(state="detached")
    expect(delete).to_be_visible()
    delete.click()
    question.get_by_role("button", name="Delete", exact=True).click()
    gone.wait_for(state="detached")
