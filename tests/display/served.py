"""The gate's page on a real port, that can be stopped and started again on the same one."""

import socket
from datetime import datetime

from aiohttp import web

from gateway.display.app import build_app
from gateway.display.board import Board
from gateway.display.desk.desk import Desk
from tests.display.scenes import NOW, Album

BEAT_S = 0.4  # a page is not live after two and a half of these


class Served:
    """`now` may be moved while it runs."""

    def __init__(self, board: Board, album: Album) -> None:
        self.board, self.album, self.now = board, album, NOW
        self.desk: Desk | None = None
        self.names: tuple[str, ...] = ()
        self._runner: web.AppRunner | None = None
        self._port = 0

    def clock(self) -> datetime:
        return self.now

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self, host: str = "127.0.0.1") -> None:
        self._runner = web.AppRunner(
            build_app(self.board, self.album.path, self.clock, beat_s=BEAT_S, desk=self.desk, names=self.names), shutdown_timeout=1
        )
        await self._runner.setup()
        listening = socket.create_server((host, self._port))
        self._port = listening.getsockname()[1]
        await web.SockSite(self._runner, listening).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
