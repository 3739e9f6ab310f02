"""The gate's local web page: all lanes, one lane full screen, their events, pictures, and the views as JSON."""

import asyncio
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.display.board import Board
from gateway.display.desk.desk import Desk
from gateway.display.desk.routes import DeskPages
from gateway.display.hosts import only_for
from gateway.display.missing import missing_page
from gateway.display.screens import Screen, static_folder
from gateway.display.stream import follow
from gateway.look.forms import MOST_BYTES
from gateway.look.live import BEAT_S
from gateway.look.pages import add_static, language_links, language_of, secure_headers
from gateway.model.clock import Clock

PicturePath = Callable[[str], Path | None]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_YEAR_S: Final = 365 * 86400


class _Display:
    """The handlers, over one board."""

    def __init__(self, board: Board, picture_path: PicturePath, clock: Clock, beat_s: float, has_desk: bool) -> None:
        self._board, self._picture_path, self._clock, self._beat_s = board, picture_path, clock, beat_s
        self._has_desk = has_desk

    def _screen(self, request: web.Request, lane: str | None) -> Screen:
        return Screen(self._board, self._clock, language_of(request), lane, self._beat_s, self._has_desk)

    def _is_missing(self, lane: str | None) -> bool:
        return lane is not None and self._board.lane(lane) is None

    def _page(self, request: web.Request, lane: str | None) -> web.Response:
        if self._is_missing(lane):
            return missing_page(request, self._clock())
        html = self._screen(request, lane).page(language_links(request))
        return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def lanes(self, request: web.Request) -> web.Response:
        return self._page(request, None)

    async def lane(self, request: web.Request) -> web.Response:
        return self._page(request, request.match_info["lane"])

    async def events(self, request: web.Request) -> web.StreamResponse:
        lane = request.query.get("lane") or None
        if self._is_missing(lane):
            return missing_page(request, self._clock())
        return await follow(self._screen(request, lane), request)

    async def picture(self, request: web.Request) -> web.StreamResponse:
        sha = request.match_info["sha"]
        path = self._picture_path(sha) if _SHA256.fullmatch(sha) else None
        if path is None or not path.is_file():
            raise web.HTTPNotFound(text="no such picture\n")
        # Named by its content, so it never changes.
        return web.FileResponse(path, headers={"Content-Type": "image/jpeg", "Cache-Control": f"max-age={_YEAR_S}, immutable"})

    async def views(self, _request: web.Request) -> web.Response:
        site = self._board.site
        body = {
            "site": site.model_dump(mode="json") if site else None,
            "lanes": [view.model_dump(mode="json") for view in self._board.lanes()],
        }
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    async def health(self, _request: web.Request) -> web.Response:
        """200 once the site has reported, 503 while it starts."""
        site = self._board.site
        body = {"status": "ok" if site else "starting", "lanes": len(self._board.lanes()), "screens": self._board.subscribers}
        return web.json_response(body, status=200 if site else 503)

    async def stop(self, _app: web.Application) -> None:
        self._board.end_subscriptions()


def _in_turn() -> Middleware:
    """One request in each turn of the loop: lanes and lights run on it, too, and wait for one page, not for all asked for."""
    turn = asyncio.Lock()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        async with turn:
            await asyncio.sleep(0)
        return await handler(request)

    return middleware


def build_app(
    board: Board,
    picture_path: PicturePath,
    clock: Clock,
    beat_s: float = BEAT_S,
    desk: Desk | None = None,
    names: Iterable[str] = (),
) -> web.Application:
    """The application; `picture_path` gives the file of a picture named by its SHA-256, or None where there is none.

    Without `desk` the screen only shows. `names`: see `only_for`.
    """
    display = _Display(board, picture_path, clock, beat_s, desk is not None)
    app = web.Application(middlewares=[_in_turn(), secure_headers, only_for(names)], client_max_size=MOST_BYTES)
    add_static(app)
    app.router.add_static("/display", static_folder())
    app.router.add_get("/", display.lanes)
    app.router.add_get("/lanes/{lane}", display.lane)
    app.router.add_get("/events", display.events)
    app.router.add_get("/pictures/{sha}.jpg", display.picture)
    app.router.add_get("/api/lanes", display.views)
    app.router.add_get("/healthz", display.health)
    if desk:
        DeskPages(board, desk, clock, beat_s).add_to(app)
    app.on_shutdown.append(display.stop)
    return app
