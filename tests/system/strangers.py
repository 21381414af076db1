"""Sockets as strangers open them, beside the clients that keep to HTTP."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from tests.support.running import PHONE, RunningServer


class Sockets:
    """Connections to one server, all closed at the end."""

    def __init__(self, server: RunningServer) -> None:
        self._port = server.port
        self.all: list[socket.socket] = []

    def open(self, first: bytes = b"", address: str = "127.0.0.1") -> socket.socket:
        """A connection from this address of loopback on which this was sent."""
        one = socket.socket()
        self.all.append(one)
        one.settimeout(30)
        one.bind((address, 0))
        one.connect(("127.0.0.1", self._port))
        one.sendall(first)
        return one

    def closed(self) -> int:
        """How many the server has closed by now. What it sent before is thrown away."""
        return sum(_is_closed(one) for one in self.all)


@contextlib.contextmanager
def sockets(server: RunningServer) -> Iterator[Sockets]:
    opened = Sockets(server)
    try:
        yield opened
    finally:
        for one in opened.all:
            one.close()


def _is_closed(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        while one.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        one.settimeout(30)
    return True


def everything_from(one: socket.socket) -> bytes:
    """What the server sends up to its end of the connection."""
    received = b""
    while piece := one.recv(65_536):
        received += piece
    return received


def post(path: str, headers: dict[str, str], length: int, start: bytes = b"") -> bytes:
    """The beginning of a POST that declares so many bytes of body."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"User-Agent: {PHONE}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode() + start


def metric(server: RunningServer, name: str) -> float:
    """One line of /metrics."""
    for line in server.client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"no metric {name}")


def refused(server: RunningServer, limit: str) -> float:
    return metric(server, f'footfall_refused_total{{limit="{limit}"}}')


DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "native": ("/events", {}),
    "native, in the framework": ("/exports", {}),
    "openqr": ("/v1/dynamic", {}),
    "vantio": ("/api/v1/programs", {}),
    "passentry": ("/api/v1/passes", {}),
    "copernica": ("/v4/publisher/emailings", {}),
    "everflow": ("/v1/networks/offers", {"X-Eflow-API-Key": "KEY"}),
    "mcp": ("/mcp", {"Accept": "application/json, text/event-stream"}),
}
"""A path of each API that reads a body, and the headers that it asks for; a bearer key beside."""


def headers_of(server: RunningServer, name: str) -> dict[str, str]:
    more = {key: value.replace("KEY", server.key) for key, value in DIALECTS[name][1].items()}
    return {
        "Authorization": f"Bearer {server.key}",
        "Content-Type": "application/json",
        **more,
    }


def text_of(name: str, body: Any) -> str:
    """The sentence of an error body, which has the shape of this API and no other."""
    match name:
        case "native" | "native, in the framework" | "openqr" | "mcp":
            assert body.keys() == {"error", "code"}
            return str(body["error"])
        case "vantio":
            assert body.keys() == {"error", "message"}
            return str(body["message"])
        case "passentry":
            assert body.keys() == {"errors"}
            return str(body["errors"][0])
        case "copernica":
            assert body.keys() == {"error"}
            assert body["error"].keys() == {"message"}
            return str(body["error"]["message"])
        case _:
            assert body.keys() == {"error", "Error"}
            return str(body["Error"])
