"""A link that is slow, breaks, hangs or loses: a TCP proxy before a platform, at loopback.

What it does, it does to bytes that TCP has taken over, not to packets: a lost segment is one that is held up, with all that is
behind it, for as long as a retransmission takes.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Final

SEGMENT: Final = 1460  # bytes
RETRANSMISSION_S: Final = 0.3
BUFFER: Final = 32 << 10  # of the proxy's sockets: small, so that what was sent is on its way and not in a buffer


@dataclass(frozen=True, slots=True)
class Link:
    """`delay_s` each way; `a_second`: bytes, each way, for all connections together; `lost`: of a hundred segments.

    `broken_after`: so many bytes after its beginning, at most, a connection is reset, or with `hangs` never carries anything again.
    """

    delay_s: float = 0.0
    a_second: float | None = None
    lost: float = 0.0
    broken_after: int | None = None
    hangs: bool = False


class _Way:
    """One direction: its bandwidth is shared by all connections, in turns of a segment."""

    def __init__(self, link: Link, rng: Random) -> None:
        self._link, self._rng = link, rng
        self._turn = asyncio.Lock()

    async def carried(self, segment: bytes) -> None:
        if self._link.a_second:
            async with self._turn:
                await asyncio.sleep(len(segment) / self._link.a_second)
        if self._rng.random() * 100 < self._link.lost:
            await asyncio.sleep(RETRANSMISSION_S)


class BadLink:
    """`async with bad_link(...) as port`."""

    def __init__(self, link: Link, port: int, seed: int) -> None:
        self._link, self._port, self._rng = link, port, Random(seed)
        self._ways = _Way(link, self._rng), _Way(link, self._rng)
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port, limit=BUFFER)
                try:
                    await self._connected((reader, far_writer), (far_reader, writer))
                finally:
                    far_writer.transport.abort()
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _connected(self, *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        left = [self._rng.randrange(500, self._link.broken_after)] if self._link.broken_after else [1 << 62]
        carrying = [asyncio.ensure_future(self._carry(*ends, way, left)) for ends, way in zip(ways, self._ways, strict=True)]
        try:
            await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way, left: list[int]) -> None:
        now = asyncio.get_running_loop().time
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1000)

        async def arrive() -> None:
            while True:
                due, segment = await under_way.get()
                await asyncio.sleep(max(0.0, due - now()))
                if not segment:
                    return
                writer.write(segment)
                await writer.drain()

        arriving = asyncio.ensure_future(arrive())
        try:
            while segment := await reader.read(SEGMENT):
                left[0] -= len(segment)
                if left[0] <= 0:
                    if self._link.hangs:
                        await asyncio.get_running_loop().create_future()
                    return
                await way.carried(segment)
                await under_way.put((now() + self._link.delay_s, segment))
            await under_way.put((now() + self._link.delay_s, b""))
            await arriving
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)

    async def close(self) -> None:
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


@asynccontextmanager
async def bad_link(link: Link, port: int, seed: int = 1) -> AsyncIterator[int]:
    """Carries what comes to the port that it gives to `port`."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    proxy = BadLink(link, port, seed)
    server = await asyncio.start_server(proxy.serve, sock=listening, limit=BUFFER)
    try:
        yield listening.getsockname()[1]
    finally:
        server.close()
        await proxy.close()
