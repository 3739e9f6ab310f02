"""Whoever listens gives room to so many connections and no more, to one address to fewer, and gives it back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from gateway.look import connections
from gateway.look.connections import Room, listening

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[..., Awaitable[Connection]]


@asynccontextmanager
async def page(room: Room) -> AsyncIterator[int]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="here")

    app = web.Application()
    app.router.add_get("/", answer)
    async with listening(app, "127.0.0.1", 0, room, grace_s=1) as address:
        yield int(address.rpartition(":")[2])


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    made: list[Connection] = []

    async def connected(port: int, sender: str = "127.0.0.1") -> Connection:
        made.append(await asyncio.open_connection("127.0.0.1", port, local_addr=(sender, 0)))
        return made[-1]

    yield connected
    for _, writer in made:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def is_served(connection: Connection) -> bool:
    reader, writer = connection
    try:
        writer.write(REQUEST)
        return (await reader.readuntil(b"here")).startswith(b"HTTP/1.1 200")
    except (ConnectionError, asyncio.IncompleteReadError):
        return False


async def test_there_is_room_for_so_many_and_it_is_given_back(connect: Connect) -> None:
    async with page(Room(2)) as port:
        one, two = await connect(port), await connect(port)
        assert await is_served(one)
        assert await is_served(two)
        assert not await is_served(await connect(port))
        one[1].close()
        await one[1].wait_closed()
        assert await is_served(two)  # by now the server has seen the other end
        assert await is_served(await connect(port))


async def test_one_address_leaves_room_for_others(connect: Connect) -> None:
    async with page(Room(10, most_of_one=2)) as port:
        kept = [await connect(port, "127.0.0.2") for _ in range(2)]
        assert [await is_served(one) for one in kept] == [True, True]
        assert not await is_served(await connect(port, "127.0.0.2"))
        assert await is_served(await connect(port, "127.0.0.3"))


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHo", REQUEST + b"GET / HT"])
async def test_a_request_that_is_never_finished_is_cut(connect: Connect, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.05)
    async with page(Room(1)) as port:
        reader, writer = await connect(port)
        writer.write(begun)
        await reader.read()  # to its end, which the server sets
        assert await is_served(await connect(port))
