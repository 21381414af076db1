"""OpenAPI 3.1 documents of the faces, from the same types that read requests and write answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

PAGE: Final = "text/html"
REFERENCES: Final = "#/components/schemas/{name}"
BEARER: Final = {"type": "http", "scheme": "bearer"}


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a test sends to a real server, and an answer to it. `path` fills the braces
    of the path: a reader has other ids."""

    path: Mapping[str, str] = {}
    query: Mapping[str, Any] = {}
    body: Any = None
    answer: Any = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    `query` and `body` are structs, `answer` is the type of a success; `answer` None is an answer
    without JSON, of the `media_type`, or an empty one with the status 204. `errors` are the other
    statuses that the face documents; a page refuses with a page, and those below 400 are empty.
    """

    method: str
    path: str
    summary: str
    query: Any = None
    body: Any = None
    body_type: str = "application/json"
    answer: Any = None
    status: int = 200
    media_type: str = "application/json"
    errors: tuple[int, ...] = (400, 401, 404, 429)
    keyless: bool = False
    example: Example = Example()
    also: tuple[str, ...] = ()
    """Other media types of a success."""


def recorded(operations: Sequence[Operation], file: Path) -> tuple[Operation, ...]:
    """The operations with their examples of the file, which `tests/dialects/recording.py` makes."""
    examples = msgspec.json.decode(file.read_bytes(), type=dict[str, Example])
    return tuple(
        msgspec.structs.replace(one, example=examples.get(f"{one.method} {one.path}", Example()))
        for one in operations
    )


def document(
    title: str,
    error: Any,
    operations: Sequence[Operation],
    key: Mapping[str, str] = BEARER,
) -> dict[str, Any]:
    """The document of a face whose errors all have the body `error`. `key` says how it is given."""
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
            "securitySchemes": {"key": dict(key)},
        },
        "security": [{"key": []}],
    }


def routes(
    documents: Callable[[], Mapping[str, dict[str, Any]]], public_path: str
) -> list[HTTPRouteHandler]:
    """`GET /openapi/{face}.json`, and `GET /openapi` which lists them; without a key. `documents`
    is called by a request, on a thread."""

    @cache
    def body(face: str) -> bytes:
        servers = {"servers": [{"url": public_path}]} if public_path else {}
        return msgspec.json.encode(documents()[face] | servers)

    @get("/openapi", sync_to_thread=True, include_in_schema=False)
    def index() -> Response[bytes]:
        listed = [
            {
                "face": face,
                "title": one["info"]["title"],
                "url": f"{public_path}/openapi/{face}.json",
            }
            for face, one in sorted(documents().items())
        ]
        return Response(msgspec.json.encode({"documents": listed}), media_type="application/json")

    @get("/openapi/{name:str}", sync_to_thread=True, include_in_schema=False)
    def openapi(name: FromPath[str]) -> Response[bytes]:
        names = {f"{face}.json": face for face in sorted(documents())}
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
