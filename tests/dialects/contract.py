"""What every API keeps, whoever's it is: its rows (`Operation`) say what there is to try."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import httpx
import msgspec

from footfall.api.dialect import Dialect
from footfall.api.operations import Operation
from footfall.core.accounts import Scope

NOTHING: Final = "999999999"
"""The id of nothing, as a number and as a text."""

NOT_JSON_OBJECTS: Final = (b"[1", b'"text"', b"[]", b"7", b"\xff\xfe")


class Contract:
    """Of a dialect with these operations. `client` asks as who has every scope."""

    def __init__(
        self, dialect: Dialect, operations: Iterable[Operation], client: httpx.AsyncClient
    ) -> None:
        self.dialect = dialect
        self.operations = dialect.described(operations)
        self.client = client

    def asked(self, **ids: str) -> Iterator[tuple[Operation, str]]:
        """Every operation that takes a key, and its path with these ids, others of nothing."""
        for one in self.operations:
            if not one.keyless:
                path = re.sub(r"{(\w+)}", lambda name: ids.get(name[1], NOTHING), one.path)
                yield one, path

    async def check_refusal(self, one: Operation, answer: httpx.Response, *statuses: int) -> None:
        """The status is described, and the body is the API's own form of an error."""
        name = f"{one.method} {one.path}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code in statuses, name
        msgspec.json.decode(answer.content, type=self.dialect.error)

    async def needs_a_key(self, nobody: httpx.AsyncClient) -> None:
        """Who has none, and who has a wrong one, is refused with a challenge (RFC 9110, 15.5.2)."""
        for one, path in self.asked():
            answer = await nobody.request(one.method, path)
            await self.check_refusal(one, answer, self.dialect.status(401))
            assert bool(self.dialect.challenge) == ("www-authenticate" in answer.headers)

    async def needs_a_scope(self, reader: httpx.AsyncClient) -> None:
        """A key that may only read changes nothing."""
        for one, path in self.asked():
            if (one.scope or (Scope.READ if one.method == "GET" else Scope.WRITE)) != Scope.READ:
                if one.options.get("scope", one.scope) is None and "scope" in one.options:
                    continue  # for keys without any scope
                answer = await reader.request(one.method, path, content=b"{}")
                await self.check_refusal(one, answer, self.dialect.status(403))

    async def refuses_other_bodies(self) -> None:
        for one, path in self.asked():
            for content in NOT_JSON_OBJECTS if one.body is not None else ():
                answer = await self.client.request(one.method, path, content=content)
                await self.check_refusal(one, answer, *map(self.dialect.status, (400, 403, 404)))

    async def finds_nothing(self, client: httpx.AsyncClient, body: Any, **ids: str) -> None:
        """404 for whoever's row this is not: no answer tells whether there is one."""
        for one, path in self.asked(**ids):
            if "{" in one.path:
                content = msgspec.json.encode(body) if one.body is not None else b""
                answer = await client.request(one.method, path, content=content)
                await self.check_refusal(one, answer, self.dialect.status(404))
