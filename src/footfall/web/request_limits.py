"""Limits on requests under way, in front of every application: the bytes and the time of their
bodies, and how many come from one address.

A scan has no body and is never counted here: it is the last thing that is refused.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar.exceptions import TooManyRequestsException

from footfall.api.request_bodies import Body, BodyBudget, Message
from footfall.capture.client_address import TrustedProxies, peer_address
from footfall.capture.request_context import Receive, Scope, Send
from footfall.web.connections import Peer, network_of, peer_of

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})
"""No route reads a body of these methods: RFC 9110, 9.3.1, gives it no meaning."""

CROWDED: Final = TooManyRequestsException(
    "Too many requests of your address are under way. Wait for their answers.",
    headers={"Retry-After": "1"},
)


def limit_bodies(
    application: Application,
    budget: BodyBudget,
    close: Callable[[Peer], None],
    proxies: TrustedProxies,
) -> Application:
    """The application, whose `receive` is a Body for every method that has one.

    `close` ends the connection of a body that does not come: the HTTP server would wait for the
    rest of it as long as anything in this process remembers the request.
    """

    async def with_body(scope: Scope, receive: Receive, send: Send) -> None:
        with budget.hold(_client_of(scope, proxies)) as held:
            body = Body(budget, held, receive, _content_length(scope))

            async def send_last(message: Message) -> None:
                if body.late and message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
                await send(message)

            await application(scope, body, send_last)
        await body.discard()
        if body.late and scope.get("client"):
            close(peer_of(scope))

    def limited(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # No coroutine of its own: every scan would pay for it.
        if scope["type"] != "http" or scope["method"] in WITHOUT_BODY:
            return application(scope, receive, send)
        return with_body(scope, receive, send)

    return limited


def _client_of(scope: Scope, proxies: TrustedProxies) -> str:
    """An IPv4 address or an IPv6 /64. Without the proxy's header a request did not come through it:
    the peer is the client."""
    return network_of(proxies.client_address(scope) or peer_address(scope))


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None


class RequestsByAddress:
    """How many requests are under way from each client's address: an IPv4 address or an IPv6 /64.

    Of a stream that stays open the whole time counts. `refused` counts since the start.
    """

    def __init__(self, per_address_max: int, proxies: TrustedProxies) -> None:
        self.refused = 0
        self._max = per_address_max
        self._proxies = proxies
        self._under_way: dict[str, int] = {}
        self._working: dict[int, tuple[Scope, Receive]] = {}

    def limit(self, application: Application, refuse: Application) -> Application:
        """The application; `refuse` answers in its place when an address has too many."""

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await application(scope, receive, send)
                return
            address = _client_of(scope, self._proxies)
            count = self._under_way.get(address, 0)
            if count >= self._max:
                self.refused += 1
                await refuse(scope, receive, send)
                return
            self._under_way[address] = count + 1
            self._working[id(scope)] = scope, receive
            try:
                await application(scope, receive, send)
            finally:
                del self._working[id(scope)]
                if self._under_way[address] == 1:
                    del self._under_way[address]
                else:
                    self._under_way[address] -= 1

        return limited

    def working(self) -> set[Peer]:
        """The peers (address, port) whose requests are here in full and not yet answered."""
        return {
            peer_of(scope)
            for scope, receive in self._working.values()
            if scope.get("client") and not (isinstance(receive, Body) and not receive.complete)
        }
