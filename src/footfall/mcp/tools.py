"""What a tool is: a name, the arguments it takes, and the HTTP request that it stands for."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from footfall.core.accounts import Scope
from footfall.core.errors import InvalidRequest
from footfall.parsing.invalid_values import describe

Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{1,80}$(?!\n)",
        description="The id, as the lists and the answers to creations give it.",
    ),
]
"""An id that becomes a part of a path: nothing in it leads to another one."""

Scalar = str | int | float | bool


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tool takes. A field that may be left out has the default UNSET: null is a value."""


class Nothing(Arguments, frozen=True):
    """No arguments."""


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """One tool.

    `path` takes the arguments it names; `fixed` are added to the others, which are the query of a
    GET and the JSON body of anything else. Of them `spread` is an object whose members become
    parameters of the query, `whole` is the body itself.

    `rows` names the list in the answer that may be cut, `next` the field with the cursor that goes
    on after it, for a tool that takes `limit` and `cursor`. `left_out` says what every answer
    leaves out. Without a `path` there is no request: the tool answers `answer`, or refuses with
    `refusal`.
    """

    name: str
    description: str
    arguments: type[Arguments]
    scope: Scope = Scope.READ
    method: Literal["GET", "POST", "PATCH", "DELETE"] = "GET"
    path: str = ""
    fixed: Mapping[str, Scalar] = {}
    spread: str = ""
    whole: str = ""
    rows: str = ""
    next: str = ""
    left_out: str = ""
    destroys: bool = False
    answer: Mapping[str, Any] = {}
    refusal: str = ""

    def schema(self) -> dict[str, Any]:
        """The arguments as JSON Schema, an object at its root."""
        _, components = msgspec.json.schema_components(
            [self.arguments], ref_template="#/$defs/{name}"
        )
        root: dict[str, Any] = components.pop(self.arguments.__name__)
        return {**root, "$defs": components} if components else root


IDEMPOTENCY_KEY: Final = "idempotency_key"
"""The argument that becomes a header."""


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request to our API, without the key."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    headers: Mapping[str, str] = {}

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def curl(self, base_url: str) -> str:
        """The command that sends it, with the key from the environment variable KEY."""
        words = ["curl -sS"]
        if self.method != ("GET" if self.body is None else "POST"):
            words.append(f"-X {self.method}")
        words += [shlex.quote(base_url + self.target), '-H "Authorization: Bearer $KEY"']
        words += [f"-H {shlex.quote(f'{name}: {text}')}" for name, text in self.headers.items()]
        if self.body is not None:
            text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
            words += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(text)}"]
        return " ".join(words)


def read_arguments(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, checked; numbers may come as text. Raises InvalidRequest."""
    try:
        arguments = msgspec.convert(given, tool.arguments, strict=False)
    except msgspec.ValidationError as error:
        names = ", ".join(tool.arguments.__struct_fields__) or "nothing"
        problem = describe(error, tool.arguments).rstrip(".")
        raise InvalidRequest(f"{problem}. {tool.name} takes: {names}.") from None
    values: dict[str, Any] = msgspec.to_builtins(arguments)
    return values


def request_of(tool: Tool, values: Mapping[str, Any]) -> ToolCall:
    """The request that a tool stands for."""
    left = {**values, **tool.fixed}
    in_path = re.findall(r"{(\w+)}", tool.path)
    path = tool.path.format(**{name: left.pop(name) for name in in_path})
    headers = {}
    if IDEMPOTENCY_KEY in left:
        headers["Idempotency-Key"] = str(left.pop(IDEMPOTENCY_KEY))
    if tool.method in ("GET", "DELETE"):
        left.update(left.pop(tool.spread, {}))
        query = tuple((name, text) for name, value in left.items() for text in _texts(value))
        return ToolCall(method=tool.method, path=path, query=query, headers=headers)
    body = left[tool.whole] if tool.whole else left
    return ToolCall(method=tool.method, path=path, body=body, headers=headers)


def _texts(value: Any) -> list[str]:
    """A parameter is repeated for each of several values."""
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
