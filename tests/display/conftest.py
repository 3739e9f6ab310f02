"""A gate's page with pictures in a folder of its own, served on a free port, and a browser to look at it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from gateway.display.board import Board
from tests.display.scenes import Album
from tests.display.served import Served

CHROMIUM = shutil.which("chromium")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of a file, which run on its loop."""
    if CHROMIUM is None:
        pytest.skip("needs Debian's package chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest.fixture
def album(tmp_path: Path) -> Album:
    folder = tmp_path / "album"
    folder.mkdir()
    return Album(folder)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest_asyncio.fixture
async def served(board: Board, album: Album) -> AsyncIterator[Served]:
    page = Served(board, album)
    await page.start()
    yield page
    await page.stop()
