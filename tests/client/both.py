"""Both clients under one test: the one for event loops is waited for, step by step."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

from footfall.client import AsyncFootfall


class Waiting:
    """Has what `other` has; what is to be awaited is awaited, what is to be iterated is."""

    def __init__(self, other: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._other = other
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._other, name)
        if not callable(value):
            return Waiting(value, self._loop)

        def call(*arguments: Any, **named: Any) -> Any:
            return self._wait(value(*arguments, **named))

        return call

    def _wait(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            return self._loop.run_until_complete(value)
        return Waiting(value, self._loop) if hasattr(value, "__aiter__") else value

    def __iter__(self) -> Iterator[Any]:
        iterator: AsyncIterator[Any] = aiter(self._other)
        while True:
            try:
                yield self._loop.run_until_complete(anext(iterator))
            except StopAsyncIteration:
                return
            except GeneratorExit:
                self._loop.run_until_complete(iterator.aclose())  # type: ignore[attr-defined]
                raise


def waiting(url: str, key: str) -> tuple[Waiting, asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    return Waiting(AsyncFootfall(url, key), loop), loop
