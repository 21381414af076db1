"""Validators of JSON:API documents: npm's jsonapi-validator (1.0), a JSON Schema of 1.1, and what
a schema cannot say.

https://jsonapi.org/format/1.1/. Errors are not checked: PassEntry has texts there.
"""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema

NODE: Final = Path(__file__).parent.parent / "node"

NAME: Final = r"^[a-zA-Z0-9\u0080-\uffff]([a-zA-Z0-9_ \u0080-\uffff-]*[a-zA-Z0-9\u0080-\uffff])?$"
LINK: Final = {
    "oneOf": [
        {"type": "null"},
        {"type": "string", "format": "uri-reference"},
        {"type": "object", "required": ["href"]},
    ]
}
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "oneOf": [
                {"type": "null"},
                {"$ref": "#/$defs/resource"},
                {"type": "array", "items": {"$ref": "#/$defs/resource"}, "uniqueItems": True},
            ]
        },
        "included": {
            "type": "array",
            "items": {"$ref": "#/$defs/resource"},
            "uniqueItems": True,
        },
        "meta": {"type": "object"},
        "links": {"$ref": "#/$defs/links"},
        "jsonapi": {"type": "object"},
    },
    "additionalProperties": False,
    "$defs": {
        "resource": {
            "type": "object",
            "required": ["type", "id"],
            "properties": {
                "type": {"type": "string", "pattern": NAME},
                "id": {"type": "string", "minLength": 1},
                "attributes": {
                    "type": "object",
                    "propertyNames": {"pattern": NAME, "not": {"enum": ["id", "type"]}},
                },
                "relationships": {
                    "type": "object",
                    "propertyNames": {"pattern": NAME, "not": {"enum": ["id", "type"]}},
                    "additionalProperties": {"$ref": "#/$defs/relationship"},
                },
                "links": {"$ref": "#/$defs/links"},
                "meta": {"type": "object"},
            },
            "additionalProperties": False,
        },
        "relationship": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "data": {
                    "oneOf": [
                        {"type": "null"},
                        {"$ref": "#/$defs/identifier"},
                        {"type": "array", "items": {"$ref": "#/$defs/identifier"}},
                    ]
                },
                "links": {"$ref": "#/$defs/links"},
                "meta": {"type": "object"},
            },
            "additionalProperties": False,
        },
        "identifier": {
            "type": "object",
            "required": ["type", "id"],
            "properties": {
                "type": {"type": "string", "pattern": NAME},
                "id": {"type": "string"},
                "meta": {"type": "object"},
            },
            "additionalProperties": False,
        },
        "links": {"type": "object", "additionalProperties": LINK},
    },
}
SCHEMA_VALIDATOR: Final = jsonschema.Draft202012Validator(SCHEMA)


@cache
def _library() -> "subprocess.Popen[str]":
    """One process for all documents; it ends with this one, which closes its input."""
    if not (NODE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)
    return subprocess.Popen(
        ["node", "validate.mjs"],
        cwd=NODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask_library(document: Any) -> str:
    """What the library finds wrong, "" for nothing. It refuses links that are null, which the
    specification allows where there is no such page: it is asked without them."""
    links = {name: url for name, url in (document.get("links") or {}).items() if url is not None}
    asked = {name: value for name, value in document.items() if name != "links"}
    library = _library()
    assert library.stdin is not None
    assert library.stdout is not None
    library.stdin.write(json.dumps({**asked, **({"links": links} if links else {})}) + "\n")
    library.stdin.flush()
    return library.stdout.readline().strip()


def check(document: Any) -> None:
    """Raises ValidationError or AssertionError for what is no JSON:API document."""
    problem = ask_library(document)
    assert not problem, problem
    SCHEMA_VALIDATOR.validate(document)
    data = document["data"]
    primary = data if isinstance(data, list) else [data] if data else []
    included = document.get("included", [])
    names = [(one["type"], one["id"]) for one in (*primary, *included)]
    assert len(set(names)) == len(names), "one object for each type and id"
    for one in primary:
        clash = set(one.get("attributes", {})) & set(one.get("relationships", {}))
        assert not clash, f"attributes and relationships share names: {clash}"
    linked = {
        (to["type"], to["id"])
        for one in (*primary, *included)
        for relationship in one.get("relationships", {}).values()
        for to in _identifiers(relationship.get("data"))
    }
    unlinked = {(one["type"], one["id"]) for one in included} - linked
    assert not unlinked, f"full linkage: nothing refers to {unlinked}"


def _identifiers(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [data] if data else []
