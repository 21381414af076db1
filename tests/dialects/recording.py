"""Makes the examples of the dialects' OpenAPI documents: `python -m tests.dialects.recording`.

It runs the tests that send requests to a real server, and keeps of each operation one request with
its answer: `src/footfall/dialects/*/examples.json`. Ids, times and keys are those of that run.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from footfall.dialects.registry import documents

ROOT: Final = Path(__file__).parent.parent.parent
APIS: Final = {
    "vantio": ("test_vantio_cases.py", "test_vantio_images.py", "test_vantio_webhooks.py"),
    "passentry": ("test_passentry_cases.py",),
    "copernica": (
        "test_copernica_cases.py",
        "test_copernica_databases.py",
        "test_copernica_lists.py",
        "test_copernica_recorded.py",
    ),
    "everflow": (
        "test_everflow_cases.py",
        "test_everflow_extracts.py",
        "test_everflow_conversions.py",
        "test_everflow_lookups.py",
        "test_everflow_affiliates.py",
        "test_everflow_dashboard.py",
    ),
}
LENGTH_BEST: Final = 1_500
ROWS: Final = 1
Exchange = dict[str, Any]


class Recorder:
    """A plugin of pytest: what httpx sent while it ran, and what came back."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, Exchange]] = []
        self._send = httpx.Client.send

    def pytest_sessionstart(self) -> None:
        recorder = self

        def send(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
            response = recorder._send(client, request, **more)
            if response.is_success and response.is_closed:
                recorder.note(request, response)
            return response

        httpx.Client.send = send  # type: ignore[method-assign, assignment]

    def pytest_sessionfinish(self) -> None:
        httpx.Client.send = self._send  # type: ignore[method-assign]

    def note(self, request: httpx.Request, response: httpx.Response) -> None:
        url = urlsplit(str(request.url))
        sent = "json" in request.headers.get("content-type", "")
        came = "json" in response.headers.get("content-type", "")
        try:
            exchange = {
                "query": {k: v for k, v in parse_qsl(url.query) if k != "access_token"},
                "body": json.loads(request.content) if sent and request.content else None,
                "answer": shortened(response.json()) if came and response.content else None,
            }
        except (ValueError, httpx.RequestNotRead):
            return
        self.found.append((request.method, url.path, exchange))


def shortened(value: Any) -> Any:
    """Lists show their first row."""
    if isinstance(value, list):
        return [shortened(one) for one in value[:ROWS]]
    if isinstance(value, dict):
        return {name: shortened(one) for name, one in value.items()}
    return value


def example_of(
    method: str, path: str, described: Mapping[str, Any], found: list[tuple[str, str, Exchange]]
) -> Exchange | None:
    """The one that shows most without being long."""
    names = re.findall(r"{(\w+)}", path)
    pattern = re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path)))
    known = {one["name"] for one in described["parameters"] if one["in"] == "query"}
    matching = []
    for asked, sent, exchange in found:
        match = pattern.fullmatch(sent) if asked == method else None
        if match is None or ("requestBody" in described) != (exchange["body"] is not None):
            continue
        query = {name: text for name, text in exchange["query"].items() if name in known}
        given = dict(zip(names, match.groups(), strict=True))
        matching.append({**exchange, "path": given, "query": query})
    ranked = sorted(matching, key=lambda one: abs(len(json.dumps(one)) - LENGTH_BEST))
    return ranked[0] if ranked else None


def clean(text: str) -> str:
    text = re.sub(r"oqr_[A-Za-z0-9]{20,}", "oqr_…", text)
    return re.sub(r"(localhost|127\.0\.0\.1):\d+", "localhost:3000", text)


def record(api: str) -> None:
    recorder = Recorder()
    tests = [str(Path(__file__).parent / name) for name in APIS[api]]
    # What httpx imported before cannot be rewritten any more, and warnings are errors.
    pytest.main(["-q", "-W", "ignore", "-p", "no:anyio", "-n", "0", *tests], plugins=[recorder])
    examples = {}
    for path, methods in sorted(documents()[api]["paths"].items()):
        for method, described in methods.items():
            one = example_of(method.upper(), path, described, recorder.found)
            if one is not None:
                examples[f"{method.upper()} {path}"] = {k: v for k, v in one.items() if v}
    target = ROOT / "src" / "footfall" / "dialects" / api / "examples.json"
    lines = [
        f"{json.dumps(k)}: {clean(json.dumps(v, ensure_ascii=False))}" for k, v in examples.items()
    ]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    sys.stdout.write(f"{api}: {len(examples)} examples\n")


if __name__ == "__main__":
    for api in sys.argv[1:] or APIS:
        record(api)
