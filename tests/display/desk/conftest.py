"""A gate with a desk, and a clerk's browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio

from gateway.display.board import Board
from tests.display.desk.gate import Clerk, DeskGate, publish
from tests.display.scenes import Album


@pytest_asyncio.fixture
async def gate(board: Board, album: Album, tmp_path: Path) -> AsyncIterator[DeskGate]:
    publish(board, album)
    made = DeskGate(board, album, tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def clerk(gate: DeskGate) -> AsyncIterator[Clerk]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Clerk(gate.address, session)
