"""Who signs in in the tests: members with a browser each."""

import itertools
import ssl
from typing import Any

import httpx

from tests.support.running import RunningServer

PASSWORD = "correct horse"

CONTEXT = ssl.create_default_context()
"""One for all: to make it takes longer than most requests."""

opened: list[httpx.Client] = []

_addresses = itertools.count(1)


def address() -> dict[str, str]:
    """A proxy's header for somebody who never asked before: attempts are counted by address."""
    number = next(_addresses)
    return {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"}


class Browser:
    """Keeps the cookie, and sends the CSRF token beside it as the dashboard does."""

    def __init__(self, server: RunningServer, sent: httpx.Response | None = None) -> None:
        self.client = httpx.Client(base_url=server.url, headers=address(), verify=CONTEXT)
        opened.append(self.client)
        self.csrf = ""
        if sent is not None:
            self.keep(sent)

    def keep(self, sent: httpx.Response) -> None:
        assert sent.status_code == 200, sent.text
        self.client.cookies = sent.cookies
        self.csrf = sent.json()["csrf"]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"X-Footfall-Csrf": self.csrf, **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)


def send(method: str, url: str, **more: Any) -> httpx.Response:
    """By nobody in particular, who keeps no cookie."""
    return httpx.request(method, url, verify=CONTEXT, **more)


def use_link(server: RunningServer, link: str, **more: Any) -> httpx.Response:
    body = {"token": link.partition("#")[2], "password": PASSWORD, **more}
    return send("POST", f"{server.url}/session/welcome", json=body, headers=address())


def sign_in(server: RunningServer, email: str, password: str = PASSWORD) -> httpx.Response:
    body = {"email": email, "password": password}
    return send("POST", f"{server.url}/session", json=body, headers=address())


def join(server: RunningServer, admin: httpx.Client, email: str, role: str) -> Browser:
    """Somebody invited who has come."""
    invited = admin.post("/members", json={"email": email, "role": role})
    assert invited.status_code == 201, invited.text
    return Browser(server, use_link(server, invited.json()["link"]))
