"""Simulated network cameras: MJPEG streams and snapshots over HTTP, with faults to switch on. Sites test with it.

`http://HOST:PORT/cameras/NAME.mjpg` streams, `…/NAME.jpg` answers once.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import aiohttp
from aiohttp import hdrs, web

from gateway.simulator.camera_faults import CameraFaults, Fault, PictureOf

BOUNDARY: Final = "picture"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class CameraServer:
    """All cameras of a simulated site on one port. Use as an asynchronous context manager."""

    def __init__(
        self,
        picture_of: PictureOf,
        frames_per_second: float = 10.0,
        host: str = "127.0.0.1",
        port: int = 0,
        login: tuple[str, str] | None = None,
    ) -> None:
        """`port` 0 takes a free one, and `port` then says which. `login` (user name, password) is asked of every client."""
        self._faults = CameraFaults(picture_of)
        self._period_s = 1 / frames_per_second
        self._host = host
        self.port = port
        self._authorization = aiohttp.encode_basic_auth(*login, encoding="utf-8").encode() if login else b""
        self._runner: web.AppRunner | None = None
        self.streams = 0  # being sent now

    def stream_url(self, name: str) -> str:
        return f"http://{self._host}:{self.port}/cameras/{name}.mjpg"

    def snapshot_url(self, name: str) -> str:
        return f"http://{self._host}:{self.port}/cameras/{name}.jpg"

    def set_fault(self, name: str, fault: Fault) -> None:
        """Takes effect at once, on running streams too. Called on the server's loop."""
        self._faults.set(name, fault)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/cameras/{name}.mjpg", partial(self._answer, self._stream))
        app.router.add_get("/cameras/{name}.jpg", partial(self._answer, self._snapshot))
        # A simulated camera is switched off, not wound down: open streams end at once.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "CameraServer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _answer(self, handler: Handler, request: web.Request) -> web.StreamResponse:
        """Login and the faults that hit before a camera looks at the request; then the handler."""
        given = request.headers.get(hdrs.AUTHORIZATION, "").encode(errors="replace")
        if self._authorization and not hmac.compare_digest(given, self._authorization):
            return web.Response(status=401, headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="camera"'})
        name = request.match_info["name"]
        if self._faults.of(name) is Fault.REFUSE:
            return web.Response(status=503)
        await self._faults.while_mute(name)
        if self._faults.of(name) is Fault.DROP:
            _cut(request)
            return web.Response(status=503)  # which nobody hears any more
        return await handler(request)

    async def _snapshot(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._picture(request.match_info["name"]), content_type="image/jpeg")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self._picture(name)  # 404 before the stream begins
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: f"multipart/x-mixed-replace; boundary={BOUNDARY}"})
        await response.prepare(request)
        self.streams += 1
        try:
            await self._send_pictures(request, response, name)
        except ConnectionError:
            pass  # the client went away
        finally:
            self.streams -= 1
        return response

    async def _send_pictures(self, request: web.Request, response: web.StreamResponse, name: str) -> None:
        while self._faults.of(name) is not Fault.REFUSE:
            await self._faults.while_mute(name)
            if self._faults.of(name) is Fault.DROP:
                _cut(request)
                return
            await response.write(_part(self._picture(name)))
            await self._faults.until_changed(self._period_s)

    def _picture(self, name: str) -> bytes:
        picture = self._faults.picture(name)
        if picture is None:
            raise web.HTTPNotFound
        return picture[: len(picture) // 2] if self._faults.of(name) is Fault.TRUNCATE else picture


def _part(picture: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
    return head.encode() + picture + b"\r\n"


def _cut(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()
