"""A validator of JSON:API 1.1 documents: a JSON Schema, and what a schema cannot say.

https://jsonapi.org/format/1.1/. Errors are not checked: PassEntry has texts there.
"""

from typing import Any, Final

import jsonschema

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
_VALIDATOR: Final = jsonschema.Draft202012Validator(SCHEMA)


def check(document: Any) -> None:
    """Raises ValidationError or AssertionError for what is no JSON:API document."""
    _VALIDATOR.validate(document)
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
