"""The servers that Footfall's redirect is measured against, each a process on its own port."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from footfall.cli.torture.books import Broken
from footfall.cli.torture.server import free_port

START_SECONDS_MAX = 30.0

NGINX = """
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log {directory}/access.log;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 302 https://example.org/; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(directory: Path) -> Iterator[str]:
    """`return 302` with an access log, one worker. Yields a URL to scan."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = directory / "nginx.conf"
    settings.write_text(NGINX.format(directory=directory.absolute(), port=port))
    # Debian keeps it where only root's PATH looks.
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with _process([program, "-c", str(settings.absolute())], port) as url:
        yield url
    (directory / "access.log").unlink(missing_ok=True)


@contextlib.contextmanager
def empty() -> Iterator[str]:
    """Our own server's empty 302."""
    port = free_port()
    with _process([sys.executable, "-m", "bench.empty", str(port)], port) as url:
        yield url


@contextlib.contextmanager
def naive(directory: Path, dsn: str) -> Iterator[str]:
    """uvicorn and one durable INSERT a redirect."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", "bench.naive", str(port), str(directory / "naive.db")]
    with _process([*command, dsn] if dsn else command, port) as url:
        yield url


@contextlib.contextmanager
def _process(command: list[str], port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}/s/bench"
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stderr=said)
        try:
            deadline = time.monotonic() + START_SECONDS_MAX
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise Broken(f"{command[0]} did not start:\n{said.read().decode()}")
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS_MAX)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 302
    except httpx.TransportError:
        return False
