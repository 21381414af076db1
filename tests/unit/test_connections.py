"""The look at this process's connections: it goes on whatever fails."""

import asyncio
import socket

from footfall.web.connections import Connections, Peer


async def test_a_look_that_fails_is_followed_by_others() -> None:
    looks: list[bool] = []
    enough = asyncio.Event()

    def working() -> set[Peer]:
        looks.append(True)
        if len(looks) == 1:
            raise OSError(24, "Too many open files")
        if len(looks) == 2:
            enough.set()
        return set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        connections = Connections(port, 64, None, working)
        running = asyncio.create_task(connections.run())
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, peer = listening.accept()
            connections.close_soon(peer)
            async with asyncio.timeout(30):
                await enough.wait()
                assert await asyncio.to_thread(client.recv, 1) == b""
        accepted.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
