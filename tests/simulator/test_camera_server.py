"""The simulated cameras as any HTTP client sees them, faults included."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from gateway.simulator.camera_faults import Fault
from gateway.simulator.camera_server import CameraServer

PATIENCE_S = 20.0


class Scene:
    """Numbered pictures: each request shows the next one. Not JPEGs: the server does not look into them."""

    def __init__(self) -> None:
        self.taken = 0

    def picture_of(self, name: str) -> bytes | None:
        if name != "rear":
            return None
        self.taken += 1
        return f"picture {self.taken:06}".encode()


@asynccontextmanager
async def served(login: tuple[str, str] | None = None) -> AsyncIterator[tuple[CameraServer, aiohttp.ClientSession]]:
    async with CameraServer(Scene().picture_of, frames_per_second=100, login=login) as server, aiohttp.ClientSession() as session:
        yield server, session


async def parts(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    reader = aiohttp.MultipartReader.from_response(response)
    while (part := await reader.next()) is not None:
        assert isinstance(part, aiohttp.BodyPartReader)
        assert part.headers["Content-Type"] == "image/jpeg"
        yield bytes(await part.read())


async def test_snapshots_and_streams_show_the_present_picture() -> None:
    async with served() as (server, session):
        async with session.get(server.snapshot_url("rear")) as answer:
            assert answer.content_type == "image/jpeg"
            assert (await answer.read()).startswith(b"picture ")
        async with session.get(server.stream_url("rear")) as answer:
            seen = parts(answer)
            first, second = await anext(seen), await anext(seen)
            assert first < second
            assert server.streams == 1


async def test_an_unknown_camera_is_not_found() -> None:
    async with served() as (server, session):
        for url in (server.snapshot_url("nobody"), server.stream_url("nobody")):
            async with session.get(url) as answer:
                assert answer.status == 404


async def test_the_login_is_asked_of_everybody() -> None:
    async with served(login=("gate", "hunter2")) as (server, session):
        for headers, status in (
            ({}, 401),
            ({"Authorization": aiohttp.encode_basic_auth("gate", "wrong")}, 401),
            ({"Authorization": aiohttp.encode_basic_auth("gate", "hunter2")}, 200),
        ):
            async with session.get(server.snapshot_url("rear"), headers=headers) as answer:
                assert answer.status == status


async def test_a_frozen_camera_sends_one_picture_for_ever() -> None:
    async with served() as (server, session), session.get(server.stream_url("rear")) as answer:
        seen = parts(answer)
        await anext(seen)
        server.set_fault("rear", Fault.FREEZE)
        await anext(seen)  # may have been on its way
        frozen = {await anext(seen) for _ in range(5)}
        assert len(frozen) == 1
        server.set_fault("rear", Fault.NONE)
        async with asyncio.timeout(PATIENCE_S):
            while await anext(seen) in frozen:
                pass


async def test_a_truncated_picture_is_half_of_one() -> None:
    async with served() as (server, session):
        server.set_fault("rear", Fault.TRUNCATE)
        async with session.get(server.snapshot_url("rear")) as answer:
            assert await answer.read() == b"picture"


async def test_a_refusing_camera_answers_503_and_ends_its_streams() -> None:
    async with served() as (server, session), session.get(server.stream_url("rear")) as stream:
        seen = parts(stream)
        await anext(seen)
        server.set_fault("rear", Fault.REFUSE)
        async with session.get(server.snapshot_url("rear")) as answer:
            assert answer.status == 503
        async with asyncio.timeout(PATIENCE_S):
            while not stream.content.at_eof():
                await stream.content.readany()


@pytest.mark.parametrize("kind", ["snapshot", "stream"])
async def test_a_dropping_camera_cuts_connections(kind: str) -> None:
    async with served() as (server, session):
        url = server.snapshot_url("rear") if kind == "snapshot" else server.stream_url("rear")
        async with session.get(server.stream_url("rear")) as running:
            await running.content.readany()
            server.set_fault("rear", Fault.DROP)
            with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
                await asyncio.wait_for(running.content.read(), PATIENCE_S)
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await session.get(url)


async def test_a_mute_camera_answers_only_when_it_is_well_again() -> None:
    async with served() as (server, session):
        server.set_fault("rear", Fault.MUTE)
        asking = asyncio.ensure_future(session.get(server.snapshot_url("rear")))
        async with session.get(server.snapshot_url("nobody")) as answer:  # a later request is answered, the first is not
            assert answer.status == 404
        assert not asking.done()
        server.set_fault("rear", Fault.NONE)
        async with await asyncio.wait_for(asking, PATIENCE_S) as answer:
            assert answer.status == 200
