"""What a client has beside its methods: `exports`, `policies` and `trackers`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar, Unpack

from footfall.client import calls
from footfall.client.answers import Export, Policy, PolicyList, PolicyPreview, Tracker
from footfall.client.arguments import Previewed, Rules, TrackerFields, Wanted
from footfall.client.steps import Call

T = TypeVar("T")


class _Run(Protocol):
    def __call__(self, call: Call[T]) -> T: ...


class _AsyncRun(Protocol):
    def __call__(self, call: Call[T]) -> Awaitable[T]: ...


class Exports:
    """Files of any number of events, made in the background."""

    def __init__(self, run: _Run) -> None:
        self._run = run

    def create(self, **wanted: Unpack[Wanted]) -> Export:
        return self._run(calls.create_export(wanted))

    def list(self) -> list[Export]:
        return self._run(calls.list_exports())

    def get(self, id: str) -> Export:
        return self._run(calls.get_export(id))

    def wait(self, id: str) -> Export:
        """When it is done, or has failed: `state` says which."""
        return self._run(calls.wait_for_export(id))

    def download(self, id: str, path: str | Path) -> Path:
        """At `path` when it is whole, and not before."""
        return self._run(calls.download(id, Path(path)))

    def delete(self, id: str) -> None:
        self._run(calls.delete(f"/exports/{id}"))


class AsyncExports:
    def __init__(self, run: _AsyncRun) -> None:
        self._run = run

    async def create(self, **wanted: Unpack[Wanted]) -> Export:
        return await self._run(calls.create_export(wanted))

    async def list(self) -> list[Export]:
        return await self._run(calls.list_exports())

    async def get(self, id: str) -> Export:
        return await self._run(calls.get_export(id))

    async def wait(self, id: str) -> Export:
        return await self._run(calls.wait_for_export(id))

    async def download(self, id: str, path: str | Path) -> Path:
        return await self._run(calls.download(id, Path(path)))

    async def delete(self, id: str) -> None:
        await self._run(calls.delete(f"/exports/{id}"))


class Policies:
    """Versions of what events are classified by."""

    def __init__(self, run: _Run) -> None:
        self._run = run

    def list(self) -> PolicyList:
        return self._run(calls.list_policies())

    def get(self, number: int) -> Policy:
        return self._run(calls.get_policy(number))

    def create(self, note: str = "", **rules: Unpack[Rules]) -> Policy:
        """The next version; it is not in effect."""
        return self._run(calls.create_policy(rules, note))

    def preview(self, **given: Unpack[Previewed]) -> PolicyPreview:
        """What it would change of what is stored."""
        return self._run(calls.preview_policy(given))

    def apply(self, number: int) -> Policy:
        """In effect when it returns; what is stored follows, and `get` tells how far."""
        return self._run(calls.apply_policy(number))


class AsyncPolicies:
    def __init__(self, run: _AsyncRun) -> None:
        self._run = run

    async def list(self) -> PolicyList:
        return await self._run(calls.list_policies())

    async def get(self, number: int) -> Policy:
        return await self._run(calls.get_policy(number))

    async def create(self, note: str = "", **rules: Unpack[Rules]) -> Policy:
        return await self._run(calls.create_policy(rules, note))

    async def preview(self, **given: Unpack[Previewed]) -> PolicyPreview:
        return await self._run(calls.preview_policy(given))

    async def apply(self, number: int) -> Policy:
        return await self._run(calls.apply_policy(number))


class Trackers:
    """What reports back: codes, pixels, tags. Iterate to list all of them."""

    def __init__(self, run: _Run, each: Callable[[Call[Any]], Iterator[Any]]) -> None:
        self._run = run
        self._each = each

    def __iter__(self) -> Iterator[Tracker]:
        return self._each(calls.trackers())

    def create(self, **fields: Unpack[TrackerFields]) -> Tracker:
        return self._run(calls.create_tracker(fields))

    def get(self, id: int) -> Tracker:
        return self._run(calls.get_tracker(id))

    def change(self, id: int, **fields: Unpack[TrackerFields]) -> Tracker:
        return self._run(calls.change_tracker(id, fields))

    def delete(self, id: int) -> None:
        """Its events are erased."""
        self._run(calls.delete(f"/trackers/{id}"))


class AsyncTrackers:
    def __init__(self, run: _AsyncRun, each: Callable[[Call[Any]], AsyncIterator[Any]]) -> None:
        self._run = run
        self._each = each

    def __aiter__(self) -> AsyncIterator[Tracker]:
        return self._each(calls.trackers())

    async def create(self, **fields: Unpack[TrackerFields]) -> Tracker:
        return await self._run(calls.create_tracker(fields))

    async def get(self, id: int) -> Tracker:
        return await self._run(calls.get_tracker(id))

    async def change(self, id: int, **fields: Unpack[TrackerFields]) -> Tracker:
        return await self._run(calls.change_tracker(id, fields))

    async def delete(self, id: int) -> None:
        await self._run(calls.delete(f"/trackers/{id}"))
