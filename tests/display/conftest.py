"""A gate's page with pictures in a folder of its own, served on a free port."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.display.board import Board
from tests.display.scenes import Album
from tests.display.served import Served


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
