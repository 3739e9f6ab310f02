"""Listening for browsers and gates: how many connections there may be at once, and how long each may say nothing.

A process has a limited number of open files, which devices, pictures and the store need too. So nobody may hold connections without
end: neither by their number, nor by a request that is begun and never finished.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

IDLE_S: Final = 60.0  # between two requests, and for the head of one; gates and pages ask anew within half a minute
HANDSHAKE_S: Final = 20.0  # TLS takes two round trips, of 4 s each on a link with 2 s delay
LINGER_S: Final = 2.0  # how long a body that was refused is still read, so that its sender gets to hear why
BACKLOG: Final = 128

Serve = Callable[[], asyncio.Protocol]


@dataclass(slots=True)
class Room:
    """For `most` connections at once, of which one address may have `most_of_one` (None: as many as there are)."""

    most: int
    most_of_one: int | None = None
    _here: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        if self._here.total() >= self.most or (self.most_of_one is not None and self._here[address] >= self.most_of_one):
            return False
        self._here[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._here[address] -= 1
        if not self._here[address]:
            del self._here[address]


class _Admitted(asyncio.Protocol):
    """One connection: cut at once where there is no room, else served."""

    def __init__(self, room: Room, serve: Serve) -> None:
        self._room, self._serve = room, serve
        self._served: asyncio.Protocol | None = None
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""  # already gone again
        if not self._room.enter(self._address):
            transport.abort()
            return
        self._served = self._serve()
        self._served.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._served:
            self._room.leave(self._address)
            self._served.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._served:
            self._served.data_received(data)

    def eof_received(self) -> bool | None:
        return self._served.eof_received() if self._served else None

    def pause_writing(self) -> None:
        if self._served:
            self._served.pause_writing()

    def resume_writing(self) -> None:
        if self._served:
            self._served.resume_writing()


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, room: Room, tls: ssl.SSLContext | None = None, *, grace_s: float
) -> AsyncIterator[str]:
    """Serve `app` to as many as there is room for; gives the address (`https://127.0.0.1:8443`).

    Requests that are under way at the end have `grace_s`. Raises what the application's start raises; OSError where it cannot
    listen.
    """
    runner = web.AppRunner(app, shutdown_timeout=grace_s, keepalive_timeout=IDLE_S, lingering_time=LINGER_S)
    await runner.setup()
    try:
        serve = runner.server
        assert serve is not None
        listener = await asyncio.get_running_loop().create_server(
            lambda: _Admitted(room, serve),
            host,
            port,
            backlog=BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_S if tls else None,
        )
        try:
            yield _address(listener, "https" if tls else "http")
        finally:
            listener.close()
    finally:
        await runner.cleanup()


def _address(listener: asyncio.Server, scheme: str) -> str:
    host, port = listener.sockets[0].getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
