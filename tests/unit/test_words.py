"""The words of the code, the documentation and the screens: one of the field's for each thing."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
EVERYWHERE: Final = r"told|telling|asked|faces?|anew|mend|nouns?"
"""Ingest or send, request or query, API, again or rebuild, repair, and resource say it."""

ON_SCREENS: Final = r"tells|asking|roster|judging"
"""Show, request, tracker list and classify say it. In the code these words are left to do."""

WRITTEN: Final = {
    "src/footfall/**/*.py": EVERYWHERE,
    "src/footfall/**/*.sql": EVERYWHERE,
    "docs/**/*.md": EVERYWHERE,
    "*.md": EVERYWHERE,
    "web/src/**/*.ts*": f"{EVERYWHERE}|{ON_SCREENS}",
}
LEFT_OUT: Final = ("docs/decisions/", "CHANGELOG.md", "web/src/api/types/")
"""What is written once and not changed, and what is generated."""


def test_everything_has_the_fields_words() -> None:
    found = []
    for pattern, words in WRITTEN.items():
        refused = re.compile(rf"(?<![a-zA-Z])({words})(?![a-zA-Z])", re.IGNORECASE)
        paths = [path.relative_to(ROOT) for path in sorted(ROOT.glob(pattern))]
        assert paths, pattern
        found += [
            f"{path}:{number}: {line.strip()}"
            for path in paths
            if not str(path).startswith(LEFT_OUT)
            for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
            if refused.search(line)
        ]
    assert not found, "\n".join(found)
