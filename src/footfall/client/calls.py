"""Every call: what is sent, and what is made of the answers. See `steps.py` for what a call is."""

import itertools
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from footfall.client import answers
from footfall.client.arguments import (
    Filters,
    Moment,
    Values,
    write_body,
    write_moment,
    write_query,
)
from footfall.client.errors import FootfallError, Refused, Unreachable, of_status
from footfall.client.steps import Answer, Call, Give, Line, Open, Piece, Send, Wait

ATTEMPTS: Final = 5
FIRST_WAIT_SECONDS: Final = 1.0
"""Before the second attempt, where the server does not say how long; then twice as long each."""

WAIT_SECONDS_MAX: Final = 120.0
"""A server that asks for a longer wait is not waited for: its answer is raised."""

BATCH_EVENTS: Final = 1_000
BATCH_BYTES_MAX: Final = 8 << 20
PAGE_EVENTS: Final = 1_000
POLL_SECONDS: Final = 1.0
FINAL_STATES: Final = frozenset({"done", "failed", "expired"})

Query = tuple[tuple[str, str], ...]

T = TypeVar("T")


# ── one request ───────────────────────────────────────────────────────────────────────────────


def persist(send: Send) -> Call[Answer]:
    """The answer, after as many attempts as it takes. 429 and 503 are waited for, as long as the
    server says. A broken connection is tried again where that cannot do anything twice."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer: Answer = yield send
        except Unreachable:
            if attempt == ATTEMPTS or not send.repeatable:
                raise
            yield Wait(_growing(attempt))
            continue
        if answer.status < 400:
            return answer
        error = read_refusal(answer)
        wait = _seconds_to_wait(answer, attempt)
        if wait is None or attempt == ATTEMPTS:
            raise error
        yield Wait(wait)
    raise AssertionError("the last attempt returns or raises")


def _seconds_to_wait(answer: Answer, attempt: int) -> float | None:
    """None for a refusal that waiting does not repair."""
    if answer.status not in (429, 503):
        return None
    seconds_text = answer.headers.get("retry-after", "")
    seconds = float(seconds_text) if seconds_text.isdigit() else _growing(attempt)
    return seconds if seconds <= WAIT_SECONDS_MAX else None


def _growing(attempt: int) -> float:
    return FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1)


def read_refusal(answer: Answer) -> Refused:
    retry_after = answer.headers.get("retry-after", "")
    message, code = f"The server answered {answer.status}.", ""
    try:
        body = msgspec.json.decode(answer.body)
        message, code = str(body["error"]), str(body.get("code", ""))
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        pass  # a proxy's page, for example
    return of_status(answer.status)(
        message,
        answer.status,
        code,
        int(retry_after) if retry_after.isdigit() else None,
        answer.body,
    )


def _json(send: Send, type: type[T]) -> Call[T]:
    answer = yield from persist(send)
    try:
        return msgspec.json.decode(answer.body, type=type)
    except msgspec.MsgspecError as error:
        raise FootfallError(
            f"{send.method} {send.path}: no answer of Footfall's: {error}"
        ) from None


def get(path: str, type: type[T], query: Iterable[tuple[str, str]] = ()) -> Call[T]:
    return _json(Send(method="GET", path=path, query=tuple(query)), type)


def post(path: str, body: Any, type: type[T], *, repeatable: bool = False) -> Call[T]:
    return _json(_with_body("POST", path, body, repeatable=repeatable), type)


def create(path: str, body: Any, type: type[T]) -> Call[T]:
    """A POST that makes something, once: also when it is sent again under the same key."""
    send = _with_body("POST", path, body, repeatable=True)
    headers = {**send.headers, "Idempotency-Key": uuid.uuid4().hex}
    return _json(msgspec.structs.replace(send, headers=headers), type)


def patch(path: str, body: Any, type: type[T]) -> Call[T]:
    return _json(_with_body("PATCH", path, body, repeatable=True), type)


def delete(path: str) -> Call[None]:
    yield from persist(Send(method="DELETE", path=path))


def _with_body(method: str, path: str, body: Any, *, repeatable: bool) -> Send:
    return Send(
        method=method,
        path=path,
        body=msgspec.json.encode(body),
        headers={"Content-Type": "application/json"},
        repeatable=repeatable,
    )


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def selection(
    filters: Filters | None,
    columns: Mapping[str, Values],
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    **others: str | int | None,
) -> Query:
    """Parameters of a list of events."""
    query = list(write_query(filters or {}, columns))
    for name, moment in (("since", since), ("until", until)):
        if moment is not None:
            query.append((name, write_moment(moment)))
    query += [(name, str(value)) for name, value in others.items() if value is not None]
    return tuple(query)


def pages(query: Query, *, whole: bool) -> Call[None]:
    """Gives every page, or with `whole` False every event of every page."""
    more: Query = ()
    while True:
        page = yield from get("/events", answers.EventPage, (*query, *more))
        for value in [page] if whole else page.events:
            yield Give(value)
        if page.next is None:
            return
        more = (("cursor", page.next), ("total", "none"))
        query = tuple(pair for pair in query if pair[0] != "total")


def event(id: str) -> Call[answers.Event]:
    return get(f"/events/{id}", answers.Event)


def report(given: Mapping[str, Any]) -> Call[answers.Report]:
    return post("/reports", write_body(given), answers.Report, repeatable=True)


def explain(given: Mapping[str, Any]) -> Call[answers.Explanation]:
    return post("/counts/explain", write_body(given), answers.Explanation, repeatable=True)


def integrity(since: Moment | None, until: Moment | None) -> Call[answers.Integrity]:
    return get("/integrity", answers.Integrity, selection(None, {}, since=since, until=until))


def live(query: Query, after: str | None) -> Call[None]:
    """Gives every event as it arrives, for ever. A connection that breaks is opened again where
    the last event was, so none is left out; until there was one, where it began."""
    if after is None:
        newest = (("limit", "1"), ("fields", "id"), ("total", "none"))
        page = yield from get("/events", answers.EventPage, newest)
        after = page.as_of
    failures = 0
    while True:
        headers = {"Last-Event-ID": after} if after else {}
        try:
            answer = yield Open(method="GET", path="/events/live", query=query, headers=headers)
            if answer.status >= 400:
                error, wait = read_refusal(answer), _seconds_to_wait(answer, failures + 1)
                if wait is None or failures + 1 >= ATTEMPTS:
                    raise error
                failures += 1
                yield Wait(wait)
                continue
            data: list[str] = []
            while (line := (yield Line())) is not None:
                failures = 0
                name, _, text = line.partition(":")
                if name == "data":
                    data.append(text.removeprefix(" "))
                elif not line and data:
                    event = msgspec.json.decode("\n".join(data), type=answers.Event)
                    after, data = event.id, []
                    yield Give(event)
        except Unreachable:
            failures += 1
            if failures >= ATTEMPTS:
                raise
        yield Wait(min(2.0**failures, 30.0))


# ── ingesting ───────────────────────────────────────────────────────────────────────────────────


def ingest(events: Iterable[Mapping[str, Any]]) -> Call[answers.IngestResult]:
    """Every event, in batches: stored, known already or refused, one by one. An event without an
    `id` gets one here, so that a batch which is sent again is stored once."""
    outcomes = []
    for batch in _batches(events):
        outcomes.append((yield from _ingest_batch(batch)))
    return answers.IngestResult(
        stored=sum(one.stored for one in outcomes),
        duplicates=sum(one.duplicates for one in outcomes),
        refused=sum(one.refused for one in outcomes),
        durable=all(one.durable for one in outcomes),
        events=[event for one in outcomes for event in one.events],
    )


def _ingest_batch(batch: list[tuple[str, bytes]]) -> Call[answers.IngestResult]:
    body = b"[" + b",".join(line for _, line in batch) + b"]"
    headers = {"Content-Type": "application/json"}
    send = Send(method="POST", path="/events", body=body, headers=headers)
    try:
        answer = yield from persist(send)
    except Refused as error:
        # All were refused, one by one: that is an outcome too.
        refusals = msgspec.json.decode(error.body) if error.status == 400 and error.body else {}
        if "events" not in refusals:
            raise
        answer = Answer(status=400, headers={}, body=error.body)
    outcome = msgspec.json.decode(answer.body, type=answers.IngestResult)
    named = [
        msgspec.structs.replace(one, external_id=id)
        for (id, _), one in zip(batch, outcome.events, strict=True)
    ]
    return msgspec.structs.replace(outcome, events=named)


def _batches(events: Iterable[Mapping[str, Any]]) -> Iterator[list[tuple[str, bytes]]]:
    """Each event as its id and its JSON, so many together as one request takes."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for event in events:
        id = str(event.get("id") or uuid.uuid4().hex)
        line = msgspec.json.encode({**event, "id": id})
        if batch and (len(batch) == BATCH_EVENTS or size + len(line) > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append((id, line))
        size += len(line) + 1
    if batch:
        yield batch


# ── exports ───────────────────────────────────────────────────────────────────────────────────


def create_export(wanted: Mapping[str, Any]) -> Call[answers.Export]:
    return create("/exports", write_body(wanted), answers.Export)


def list_exports() -> Call[list[answers.Export]]:
    listed = yield from get("/exports", answers.ExportList)
    return listed.exports


def get_export(id: str) -> Call[answers.Export]:
    return get(f"/exports/{id}", answers.Export)


def wait_for_export(id: str) -> Call[answers.Export]:
    while True:
        export = yield from get(f"/exports/{id}", answers.Export)
        if export.state in FINAL_STATES:
            return export
        yield Wait(POLL_SECONDS)


def download(id: str, path: Path) -> Call[Path]:
    """The file, which is at `path` when it is whole and not before. A download that breaks off
    goes on where it was."""
    part = path.with_name(path.name + ".part")
    size = 0
    for attempt in itertools.count(1):
        headers = {"Range": f"bytes={size}-"} if size else {}
        try:
            answer = yield Open(method="GET", path=f"/exports/{id}/file", headers=headers)
            if answer.status >= 400:
                raise read_refusal(answer)
            if answer.status != 206:
                size = 0
            with part.open("ab" if size else "wb") as file:
                while (piece := (yield Piece())) is not None:
                    size += file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except Unreachable:
            if attempt == ATTEMPTS:
                raise
            yield Wait(_growing(attempt))
        else:
            break
    part.replace(path)
    return path


# ── trackers ──────────────────────────────────────────────────────────────────────────────────


def trackers() -> Call[None]:
    """Gives every tracker."""
    query: Query = ()
    while True:
        page = yield from get("/trackers", answers.TrackerPage, query)
        for tracker in page.trackers:
            yield Give(tracker)
        if page.cursor is None:
            return
        query = (("cursor", page.cursor),)


def create_tracker(fields: Mapping[str, Any]) -> Call[answers.Tracker]:
    return create("/trackers", dict(fields), answers.Tracker)


def get_tracker(id: int) -> Call[answers.Tracker]:
    return get(f"/trackers/{id}", answers.Tracker)


def change_tracker(id: int, fields: Mapping[str, Any]) -> Call[answers.Tracker]:
    return patch(f"/trackers/{id}", dict(fields), answers.Tracker)


# ── policies ──────────────────────────────────────────────────────────────────────────────────


def list_policies() -> Call[answers.PolicyList]:
    return get("/policies", answers.PolicyList)


def get_policy(number: int) -> Call[answers.Policy]:
    return get(f"/policies/{number}", answers.Policy)


def create_policy(rules: Mapping[str, Any], note: str) -> Call[answers.Policy]:
    return create("/policies", {"rules": dict(rules), "note": note}, answers.Policy)


def preview_policy(given: Mapping[str, Any]) -> Call[answers.PolicyPreview]:
    body = write_body(given)
    return post("/policies/preview", body, answers.PolicyPreview, repeatable=True)


def apply_policy(number: int) -> Call[answers.Policy]:
    return post(f"/policies/{number}/apply", {}, answers.Policy, repeatable=True)
