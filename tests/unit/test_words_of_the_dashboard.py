"""The words of the dashboard: screens, names and comments say one thing with one word."""

import re
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parent.parent.parent / "web" / "src"
REFUSED: Final = re.compile(
    r"\b(told|telling|tells|asked|asking|anew|mend|nouns?|roster|judging)\b", re.IGNORECASE
)
"""Ingest or send, request, again, repair, resource, tracker list and classify say it."""


def test_the_dashboard_has_the_fields_words() -> None:
    files = [path for path in SOURCE.rglob("*.ts*") if SOURCE / "api" / "types" not in path.parents]
    assert len(files) > 100
    found = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if REFUSED.search(line)
    ]
    assert not found
