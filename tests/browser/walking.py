"""A walk through the dashboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from playwright.sync_api import Locator, Page, ViewportSize
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.support.running import RunningServer

EMAIL: Final = "owner@example.org"
PASSWORD: Final = "a quiet street at noon"
AXE: Final = (
    Path(__file__).parent.parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
)

DESKTOP: Final = ViewportSize(width=1280, height=900)
PHONE: Final = ViewportSize(width=390, height=844)
on_a_phone_too = pytest.mark.parametrize(
    "dashboard", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True
)
"""Mark of a test whose steps differ on a phone: it runs on both screens."""

PATIENCE_MS: Final = 60_000
"""How long a page may take where many tests share the processor."""

FITTING_MS: Final = 10_000
FITS: Final = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
DRAWN: Final = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Dashboard(msgspec.Struct, frozen=True):
    """`complaints`: what the browser's console said is wrong. A test that provokes a refusal takes
    it from there, or the end of the test fails."""

    page: Page
    server: RunningServer
    complaints: list[str]

    def open(self, path: str, heading: str) -> Page:
        """A page below /dashboard, once its heading is there."""
        self.page.goto(f"/dashboard{path}")
        self.heading(heading).wait_for()
        return self.page

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, level=1)

    def serious_violations(self) -> list[str]:
        """What axe finds that is serious on a desk or a phone, after everything that loads has
        loaded."""
        self.page.wait_for_function("() => !document.querySelector('.loading')")
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        return [violation for _ in self._screens() for violation in self._violations()]

    def is_wider_than_screen(self) -> bool:
        """Whether the page scrolls sideways on a desk or a phone."""
        found = [self._scrolls_sideways() for _ in self._screens()]
        return any(found)

    def _screens(self) -> Iterator[ViewportSize]:
        """The page on the test's own screen, then on the other one."""
        own = self.page.viewport_size
        assert own is not None
        yield own
        other = DESKTOP if own == PHONE else PHONE
        self.page.set_viewport_size(other)
        self.page.evaluate(DRAWN)  # charts are drawn again
        yield other
        self.page.set_viewport_size(own)

    def _violations(self) -> list[str]:
        found: dict[str, Any] = self.page.evaluate(
            "() => axe.run(document, {resultTypes: ['violations']})"
        )
        return [
            f"{one['id']}: {one['help']} {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def _scrolls_sideways(self) -> bool:
        """Also once charts, which follow the width some frames later, are drawn again."""
        try:
            self.page.wait_for_function(FITS, timeout=FITTING_MS)
        except PlaywrightTimeout:
            return True
        return False
