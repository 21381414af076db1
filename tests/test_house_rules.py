"""The house rules: a rule without a check is a wish. CONTRIBUTING.md tells them in words."""

import ast
import graphlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from footfall import bootstrap
from footfall.app import Footfall
from footfall.capture import ports as capture_ports
from footfall.cli.main import app as command_line
from footfall.config import HELP, Settings
from footfall.core import errors, ports
from footfall.core.events import COLUMNS, REFERENCES
from footfall.core.queries import Dimension
from footfall.dialects.everflow.index import Index
from footfall.runtime import reader
from footfall.runtime.background import Background

ROOT: Final = Path(__file__).parent.parent
SOURCE: Final = ROOT / "src" / "footfall"
MIGRATIONS: Final = SOURCE / "store" / "migrations"

CORE_LINES_MAX: Final = 1_830
FILE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 70
PORT_METHODS_MAX: Final = 6

WORDS_REFUSED: Final = re.compile(
    "hits?|beacons?|managers?|helpers?|utils?|services?|repository|repositories"
)
"""Each stands for something that has a better name: see the words in ARCHITECTURE.md."""

MAY_SLEEP: Final = frozenset(
    {
        "bench/heavy.py",
        "bench/memory.py",
        "bench/peers.py",
        "bench/stores.py",
        "bench/watching.py",
        "src/footfall/jobs/archive/remote.py",
        "src/footfall/client/clients.py",
        "src/footfall/cli/places.py",
        "src/footfall/store/maintenance/rederive.py",
        "src/footfall/cli/torture/disk_faults.py",
        "src/footfall/cli/torture/server.py",
        "tests/support/running.py",
        "tests/system/test_redirect.py",
        "tests/unit/test_quotas.py",
    }
)
"""They poll another process or the engine, which cannot tell them that it is ready; the last waits
for a window that a library measures with the system's clock."""

DECISION_HEADINGS: Final = ("Status", "Context", "Decision", "Refused")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if not {"__pycache__", "node_modules"} & {*path.parts})


OUR_CODE: Final = python_files("src", "tests", "bench")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def definitions(path: Path) -> Iterator[Function | ast.ClassDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function | ast.ClassDef):
            yield node


def length(path: Path) -> int:
    return len(path.read_text().splitlines())


# ── shape ─────────────────────────────────────────────────────────────────────────────────────


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imports_of_the_dashboard() -> dict[str, set[str]]:
    """Each file of web/src, and the files of it that it imports, also lazily or for types alone."""
    source = ROOT / "web" / "src"
    files = {path.resolve() for path in source.rglob("*.ts*")}

    def found(importer: Path, target: str) -> Iterator[str]:
        path = (importer.parent / target).resolve()
        endings = ("", ".ts", ".tsx", "/index.ts")
        yield from (name_of(one) for end in endings if (one := Path(f"{path}{end}")) in files)

    targets = re.compile(r"""\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]""")
    return {
        name_of(path): {
            one for target in targets.findall(path.read_text()) for one in found(path, target)
        }
        for path in files
    }


def test_no_files_of_the_dashboard_import_each_other() -> None:
    imports = imports_of_the_dashboard()
    assert "web/src/app.tsx" in imports["web/src/main.tsx"]
    assert "web/src/pages/codes/Codes.tsx" in imports["web/src/app.tsx"]
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as circle:
        pytest.fail(" imports ".join(reversed(circle.args[1])))


def test_the_core_can_be_read_in_an_evening() -> None:
    lines = {name_of(path): length(path) for path in python_files("src/footfall/core")}
    assert sum(lines.values()) <= CORE_LINES_MAX, lines


def test_no_file_is_longer_than_ten_minutes_of_reading() -> None:
    long = {name_of(path): length(path) for path in OUR_CODE if length(path) > FILE_LINES_MAX}
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": lines
        for path in OUR_CODE
        for node in definitions(path)
        if not isinstance(node, ast.ClassDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert not long


def test_ports_are_small() -> None:
    wide = {
        node.name: len(methods)
        for module in (capture_ports, ports, reader)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
        and len(methods := [part for part in node.body if isinstance(part, Function)])
        > PORT_METHODS_MAX
    }
    assert not wide


def words(name: str) -> set[str]:
    """`HTTPServiceUtils` and `http_service_utils` alike: {http, service, utils}."""
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)
    return {part.lower() for part in parts}


def test_names_say_what_a_thing_is() -> None:
    named = [(name_of(path), path.stem) for path in OUR_CODE]
    named += [(name_of(path.parent), path.parent.name) for path in OUR_CODE]
    named += [
        (f"{name_of(path)}:{node.lineno}", node.name)
        for path in OUR_CODE
        for node in definitions(path)
        if not node.name.startswith("test_")  # a sentence: it may speak of what it likes
    ]
    refused = {
        where: name for where, name in named if any(map(WORDS_REFUSED.fullmatch, words(name)))
    }
    assert not refused


def test_nothing_sleeps_but_what_polls_another_process() -> None:
    def sleeps(path: Path) -> bool:
        return any(
            (isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep")
            or (
                isinstance(node, ast.ImportFrom)
                and node.module == "time"
                and any(alias.name == "sleep" for alias in node.names)
            )
            for node in ast.walk(ast.parse(path.read_text()))
        )

    # The bench is left out: it watches other processes for a stated time.
    sleeping = {name_of(path) for path in python_files("src", "tests") if sleeps(path)}
    assert sleeping <= MAY_SLEEP


def test_no_pattern_lets_a_line_end_through() -> None:
    """`$` also matches before a last line end, and msgspec searches."""
    loose = [
        f"{name_of(path)}: {line.strip()}"
        for path in python_files("src")
        for line in path.read_text().splitlines()
        if "Meta(pattern=" in line and r'$(?!\n)"' not in line
    ]
    assert not loose


# ── one truth ─────────────────────────────────────────────────────────────────────────────────


def tree_of_errors(error: type[errors.FootfallError]) -> Iterator[type[errors.FootfallError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree_of_errors(child)


def test_every_error_has_a_code_of_its_own_and_a_place_in_the_drawn_tree() -> None:
    found = list(tree_of_errors(errors.FootfallError))
    codes = [vars(error).get("code") for error in found]
    assert None not in codes, dict(zip(found, codes, strict=True))
    assert len(set(codes)) == len(codes), codes
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    assert [error.__name__ for error in found] == drawn[-len(found) :]


def columns_of_events() -> list[str]:
    """In the order of the table, over all migrations."""
    columns: list[str] = []
    for path in sorted(MIGRATIONS.glob("*.sql")):
        text = re.sub(r"--.*", "", path.read_text())
        for body in re.findall(
            r"CREATE TABLE (?:IF NOT EXISTS )?events\s*\((.*?)^\)", text, re.S | re.M
        ):
            columns += re.findall(r"^\s+([a-z]\w*)\s+[A-Z](?!.*\bALIAS\b)\w+", body, re.MULTILINE)
        columns += re.findall(r"ALTER TABLE events ADD COLUMN (?:IF NOT EXISTS )?(\w+)", text)
    return columns


def test_the_fields_of_an_event_are_the_columns_of_its_table() -> None:
    assert sorted(columns_of_events()) == sorted(COLUMNS)
    assert set(REFERENCES) < set(COLUMNS)


def test_every_dimension_is_in_the_rollup() -> None:
    migrations = "".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))
    absent = [one.value for one in Dimension if f"'{one.value}'" not in migrations]
    assert not absent


def test_the_changelog_knows_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] in (ROOT / "CHANGELOG.md").read_text()


# ── documentation ─────────────────────────────────────────────────────────────────────────────


def documentation() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text() for page in pages)


def shown(default: object) -> str:
    if default is None or default == "":
        return "empty"
    if isinstance(default, bool):
        return str(int(default))
    return str(default)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_documented(name: str) -> None:
    default = shown(getattr(Settings(), name))
    row = f"| `{name}` | `FOOTFALL_{name.upper()}` | {default} | {HELP[name]} |"
    assert row in (ROOT / "docs" / "settings.md").read_text().splitlines()


def test_no_setting_is_documented_that_is_none() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert re.findall(r"^\| `(\w+)` \| `FOOTFALL_", text, re.MULTILINE) == list(HELP)


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from commands(child, f"{path} {name}")
    else:
        yield path, command


COMMANDS: Final = dict(commands(typer.main.get_command(command_line), "footfall"))


def described(path: str) -> str:
    """What docs/commands.md says under the heading of this command."""
    text = (ROOT / "docs" / "commands.md").read_text()
    _, heading, rest = text.partition(f"\n## `{path}`\n")
    assert heading, f"docs/commands.md has no heading ## `{path}`"
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_documented(path: str) -> None:
    command = COMMANDS[path]
    text = described(path)
    first_line = (command.help or "").splitlines()[0]
    assert first_line in text.replace("`", "")
    for parameter in command.params:
        if isinstance(parameter, TyperOption) and parameter.name != "help":
            assert f"`{parameter.opts[0]}" in text
        elif isinstance(parameter, TyperArgument):
            assert f"`{(parameter.name or '').upper()}`" in text


def test_no_command_is_documented_that_is_none() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    assert set(re.findall(r"^## `(footfall[^`]*)`", text, re.MULTILINE)) == set(COMMANDS)


async def test_every_route_is_documented(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    catalog = bootstrap.open_catalog(settings)
    footfall = Footfall(
        settings, catalog, bootstrap.open_store(settings), Background(1), bootstrap.now
    )
    framework = footfall.framework(footfall.parts(), Index(catalog))
    footfall.journal.close()
    catalog.close()

    text = re.sub(r"\{\w+\}", "{}", documentation())
    routes = {
        (method, re.sub(r"\{[^}]*\}", "{}", route.path))
        for route in framework.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    }
    routes |= {("GET", "/s/{}"), ("POST", "/events")}
    others = r"(?:(?:GET|POST|PUT|PATCH|DELETE)\b[`|,\s]+)*"  # as in "GET, POST /v1/qr"
    unmentioned = [
        f"{method} {path}"
        for method, path in sorted(routes)
        if not re.search(rf"\b{method}\b[`|,\s]+{others}{re.escape(path)}(?![\w/{{])", text)
    ]
    assert not unmentioned


def decision_records() -> list[Path]:
    return sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("path", decision_records(), ids=lambda path: path.stem)
def test_every_decision_says_what_was_refused(path: Path) -> None:
    text = path.read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading for heading in headings if heading in DECISION_HEADINGS] == list(
        DECISION_HEADINGS
    )
    assert re.match(r"\d{4}-[a-z0-9-]+$", path.stem)
    assert re.search(r"^\d{4}-\d\d-\d\d", text.partition("## Status")[2].lstrip(), re.MULTILINE)


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in decision_records()]
    assert numbers == list(range(1, len(numbers) + 1))


def links() -> list[tuple[Path, str]]:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [
        (page, target)
        for page in sorted(pages)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target
    ]


@pytest.mark.parametrize(("page", "target"), links(), ids=str)
def test_links_between_pages_lead_somewhere(page: Path, target: str) -> None:
    assert (page.parent / target).exists()


def test_no_page_names_a_private_package_index() -> None:
    hosts = set(
        re.findall(r'(?:registry|url) = "https?://([^/"]+)', (ROOT / "uv.lock").read_text())
    )
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
