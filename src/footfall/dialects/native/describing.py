"""How the native API's operations are described for its OpenAPI document."""

from typing import Any, Final

from footfall.api.openapi import Example, Operation

KEYED: Final = (400, 401, 403, 429, 503)
"""What any request with a key may be answered with."""


def describe(
    method: str,
    path: str,
    summary: str,
    answer: Any,
    example: Example,
    *,
    query: Any = None,
    body: Any = None,
    status: int = 200,
    **more: Any,
) -> Operation:
    errors = {*KEYED, *([404] if "{" in path else ()), *([413] if body is not None else ())}
    return Operation(
        method=method,
        path=path,
        summary=summary,
        query=query,
        body=body,
        answer=answer,
        status=status,
        errors=tuple(sorted(errors | set(more.pop("errors", ())))),
        example=example,
        **more,
    )
