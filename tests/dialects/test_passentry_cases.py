"""Requests and answers written from the vendor's documented shapes: cases/passentry/*.json.

A case is a list of steps in one account. `save` keeps parts of an answer (`data.id`) under names
that later steps write as `{{name}}`. In an expected body `<uuid>`, `<uuid7>`, `<time>`, `<text>`
and `<hex:N>` stand for any such value; in `headers` a value of null says that there is none.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.dialects import jsonapi
from tests.dialects.passentry import Venue

CASES: Final = sorted((Path(__file__).parent / "cases" / "passentry").glob("*.json"))
PATTERNS: Final = {
    "<uuid>": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "<uuid7>": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "<time>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "<text>": re.compile(r".+", re.DOTALL),
    "<key>": re.compile(r"oqr_[A-Za-z0-9]{40}"),
    "<hex:24>": re.compile(r"[0-9a-f]{24}"),
    "<hex:40>": re.compile(r"[0-9a-f]{40}"),
    "<hex:20>": re.compile(r"[0-9a-f]{20}"),
    "<number>": re.compile(r"-?\d+"),
}


def filled(value: Any, names: dict[str, str]) -> Any:
    text = json.dumps(value)
    for name, known in names.items():
        text = text.replace(f"{{{{{name}}}}}", known)
    return json.loads(text)


def compare(expected: Any, got: Any, where: str) -> None:
    if isinstance(expected, dict):
        assert isinstance(got, dict), where
        assert set(got) == set(expected), f"{where}: {got}"
        for name, one in expected.items():
            compare(one, got[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(got, list), where
        assert len(got) == len(expected), f"{where}: {got}"
        for index, one in enumerate(expected):
            compare(one, got[index], f"{where}[{index}]")
    elif isinstance(expected, str) and expected in PATTERNS:
        assert PATTERNS[expected].fullmatch(str(got)), f"{where}: {got!r} is no {expected}"
    else:
        assert got == expected, f"{where}: {got!r}, not {expected!r}"


def find(body: Any, path: str) -> str:
    for name in path.split("."):
        body = body[int(name)] if isinstance(body, list) else body[name]
    return str(body)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_answers_are_as_documented_field_for_field(path: Path, venue: Venue) -> None:
    names = {"base": f"http://localhost:{venue.server.port}"}
    for step in json.loads(path.read_text()):
        where = f"{path.stem}: {step['name']}"
        request = filled(step["request"], names)
        headers = request.get("headers", {})
        content = (
            {"content": request["text"]} if "text" in request else {"json": request.get("body")}
        )
        response = venue.client.request(
            request["method"], request["path"], headers=headers, **content
        )
        expected = filled(step["response"], names)
        assert response.status_code == expected["status"], f"{where}: {response.text}"
        for name, value in expected.get("headers", {}).items():
            assert response.headers.get(name) == value, where
        if "body" in expected:
            compare(expected["body"], response.json(), where)
            if "data" in expected["body"]:
                jsonapi.check(response.json())
        for name, part in step.get("save", {}).items():
            names[name] = find(response.json(), part)
