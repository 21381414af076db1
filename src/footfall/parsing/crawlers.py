"""Which user agents are programs: a library's list, and what it lacks in `fetchers.txt`."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import crawleruseragents

_ROWS: Final = Path(__file__).with_name("fetchers.txt").read_text()
_DATED: Final = re.search(r"^# as of (\d{4}-\d\d-\d\d)$", _ROWS, re.MULTILINE)
assert _DATED is not None
_FETCHERS: Final = re.findall(r"^(preview|office|bot) +(.*?)(?:  +#.*)?$", _ROWS, re.MULTILINE)

LIST: Final = f"crawler-user-agents {version('crawler-user-agents')}, fetchers {_DATED[1]}"
"""The lists that events are classified by, with their versions."""

# curl is on the list of crawlers, but here it is a person at a terminal trying a code.
_CRAWLERS: Final[list[dict[str, Any]]] = [
    entry for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA if entry["pattern"] != "^curl"
]


def _any_of(verdict: str) -> re.Pattern[str]:
    patterns = [
        entry["pattern"]
        for entry in _CRAWLERS
        if ("preview" if "social-preview" in entry.get("tags", ()) else "bot") == verdict
    ]
    patterns += [_scoped(pattern) for named, pattern in _FETCHERS if named == verdict]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _scoped(pattern: str) -> str:
    """`(?i)` for this pattern alone: a flag in the middle of an expression is refused."""
    return f"(?i:{pattern[4:]})" if pattern.startswith("(?i)") else pattern


_PREVIEW: Final = _any_of("preview")
_OFFICE: Final = _any_of("office")
_BOT: Final = _any_of("bot")


def find_preview(user_agent: str, *, opened: bool = False) -> str:
    """The text that tells a maker of link previews, "" without one. `opened`: it fetched an image
    of a mail, which office software does for the mail's reader."""
    found = _PREVIEW.search(user_agent) or (None if opened else _OFFICE.search(user_agent))
    return found.group() if found else ""


def find_bot(user_agent: str) -> str:
    """The text that tells any other program, "" without one."""
    found = _BOT.search(user_agent)
    return found.group() if found else ""
