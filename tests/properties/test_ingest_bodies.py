"""Any mix of good, bad and repeated events, however it is written down: none is lost or doubled."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.native.ingesting import NDJSON, Counter, compress
from tests.support.running import RunningServer

BAD: list[bytes] = [
    b"null",
    b"0",
    b"[]",
    b"{}",
    b'{"kind":"party"}',
    b'{"kind":"scan","tracker":999999999}',
    b'{"kind":"scan","occurred_at":1e999}',
    b'{"kind":"scan","occurred_at":' + b"9" * 5000 + b"}",
    b'{"kind":"scan","occurred_at":-99999999999999999999999}',
    b'{"kind":"scan","metadata":{"a":' + b"9" * 5000 + b"}}",
    b'{"kind":"scan","metadata":{"a":1e999}}',
    b'{"kind":"scan","unique":"\xff"}',
    b'{"kind":"scan","unique":"\xed\xa0\x80"}',
    b'{"kind":"scan","ip":"1.2.3"}',
    b'{"kind":"scan","country":"nl"}',
    b'{"kind":"scan","references":{"kind":"x"}}',
]
"""None of them can be stored."""

SPOILERS: list[bytes] = [
    b'{"kind":"scan","metadata":{"a":' + b"[" * 3000 + b"]" * 3000 + b"}}",
    b'{"kind":"scan","unique":"\\ud800"}',
    b"{",
]
"""Nor these, and nobody can tell where they end: in an array they spoil the others."""

Piece = bytes | dict[str, Any]

good: some.SearchStrategy[Piece] = some.fixed_dictionaries(
    {},
    optional={
        "id": some.sampled_from(["a", "b", "ab", "é", "\u0000", "id-1041", "id-1042"]),
        "unique": some.text(max_size=20),
        "user_agent": some.text(max_size=40),
        "ip": some.ip_addresses().map(str),
        "occurred_at": some.integers(946_684_800_000, 1_700_000_000_000),
        "url": some.text(max_size=40),
        "metadata": some.dictionaries(
            some.text(max_size=5), some.integers(-(2**63), 2**63) | some.text() | some.none()
        ),
        "references": some.dictionaries(some.sampled_from(["offer", "sub1"]), some.text()),
    },
)
bodies = some.lists(some.one_of(good, some.sampled_from(BAD + SPOILERS)), max_size=12)


@pytest.fixture(scope="module")
def place(server: RunningServer) -> RunningServer:
    return server


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sent=some.lists(bodies, min_size=1, max_size=3),
    lines=some.booleans(),
    encoding=some.sampled_from(["", "gzip", "zstd"]),
    cut=some.none() | some.floats(0, 0.99),
)
def test_bodies_of_all_kinds_lose_and_double_nothing(
    place: RunningServer, sent: list[list[Piece]], lines: bool, encoding: str, cut: float | None
) -> None:
    counter = Counter(place)
    firsts: dict[str, str] = {}
    stored: set[str] = set()
    for pieces in [*sent, sent[0]]:
        texts, ids = write(counter, pieces)
        body = b"\n".join(texts) if lines else b"[" + b",".join(texts) + b"]"
        headers = dict(NDJSON) if lines else {}
        if encoding:
            headers["Content-Encoding"] = encoding
        packed = compress(body, encoding)
        if cut is not None and encoding:
            response = counter.post(packed[: int(len(packed) * cut)], headers)
            assert response.status_code == 400
        response = counter.post(packed, headers)
        if not lines and any(piece in SPOILERS for piece in pieces):
            assert response.status_code == 400
            continue
        answer = response.json()
        assert len(answer["events"]) == len(pieces), answer
        for piece, id, said in zip(pieces, ids, answer["events"], strict=True):
            if isinstance(piece, bytes):
                assert said["status"] == "refused", (piece, said)
            elif id and id in firsts:
                assert said == {"id": firsts[id], "status": "duplicate"}
            else:
                assert said["status"] == "stored", (piece, said)
                assert said["id"] not in stored
                stored.add(said["id"])
                if id:
                    firsts[id] = said["id"]
    assert counter.counted() == len(stored)


def write(counter: Counter, pieces: list[Piece]) -> tuple[list[bytes], list[str]]:
    """Each piece as JSON, and the id under which it is told, which is this example's alone."""
    texts, ids = [], []
    for piece in pieces:
        if isinstance(piece, bytes):
            texts.append(piece)
            ids.append("")
            continue
        id = f"{counter.tracker}:{piece['id']}" if "id" in piece else ""
        event = {**counter.event(), **piece}
        if id:
            event["id"] = id
        texts.append(json.dumps(event).encode())
        ids.append(id)
    return texts, ids


def test_ten_thousand_good_and_bad_at_once_are_all_answered_for(place: RunningServer) -> None:
    counter = Counter(place)
    pieces: list[Piece] = [
        BAD[number % len(BAD)] if number % 3 == 0 else {"id": f"many-{number % 9_000}"}
        for number in range(10_000)
    ]
    texts, _ = write(counter, pieces)
    answer = counter.post(b"[" + b",".join(texts) + b"]").json()
    expected = len({piece["id"] for piece in pieces if isinstance(piece, dict)})
    assert answer["refused"] == sum(isinstance(piece, bytes) for piece in pieces)
    assert answer["stored"] == expected
    assert answer["stored"] + answer["duplicates"] + answer["refused"] == 10_000
    assert counter.counted() == expected
