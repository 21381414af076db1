"""OpenAPI 3.1 documents of the APIs, from the same types that read requests and write answers."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from footfall.api.dialect import BEARER, Dialect
from footfall.api.operations import Example as Example
from footfall.api.operations import Operation as Operation
from footfall.api.operations import with_examples

PAGE: Final = "text/html"
REFERENCES: Final = "#/components/schemas/{name}"


def document(
    title: str,
    error: Any,
    operations: Sequence[Operation],
    key: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The document of an API whose errors all have the body `error`. `key` says how it is given."""
    types = [error]
    for one in operations:
        types += [type for type in (one.query, one.body, one.answer) if type is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCES)
    known = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(
            one, known, known[id(error)], components
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "v1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": dict(key or BEARER)},
        },
        "security": [{"key": []}],
    }


def document_of(
    dialect: Dialect, operations: Iterable[Operation], examples: Path | None = None
) -> dict[str, Any]:
    """The document of a dialect, with the examples of a file."""
    described = dialect.described(operations)
    if examples is not None:
        described = with_examples(described, examples)
    return document(dialect.title, dialect.error, described, dict(dialect.security))


def routes(
    documents: Callable[[], Mapping[str, dict[str, Any]]], public_path: str
) -> list[HTTPRouteHandler]:
    """`GET /openapi/{api}.json`, and `GET /openapi` which lists them; without a key. `documents`
    is called by a request, on a thread."""

    @cache
    def body(api: str) -> bytes:
        servers = {"servers": [{"url": public_path}]} if public_path else {}
        return msgspec.json.encode(documents()[api] | servers)

    @get("/openapi", sync_to_thread=True, include_in_schema=False)
    def index() -> Response[bytes]:
        listed = [
            {
                "api": api,
                "title": one["info"]["title"],
                "url": f"{public_path}/openapi/{api}.json",
            }
            for api, one in sorted(documents().items())
        ]
        return Response(msgspec.json.encode({"documents": listed}), media_type="application/json")

    @get("/openapi/{name:str}", sync_to_thread=True, include_in_schema=False)
    def openapi(name: FromPath[str]) -> Response[bytes]:
        names = {f"{api}.json": api for api in sorted(documents())}
        if name not in names:
            raise NotFoundException(f"There is {', '.join(names)} here.")
        return Response(body(names[name]), media_type="application/json")

    return [index, openapi]


def _operation(
    one: Operation,
    known: dict[int, dict[str, Any]],
    error: dict[str, Any],
    components: dict[str, Any],
) -> dict[str, Any]:
    example = one.example
    content = {}
    if one.answer is not None:
        content = {"schema": known[id(one.answer)], **_shown(example.answer)}
    refused = {"application/json": {"schema": error}}
    if one.media_type == PAGE:
        refused = {PAGE: {}}
    described: dict[str, Any] = {
        "summary": one.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            | _shown(example.path.get(name))
            for name in re.findall(r"{(\w+)}", one.path)
        ],
        "responses": {
            str(one.status): {"description": "Done."}
            | (
                {}
                if one.status == 204
                else {"content": {one.media_type: content, **{also: {} for also in one.also}}}
            ),
            **{
                str(status): {"description": "Nothing to do."}
                for status in one.errors
                if status < 400
            },
            **{
                str(status): {
                    "description": "Refused: the body says why.",
                    "content": refused,
                }
                for status in one.errors
                if status >= 400
            },
        },
    }
    if one.query is not None:
        described["parameters"] += [
            parameter | _shown(example.query.get(parameter["name"]))
            for parameter in _query_parameters(known[id(one.query)], components)
        ]
    if one.body is not None:
        schema = known[id(one.body)]
        described["requestBody"] = {
            "required": True,
            "content": {one.body_type: {"schema": schema, **_shown(example.body)}},
        }
    if one.keyless:
        described["security"] = []
    return described


def _shown(example: Any) -> dict[str, Any]:
    return {} if example is None else {"example": example}


def _query_parameters(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    struct = components[schema["$ref"].rpartition("/")[2]]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in struct.get("required", ()),
            "schema": of_field,
        }
        for name, of_field in struct["properties"].items()
    ]


recorded = with_examples
