"""The OpenAPI documents, and what arbitrary requests made from them bring about."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema
import pytest

from footfall.dialects.registry import documents
from tests.conftest import StartServer
from tests.support.running import RunningServer

APIS = {
    "native": "Authorization: Bearer",
    "openqr": "Authorization: Bearer",
    "vantio": "Authorization: Bearer",
    "passentry": "Authorization: Bearer",
    "copernica": "Authorization: Bearer",
    "everflow": "X-Eflow-API-Key:",
}
"""How each is given its key."""

WITHOUT_EXAMPLE = {"copernica": 52, "everflow": 1, "passentry": 3}
"""Operations that no test of `recording.py` asks: of Copernica older versions of the same, of
PassEntry another spelling of a path."""

FEW = "3"
EXAMPLES = os.environ.get("FOOTFALL_FUZZ_EXAMPLES", FEW)
"""For each operation, beside those that try every keyword of the schema in turn."""

PARTS = {
    "native": (r"--exclude-path-regex=^/events/live$",),  # it never ends
    "copernica": (
        r"--include-path-regex=^/v4/(publisher/|identity|profile)|^/(v1/|v[23]/publisher/)?impressions$",
        r"--exclude-path-regex=^/v4/profile/.*/(publisher|ms|draganddrop)/"
        r"|\{id\}/(clicks|deliveries|errors|abuses|unsubscribes)$",
        "--exclude-method=PUT",
    ),
    "everflow": (
        r"--exclude-path-regex=/(categories|offergroups|employees|businessunits|channels|affiliatetiers)"
        r"|^/v1/affiliates/reporting/|/offerstable$",
        "--exclude-method=PUT",
    ),
    "vantio": ("--exclude-method=PUT",),
    "passentry": ("--exclude-method=PATCH",),
}
"""What is tried with few examples. Versions and products of one API differ in little. Resources
that are a name and a state do not differ, nor do two paths of one operation. What changes something
takes the body of what creates it. Affiliates' reports refuse this key before they read a body
(`test_everflow_affiliates.py` sends each)."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.mark.parametrize("api", APIS)
def test_no_request_brings_about_a_server_error(
    start_server: StartServer, tmp_path: Path, api: str
) -> None:
    server = start_server(requests_per_minute=1_000_000, requests_per_second=1_000_000)
    document = tmp_path / f"{api}.json"
    document.write_bytes(httpx.get(f"{server.url}/openapi/{api}.json").raise_for_status().content)
    done = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            "run",
            document,
            f"--url={server.url}",
            f"--header={APIS[api]} {server.key}",
            f"--checks={','.join(CHECKS)}",
            "--phases=coverage,fuzzing",
            f"--max-examples={EXAMPLES}",
            "--generation-database=none",
            "--seed=1",
            "--workers=1",  # beside other threads CPython 3.11 fails at random in ast.parse
            "--continue-on-failure",
            "--suppress-health-check=all",
            *(PARTS.get(api, ()) if EXAMPLES == FEW or api == "native" else ()),
            "--warnings=off",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_the_index_lists_every_document(server: RunningServer) -> None:
    listed = httpx.get(f"{server.url}/openapi").json()["documents"]
    assert {one["api"] for one in listed} == set(APIS)
    for one in listed:
        document = httpx.get(server.url + one["url"]).raise_for_status().json()
        assert document["info"]["title"] == one["title"]


@pytest.mark.parametrize("api", APIS)
def test_examples_have_the_shape_that_the_document_describes(api: str) -> None:
    """Those of OpenQR and of the native API are sent by tests; those of the others are what tests
    sent and got when they were recorded (`recording.py`)."""
    document = documents()[api]
    without = []
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            success = next(iter(described["responses"].values()))
            contents = [*success.get("content", {}).values()]
            contents += described.get("requestBody", {}).get("content", {}).values()
            shown = [one for one in contents if "example" in one]
            for one in shown:
                schema = {**one["schema"], "components": document["components"]}
                jsonschema.validate(one["example"], schema)
            if contents and not shown and any("schema" in one for one in contents):
                without.append(f"{method.upper()} {path}")
    assert len(without) <= WITHOUT_EXAMPLE.get(api, 0), without


def test_an_unknown_document_is_not_there(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/openapi/nothing.json")
    assert answer.status_code == 404
