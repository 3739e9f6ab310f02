"""Whoever watches a rehearsed gate waits for nothing that can no longer come."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.demo.parts import Parts
from gateway.demo.platform_client import PlatformClient, PlatformRefusedError
from gateway.demo.watch import Watch

PATIENCE_S = 20.0


async def screen_of(lane: str) -> TestServer:
    """A gate's screen with one lane, at which a vehicle stands, and no platform beside it."""

    async def lanes(_: web.Request) -> web.Response:
        view: dict[str, Any] = {"lane": lane, "lost_devices": [], "passage": {}, "mark": "reading"}
        site = {"updated_at": "now", "outbox_waiting": 0}
        return web.json_response({"site": site, "lanes": [view]})

    app = web.Application()
    app.router.add_get("/api/lanes", lanes)
    server = TestServer(app)
    await server.start_server()
    return server


def parts(session: aiohttp.ClientSession, server: TestServer) -> Parts:
    url = str(server.make_url("")).rstrip("/")
    site = SimpleNamespace(name="here", lanes=[SimpleNamespace(name="lane-1")])
    settings = SimpleNamespace(site=site)
    return cast(Parts, SimpleNamespace(settings=settings, session=session, screen_url=url, client=PlatformClient(session, url)))


async def test_what_ends_the_watching_is_raised_and_not_waited_for() -> None:
    server = await screen_of("a-lane-of-another-site")
    async with server, aiohttp.ClientSession() as session, Watch.watching(parts(session, server)) as watch:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(KeyError, match="a-lane-of-another-site"):
                await watch.until(lambda: watch.answers and watch.decided("lane-1"))


async def test_a_wait_ends_when_its_patience_does_and_when_what_it_is_for_comes() -> None:
    server = await screen_of("lane-1")
    async with server, aiohttp.ClientSession() as session, Watch.watching(parts(session, server)) as watch:
        assert await watch.until(lambda: watch.answers)
        assert not await watch.until(lambda: watch.decided("lane-1"), patience_s=0.01)


async def test_a_platform_that_is_gone_refuses_and_confirms_nothing() -> None:
    server = await screen_of("lane-1")
    async with aiohttp.ClientSession() as session:
        client = parts(session, server).client
        await server.close()
        with pytest.raises(PlatformRefusedError, match="/api/orders: the platform does not answer"):
            await client.order({})
        assert await client.confirmation("here", 1) is None
