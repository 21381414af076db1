"""A walk through the dashboard."""

from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.sync_api import Locator, Page

from tests.running import RunningServer

EMAIL: Final = "owner@example.org"
PASSWORD: Final = "a quiet street at noon"
AXE: Final = (
    Path(__file__).parent.parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
)


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
        """What axe finds that is serious, after everything that loads has loaded."""
        self.page.wait_for_function("() => !document.querySelector('.loading')")
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "() => axe.run(document, {resultTypes: ['violations']})"
        )
        return [
            f"{one['id']}: {one['help']} {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def is_wider_than_screen(self) -> bool:
        return bool(
            self.page.evaluate(
                "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )
