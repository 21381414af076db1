"""The stylesheets of the dashboard."""

import re

from tests.browser.functions import WEB
from tests.browser.walking import Dashboard


def outermost(style: str) -> set[str]:
    """The selectors of the rules that stand in no other."""
    plain = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    while (inner := re.sub(r"(\{[^{}]*)\{[^{}]*\}", r"\1", plain)) != plain:
        plain = inner
    heads = re.findall(r"([^{}]+)\{", plain)
    return {one.strip() for head in heads for one in head.split(",") if "@" not in head}


def test_a_class_is_styled_in_one_file() -> None:
    seen: dict[str, str] = {}
    for path in sorted((WEB / "src" / "styles").glob("*.css")):
        for selector in outermost(path.read_text()):
            assert seen.setdefault(selector, path.name) == path.name, selector


def test_books_that_balance_wear_no_warning(dashboard: Dashboard) -> None:
    page = dashboard.open("/trust", "Trust")
    verdict = page.get_by_role("status").filter(has_text="The books balance")
    verdict.wait_for()
    edges = [
        verdict.evaluate(f"one => getComputedStyle(one).border{side}Color")
        for side in ("Left", "Right", "Top", "Bottom")
    ]
    assert len(set(edges)) == 1
