"""A network that fails: in front of a real server, it does to each request what it was told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx

from tests.support.running import RunningServer

UNTOUCHED: Final = "pass"


class Network:
    """`plan` has what becomes of the next requests: a status (answered with `Retry-After`, and not
    passed on), `lost` (nothing arrives there), `unanswered` (it arrives, the answer is lost),
    `cut` (the answer ends after its first piece with something in it). What comes after is passed
    on. `seen` has the
    method and path of each."""

    def __init__(self, server: RunningServer) -> None:
        self.plan: list[str | int] = []
        self.seen: list[str] = []
        self.retry_after = "0"
        self._sockets: list[socket.socket] = []
        network = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                network._pass(self, server.url)

            do_GET = do_POST = do_PATCH = do_DELETE = do  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def _pass(self, handler: BaseHTTPRequestHandler, url: str) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        self.seen.append(f"{handler.command} {handler.path.partition('?')[0]}")
        fate = self.plan.pop(0) if self.plan else UNTOUCHED
        if isinstance(fate, int):
            handler.send_response(fate)
            handler.send_header("Retry-After", self.retry_after)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.close_connection = True
        if fate == "lost":
            return
        headers = {k: v for k, v in handler.headers.items() if k.lower() != "host"}
        method, path = handler.command, url + handler.path
        with httpx.stream(method, path, content=body, headers=headers, timeout=30) as response:
            self._sockets.append(response.extensions["network_stream"].get_extra_info("socket"))
            if fate == "unanswered":
                response.read()
                return
            handler.send_response(response.status_code)
            handler.send_header("Content-Type", response.headers.get("content-type", ""))
            if "content-range" in response.headers:
                handler.send_header("Content-Range", response.headers["content-range"])
            handler.send_header("Connection", "close")
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            with contextlib.suppress(OSError, httpx.HTTPError):
                for piece in response.iter_bytes():
                    handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    if fate == "cut" and b": following" not in piece:
                        return
                handler.wfile.write(b"0\r\n\r\n")

    def run(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        for one in self._sockets:  # streams that nobody follows any more
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._http.shutdown()
        self._http.server_close()


@contextlib.contextmanager
def failing(server: RunningServer) -> Iterator[Network]:
    network = Network(server)
    thread = threading.Thread(target=network.run, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        network.close()
        thread.join()
