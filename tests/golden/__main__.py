"""Records what the APIs promise today: `python -m tests.golden`."""

import asyncio
import tempfile
from pathlib import Path

from footfall.dialects.registry import documents
from tests.golden import DIRECTORY, ROUTES, lines, served


def main() -> None:
    for name, document in documents().items():
        text = "\n".join([*lines(document), ""])
        (DIRECTORY / f"{name}.jsonl").write_text(text, encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        routes = asyncio.run(served(Path(directory) / "data"))
    ROUTES.write_text("\n".join([*routes, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
