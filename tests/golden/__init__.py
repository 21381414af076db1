"""What the server's APIs promise, held byte for byte while the code behind them is rebuilt.

`NAME.jsonl` is the OpenAPI document of one API, one line for its head, for each operation and for
each schema; `routes.txt` has every method and path that the framework serves. A wanted change is
recorded by `python -m tests.golden`, and its diff shows what changes for clients.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from tests.dialects.routes import framework_routes

DIRECTORY: Final = Path(__file__).parent
ROUTES: Final = DIRECTORY / "routes.txt"


def lines(document: dict[str, Any]) -> list[str]:
    """The document as JSON lines: together they have every byte of it. The order of operations and
    of schemas means nothing."""
    components = document.get("components", {})
    schemas = components.get("schemas", {})
    head = {
        **document,
        "paths": sorted(document["paths"]),
        "components": {**components, "schemas": sorted(schemas)},
    }
    return [
        _line("document", head),
        *sorted(
            _line(f"{method.upper()} {path}", operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ),
        *sorted(_line(f"schema {name}", schema) for name, schema in schemas.items()),
    ]


def changed(recorded: list[str], now: list[str]) -> list[str]:
    """What differs, in the words of a list: added, removed or changed."""
    before, after = _by_name(recorded), _by_name(now)
    found = [f"{name} is new" for name in after if name not in before]
    found += [f"{name} is gone" for name in before if name not in after]
    found += [
        f"{name} differs: {before[name][:2_000]} -> {after[name][:2_000]}"
        for name in after
        if name in before and before[name] != after[name]
    ]
    return found


async def served(directory: Path) -> list[str]:
    """Every method and path of the framework, sorted. `directory` is a new data directory."""
    return sorted(f"{method} {path}" for method, path in await framework_routes(directory))


def _line(name: str, value: Any) -> str:
    return msgspec.json.encode([name, value]).decode()


def _by_name(all_lines: list[str]) -> dict[str, str]:
    return {msgspec.json.decode(line)[0]: line for line in all_lines}
