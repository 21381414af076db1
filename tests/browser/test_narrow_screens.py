"""Every page on a phone: nothing is cut, every column can be reached, every target can be touched.
The pages are those of the router, so a new one is walked without a line here."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.conftest import home
from tests.browser.functions import WEB
from tests.browser.walking import PATIENCE_MS, PHONE
from tests.support.running import RunningServer

ROUTES: Final = ["/", *re.findall(r"^  \['(/[^']*)'", (WEB / "src/app.tsx").read_text(), re.M)]
LISTS: Final = {"/passes/:id": "/passes/list"}
"""Where a link to the page of one thing stands, when not at the page's own path."""

COUNTS_REQUESTS: Final = """
  window.waiting = 0
  window.quietFrames = 0
  const asked = window.fetch
  window.fetch = (...given) => {
    window.waiting += 1
    return asked(...given).finally(() => { window.waiting -= 1 })
  }
"""
QUIET: Final = """() => {
  const busy = window.waiting > 0 || document.querySelector('.loading')
  window.quietFrames = busy ? 0 : window.quietFrames + 1
  return window.quietFrames > 4
}"""
"""What is shown may ask for more, such as the names of trackers: so quiet means some frames."""

TROUBLES: Final = r"""() => {
  const width = document.documentElement.clientWidth
  const troubles = []
  const name = (one) => {
    const text = one.getAttribute('aria-label') || one.innerText || one.name || ''
    return `${one.tagName} "${text.trim().slice(0, 60)}"`
  }
  const seen = (one) => one.checkVisibility() && one.getClientRects().length > 0
  if (document.documentElement.scrollWidth > width)
    troubles.push(`the page is ${document.documentElement.scrollWidth} px wide`)
  // WCAG 2.2, SC 2.5.8: but for links in a sentence.
  const inSentence = (one) => one.tagName === 'A' && getComputedStyle(one).display === 'inline' &&
    [...one.parentNode.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  const targets = 'a[href], button, input, select, textarea, summary, [role=button]'
  for (const one of document.querySelectorAll(targets)) {
    if (!seen(one) || one.matches('.skip') || inSentence(one)) continue
    const boxes = [one, ...(one.labels ?? [])].map((each) => each.getBoundingClientRect())
    const wide = Math.max(...boxes.map((box) => box.width))
    const high = Math.max(...boxes.map((box) => box.height))
    if (wide < 23.9 || high < 23.9) troubles.push(`${name(one)} is ${wide} x ${high} px`)
  }
  for (const one of document.querySelectorAll('.table')) {
    if (one.scrollWidth > one.clientWidth + 1)
      troubles.push(`table "${one.ariaLabel}": ${one.scrollWidth} px of ${one.clientWidth}`)
    const cells = [...one.querySelectorAll('tbody td')]
    if (cells.some((cell) => cell.innerText && !seen(cell)) && !one.querySelector('.all-columns'))
      troubles.push(`table "${one.ariaLabel}" has columns that nothing shows`)
  }
  for (const one of document.querySelectorAll('td, .badge')) {
    const box = one.getBoundingClientRect()
    if (seen(one) && (box.right > width || one.scrollWidth > one.clientWidth + 1) &&
        getComputedStyle(one).overflowX !== 'visible')
      troubles.push(`${name(one)} is cut`)
  }
  return troubles
}"""


@pytest.fixture(scope="module")
def page(product: RunningServer, chrome: Browser, signed_in: StorageState) -> Iterator[Page]:
    context = chrome.new_context(
        base_url=home(product),
        viewport=PHONE,
        storage_state=signed_in,
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(COUNTS_REQUESTS)
    page.goto("/dashboard/")
    yield page
    context.close()


def _open(page: Page, path: str) -> None:
    page.evaluate("path => history.pushState(null, '', `/dashboard${path}`)", path)
    _settle(page)


def _settle(page: Page) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.evaluate("() => { window.quietFrames = 0 }")
    page.wait_for_function(QUIET)


def _first(page: Page, route: str) -> str:
    """The page of the first thing that its list links to."""
    _open(page, LISTS.get(route, route.partition("/:")[0]))
    own = "|".join(one.rpartition("/")[2] for one in ROUTES if ":" not in one)
    pattern = (
        "/dashboard" + re.sub(r":\w+", rf"(?!({own})$)[^/]+", route.partition("/design")[0]) + "$"
    )
    found: str = page.evaluate(
        """pattern => [...document.querySelectorAll('main a[href]')].map(one => one.pathname)
             .find(path => new RegExp(pattern).test(path))""",
        pattern,
    )
    assert found, f"no link to {route}"
    return found.removeprefix("/dashboard") + ("/design" if route.endswith("/design") else "")


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_fits_a_phone(page: Page, route: str) -> None:
    path = re.sub(r"/:\w+\?$", "", route)
    _open(page, _first(page, path) if ":" in path else path)
    troubles = list(page.evaluate(TROUBLES))
    views = page.locator("main .tabs button, main nav a")
    for number in range(views.count()):
        if views.nth(number).is_visible():
            views.nth(number).click()
            _settle(page)
            troubles += page.evaluate(TROUBLES)
    switches = page.locator("main .all-columns")
    for number in range(switches.count()):
        switches.nth(number).click()
        troubles += page.evaluate(TROUBLES)
    assert not troubles, "\n".join(sorted(set(troubles)))
