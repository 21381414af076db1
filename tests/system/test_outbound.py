"""Requests to addresses that users name: no private address is reached or named."""

import asyncio
import gzip
import zlib
from contextlib import suppress

import pytest

from footfall.runtime.outbound import ANSWER_BYTES_MAX, Outbound, Unreachable
from tests.support.receiving import Receiver


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_no_request_goes_to_a_private_address(receiver: Receiver, host: str) -> None:
    outbound = Outbound(allow_private=False, at_once_per_host=8)
    url = receiver.url.replace("127.0.0.1", host)
    with pytest.raises(Unreachable, match="private") as refusal:
        await outbound.post(url, b"{}", {}, timeout_seconds=5)
    await outbound.close()
    assert "127.0.0.1" not in str(refusal.value)
    assert "::1" not in str(refusal.value)
    assert receiver.seen == []


async def test_no_failure_to_connect_names_an_address() -> None:
    async def silence(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"127.0.0.1 says hello\r\n\r\n")
        writer.close()

    outbound = Outbound(allow_private=True, at_once_per_host=8)
    problems = []
    for answer in (silence, nonsense):
        listening = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        for scheme in ("http", "https"):
            with pytest.raises(Unreachable) as refusal:
                await outbound.post(f"{scheme}://localhost:{port}/", b"{}", {}, timeout_seconds=5)
            problems.append(str(refusal.value))
        listening.close()
        await listening.wait_closed()
    for url in (f"http://localhost:{port}/", "http://nobody.invalid/", "http://[::1/"):
        with pytest.raises(Unreachable) as refusal:
            await outbound.post(url, b"{}", {}, timeout_seconds=5)
        problems.append(str(refusal.value))
    await outbound.close()
    assert problems[-3:] == [
        "no connection: Connection refused",
        "the name is not found",
        "the URL is not valid",
    ]
    assert not [text for text in problems if "127.0.0.1" in text or "::1" in text], problems
    assert "the answer is not HTTP" in problems


async def test_an_answer_that_never_ends_is_cut_off() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(ConnectionError):
            await reader.read()  # until the other side leaves
            writer.close()
            await writer.wait_closed()
        left.set()

    left = asyncio.Event()
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    outbound = Outbound(allow_private=True, at_once_per_host=8)
    reply = await outbound.post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_seconds=0.2)
    assert (reply.status, reply.problem) == (200, "no answer in 0.2 s")
    await outbound.close()
    await left.wait()
    listening.close()
    await listening.wait_closed()


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"Content-Encoding: deflate\r\nContent-Length: 4\r\n\r\nbody", b""),
        (b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody", b""),
        (b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\nbody", b"body"),
        (b"Content-Length: 10\r\n\r\nbody", b"body"),
        (b"Content-Type: x/\xff; charset=\xff\r\nContent-Length: 1\r\n\r\n\xff", b"\xff"),
        (
            b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"x" * 200_000),
            b"x" * ANSWER_BYTES_MAX,
        ),
        (b"Content-Encoding: deflate\r\nConnection: close\r\n\r\n" + zlib.compress(b"{}"), b"{}"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_status_counts_whatever_becomes_of_the_body(
    body: bytes, read: bytes, at_once: bool
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 202 Accepted\r\n"
        for piece in [head + body] if at_once else [head, body]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    outbound = Outbound(allow_private=True, at_once_per_host=8)
    reply = await outbound.post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_seconds=5)
    assert reply.status == 202
    assert reply.body == read or (reply.problem and not read)
    await outbound.close()
    listening.close()
    await listening.wait_closed()


async def test_an_answer_in_pieces_is_read_whole() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"def")
        writer.close()
        await writer.wait_closed()
        left.set()

    left = asyncio.Event()
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    outbound = Outbound(allow_private=True, at_once_per_host=8)
    reply = await outbound.post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_seconds=5)
    assert reply.body == b"abcdef"
    await outbound.close()
    await left.wait()
    listening.close()
    await listening.wait_closed()
